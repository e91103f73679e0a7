"""Socket Mode's frames, read and written; pure. Source: Slack page "Using Socket Mode"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.payloads import Kind
from opsbot.slack.payloads_answer import Ack

_KINDS = {
    "events_api": Kind.EVENTS,
    "slash_commands": Kind.COMMANDS,
    "interactive": Kind.INTERACTIONS,
}


class Ending(StrEnum):
    """Why a connection ends, or should be replaced."""

    REFRESH = "refresh"  # Slack asks for a fresh one, or it has outlived what Slack announced
    CROWDED = "too_many_websockets"
    DISABLED = "link_disabled"  # Socket Mode is switched off in the app's settings
    DROPPED = "dropped"
    DEAF = "deaf"  # nothing was heard for too long, not even answers to our pings


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The connection stands; `lasts` is how many seconds Slack means to keep it, 0 if unsaid."""

    lasts: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Slack is about to end the connection."""

    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One delivery. `kind` is None for a type that this version has never heard of."""

    id: str
    kind: Kind | None
    payload: Mapping[str, Any]
    takes_answer: bool
    again: bool  # Slack has sent it before


Frame = Hello | Leave | Envelope


def frame_in(text: str) -> Frame | None:
    """Read one text frame; None for whatever is none of the three."""
    try:
        frame = as_object(json.loads(text))
    except (ValueError, RecursionError):
        return None
    match frame.get("type"):
        case "hello":
            return Hello(lasts=_lasts(as_object(frame.get("debug_info"))))
        case "disconnect":
            return Leave(ending=_ending(text_at(frame, "reason")))
        case _:
            return _envelope(frame)


def ack_frame(envelope: Envelope, ack: Ack) -> str:
    """The acknowledgement; it may carry an answer only where the envelope says so."""
    frame: dict[str, Any] = {"envelope_id": envelope.id}
    if ack.payload is not None and envelope.takes_answer:
        frame["payload"] = dict(ack.payload)
    return json.dumps(frame)


def _envelope(frame: Mapping[str, Any]) -> Envelope | None:
    envelope_id = text_at(frame, "envelope_id")
    if not envelope_id:
        return None
    return Envelope(
        id=envelope_id,
        kind=_KINDS.get(text_at(frame, "type")),
        payload=as_object(frame.get("payload")),
        takes_answer=frame.get("accepts_response_payload") is True,
        again=bool(frame.get("retry_attempt")),
    )


def _ending(reason: str) -> Ending:
    """`warning` comes about ten seconds ahead of the end, `refresh_requested` with it."""
    known = {one.value: one for one in (Ending.CROWDED, Ending.DISABLED)}
    return known.get(reason, Ending.REFRESH)


def _lasts(info: Mapping[str, Any]) -> float:
    seconds: object = info.get("approximate_connection_time")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return 0.0
    return float(seconds) if 0 < seconds < 1e6 else 0.0
