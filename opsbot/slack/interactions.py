"""A press of a button as a ClickEvent, for an intake that knows no other wish of people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from opsbot.core.event import ClickEvent
from opsbot.slack.payloads import Kind, payload_in
from opsbot.slack.payloads_interaction import action_in


def parse_click(body: bytes, *, received_at: datetime) -> ClickEvent | None:
    """Read a form-encoded interaction; None for anything but a press of a button of ours.

    Raises RequestRefused with status 400 when it is no interaction payload at all.
    """
    return click_in(payload_in(Kind.INTERACTIONS, body), received_at=received_at)


def click_in(payload: Mapping[str, Any], *, received_at: datetime) -> ClickEvent | None:
    """The press of a button in a message; its id is that of the invocation without its prefix."""
    asked = action_in(payload, received_at)
    if asked is None or not asked.place.message_ts:
        return None
    return ClickEvent(
        id=asked.id.removeprefix("click:"),
        occurred_at=asked.occurred_at,
        user_id=asked.caller.user_id,
        user_name=asked.caller.name,
        action=asked.verb,
        incident_id=asked.incident_id,
        channel_id=asked.place.channel_id,
        message_ts=asked.place.message_ts,
        response_url=asked.response_url,
    )
