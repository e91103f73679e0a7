"""What people press in Slack, as events. Everything in it is a claim until it is looked up."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from opsbot.cards.render import ACTION_PREFIX
from opsbot.core.event import ClickEvent
from opsbot.core.text import inert
from opsbot.slack.foreign_json import as_object, objects, text_at
from opsbot.slack.signature import RequestRefused

_LONGEST_ID = 255


def parse_click(body: bytes, *, received_at: datetime) -> ClickEvent | None:
    """Read a form-encoded interaction; None for anything but a press of a button of ours.

    Raises RequestRefused with status 400 when it is no interaction payload at all.
    """
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=20)
        payload = as_object(json.loads(fields["payload"][0]))
    except (ValueError, KeyError, RecursionError):  # UnicodeDecodeError and JSONDecodeError too
        raise RequestRefused(400, "no readable interaction payload") from None
    return click_in(payload, received_at=received_at)


def click_in(payload: Mapping[str, Any], *, received_at: datetime) -> ClickEvent | None:
    """Read a block_actions payload, from a request or from Socket Mode.

    The event's id is the delivery key `(message ts, action_id, user, action_ts)`: a press that is
    delivered twice has one id, a second press another.
    """
    actions = [
        action
        for action in objects(payload.get("actions"))
        if text_at(action, "action_id").startswith(ACTION_PREFIX)
    ]
    if payload.get("type") != "block_actions" or not actions:
        return None
    action, user = actions[0], as_object(payload.get("user"))
    container = as_object(payload.get("container"))
    action_ts = text_at(action, "action_ts")
    message_ts = text_at(as_object(payload.get("message")), "ts") or text_at(
        container, "message_ts"
    )
    channel_id = text_at(as_object(payload.get("channel")), "id") or text_at(
        container, "channel_id"
    )
    key = (message_ts, text_at(action, "action_id"), text_at(user, "id"), action_ts)
    claims = (*key, channel_id, text_at(action, "value"))
    if not all(key) or not all(_is_id(claim) for claim in claims):
        return None
    return ClickEvent(
        id=":".join(key),
        occurred_at=_moment(action_ts, received_at),
        user_id=text_at(user, "id"),
        user_name=inert(text_at(user, "username", "name"), 80),
        action=text_at(action, "action_id").removeprefix(ACTION_PREFIX),
        incident_id=text_at(action, "value"),
        channel_id=channel_id,
        message_ts=message_ts,
        response_url=text_at(payload, "response_url"),
    )


def _is_id(claim: str) -> bool:
    """Whether it can be one of our ids or Slack's: short, and nothing hidden in it."""
    return len(claim) <= _LONGEST_ID and inert(claim, _LONGEST_ID) == claim


def _moment(ts: str, received_at: datetime) -> datetime:
    """When Slack says the button was pressed, if that is a time near ours."""
    try:
        seconds = float(ts)
        if not math.isfinite(seconds) or abs(received_at.timestamp() - seconds) > 86_400:
            return received_at
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        return received_at
