"""Which blobs an entry names: what a picture was drawn from, a step's whole output, the forms of a
postmortem."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opsbot.core import entry as e
from opsbot.core.codec import stored_text
from opsbot.core.entry import Body, Entry
from opsbot.core.redaction import what_remains

NAMING = ("illustrated", "step_finished", "postmortem_drafted", "postmortem_published")
"""The kinds of entry that name blobs, as they are stored."""

_SHA_256 = re.compile(r"[0-9a-f]{64}")


def named_blobs(body: Body) -> frozenset[str]:
    """The keys of the blobs that an entry with this body names."""
    match body:
        case e.Illustrated(blob=blob):
            named = (blob,)
        case e.StepFinished(output=output):
            named = (output,)
        case e.PostmortemDrafted():
            named = (body.markdown, body.data, body.html, body.cover, *body.charts)
        case e.PostmortemPublished(base=base):
            named = (base,)
        case e.Unknown(data=data):  # of a newer version: whatever looks like a key may be one
            named = tuple(_SHA_256.findall(stored_text(data)))
        case _:
            named = ()
    return frozenset(key for key in named if key)


def blobs_it_alone_named(entries: Sequence[Entry], seq: int) -> frozenset[str]:
    """The blobs that no entry of the incident names any more once entry `seq` is redacted."""
    here = next(entry for entry in entries if entry.seq == seq)
    dropped = named_blobs(here.body) - named_blobs(what_remains(here.body))
    others = (named_blobs(entry.body) for entry in entries if entry.seq != seq)
    return dropped.difference(*others)
