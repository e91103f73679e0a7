"""What one answer of Slack means: done, refused with its cure, lost, or told to hold back. Pure."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbot.ports import Done, Outcome, Refused, Unsure
from opsbot.slack.errors import MAYBE_DONE, MIGRATING, RATE_LIMITED, Kind, cure_for, ruling
from opsbot.slack.foreign_json import as_object, objects, text_at
from opsbot.slack.methods import method_named
from opsbot.slack.retry_after import seconds_of
from opsbot.slack.wire import Reply

Answer = Outcome[Mapping[str, Any]]

_log = logging.getLogger("opsbot.slack")
_SOON = timedelta(seconds=10)
_LATER = timedelta(seconds=30)
_MUCH_LATER = timedelta(minutes=5)
_POINTER = re.compile(r"json-pointer:([\w/.-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Slack wants the method left alone for so long."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No answer that tells whether it happened."""

    reason: str


def judge(method: str, reply: Reply, now: datetime) -> Answer | Limited | Lost:
    """Read an HTTP answer to `method`. Both spellings of the limit count, in a 200 body too."""
    body = reply.body or {}
    error = text_at(body, "error")
    if reply.status == 429 or error in RATE_LIMITED:
        return Limited(seconds=seconds_of(reply.retry_after, now))
    if reply.status >= 500 or reply.status == 408:
        return Lost(reason=error or f"Slack answered {reply.status}")
    if reply.body is None:
        return _not_slack(reply.status)
    if body.get("ok") is True:
        return Done(value=body)
    return _refusal(method, error or "an error without a name", body)


def limited(method: str, seconds: float) -> Refused:
    """The refusal of a call that would have to wait too long for its turn."""
    return Refused(
        error="ratelimited",
        cure=f"Slack limits how often opsbot may call {method}: it goes on by itself.",
        retry_after=timedelta(seconds=seconds),
    )


def lost(method: str, reason: str) -> Answer:
    """What no answer means: nothing for a read, perhaps everything for a write."""
    if not method_named(method).reads:
        return Unsure(reason=f"{method}: {reason}")
    return Refused(
        error="no_answer",
        cure=f"Slack gave no usable answer ({reason}): opsbot asks again by itself.",
        retry_after=_SOON,
    )


def unreachable(reason: str) -> Refused:
    """The refusal of a call that never left."""
    return Refused(
        error="unreachable",
        cure=f"opsbot cannot reach Slack ({reason}): check network and proxy; it tries again by "
        "itself.",
        retry_after=_SOON,
    )


def no_token(reason: str) -> Refused:
    """The refusal of a call for which there is no bot token just now."""
    return Refused(
        error="token_unreadable",
        cure=f"opsbot cannot read its Slack bot token ({reason}): check the secret its settings "
        "name; no restart is needed.",
        retry_after=_LATER,
    )


def _not_slack(status: int) -> Refused | Lost:
    """Something between us and Slack spoke; a 200 may hide that Slack has acted."""
    if status < 300:
        return Lost(reason=f"the answer ({status}) is not Slack's JSON")
    return Refused(
        error=f"http_{status}",
        cure=f"Something between opsbot and Slack answered {status}: check proxy and firewall.",
        retry_after=_LATER,
    )


def _refusal(method: str, error: str, body: Mapping[str, Any]) -> Answer | Lost:
    if error in MAYBE_DONE:
        return Lost(reason=error)
    if method == "conversations.invite" and objects(body.get("errors")):
        return Done(value=body)  # an answer for each person, for whoever asked to sort out
    kind = ruling(method, error).kind
    if kind is Kind.BENIGN:
        return Done(value=body)
    if kind is Kind.BUG:
        _log.error("Slack refused %s with %s at %s", method, error, _pointers(body) or "no place")
    cure = cure_for(method, error, needed=text_at(body, "needed"))
    return Refused(error=error, cure=cure, retry_after=_when(kind, error))


def _when(kind: Kind, error: str) -> timedelta | None:
    """When to come back. A token can be replaced at any time, and then the rooms are caught up;
    the other things a person has to change may take days, and flows find another way."""
    if kind is Kind.FATAL or error in MIGRATING:
        return _MUCH_LATER
    return _LATER if kind is Kind.RETRY else None


def _pointers(body: Mapping[str, Any]) -> str:
    """Where in our blocks Slack found fault; only its pointers, because its words may quote."""
    messages: object = as_object(body.get("response_metadata")).get("messages")
    return ", ".join(_POINTER.findall(str(messages)))[:300]
