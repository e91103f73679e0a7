"""What remains of entries about living through an incident when their words are redacted."""

from __future__ import annotations

from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.entry import Body

REDACTED = "[redacted]"


def living_remains(body: Body) -> Body:
    """`body` without anybody's words; who has what to do until when, and what was decided, stay.
    Where a document was published is an address, and stays too."""
    match body:
        case e.Mitigated() | e.OnsetSet():
            return replace(body, said=_left(body.said))
        case e.UpdatePosted():
            return replace(body, text=REDACTED, external=_left(body.external))
        case e.HandoverOffered():
            return replace(body, to_name=_left(body.to_name), said=_left(body.said))
        case e.FollowUpSet():
            return replace(body, text=REDACTED, owner=_left(body.owner), url="")
        case e.PostmortemFailed():
            return replace(body, cure=REDACTED)
        case e.PageAsked():
            return replace(body, what=REDACTED, reason=_left(body.reason))
        case e.PageActed():
            return replace(body, names=(), said=_left(body.said))
        case e.PageAnswered():
            return replace(body, name=_left(body.name))
        case _:
            return body  # holds no words; only the actor's name goes


def _left(words: str) -> str:
    return REDACTED if words else ""
