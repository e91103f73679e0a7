"""Payloads as Slack sends them, with what a test wants changed; people and ids are made up."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

SECRET = "signing-secret"
TEAM, BOT, ADA = "T1", "UBOT", "U1"
CLICKED_AT = "1793707201.500000"
SAID_AT = "1793707199.000100"


def signed(body: bytes, stamp: str, secret: str = SECRET) -> dict[str, str]:
    """Slack's two headers over a raw body."""
    base = b"v0:" + stamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}


def form(payload: object) -> bytes:
    """An interaction's body."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def person(**changes: Any) -> dict[str, Any]:
    return {"id": ADA, "username": "ada", "name": "ada", "team_id": TEAM} | changes


def command(**changes: Any) -> dict[str, Any]:
    """A slash command's fields."""
    fields: dict[str, Any] = {
        "token": "worthless",
        "team_id": TEAM,
        "team_domain": "example",
        "channel_id": "C1",
        "channel_name": "inc-1",
        "user_id": ADA,
        "user_name": "ada",
        "command": "/inc",
        "text": "sev1 checkout is down",
        "api_app_id": "A1",
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.com/commands/T1/1/x",
        "trigger_id": "1.2.abc",
    }
    return fields | changes


def action(**changes: Any) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": "opsbot:ack",
        "block_id": "b",
        "value": "I-1",
        "action_ts": CLICKED_AT,
    } | changes


def click(*actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A press of a button in a message."""
    payload: dict[str, Any] = {
        "type": "block_actions",
        "token": "worthless",
        "team": {"id": TEAM, "domain": "example"},
        "user": person(),
        "container": {"type": "message", "message_ts": SAID_AT, "channel_id": "C1"},
        "channel": {"id": "C1", "name": "inc-1"},
        "message": {"ts": SAID_AT, "thread_ts": "1793707000.000100"},
        "trigger_id": "1.2.abc",
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": list(actions) or [action()],
    }
    return payload | changes


def view(**changes: Any) -> dict[str, Any]:
    held: dict[str, Any] = {
        "id": "V1",
        "hash": "123.abc",
        "type": "modal",
        "callback_id": "opsbot:declare",
        "private_metadata": '{"i":"I-1","c":"C1","p":"C2:1793707199.000100"}',
        "state": {"values": {}},
    }
    return held | changes


def submission(*, values: object = None, **changes: Any) -> dict[str, Any]:
    """A submitted form; `values` is its state."""
    held = {
        "title": {"value": {"type": "plain_text_input", "value": "Checkout is down\nfor all"}},
        "severity": {
            "value": {"type": "static_select", "selected_option": {"value": "sev1"}},
        },
        "lead": {"value": {"type": "users_select", "selected_user": "U2"}},
        "private": {"value": {"type": "checkboxes", "selected_options": [{"value": "yes"}]}},
        "impact": {"value": {"type": "plain_text_input", "value": None}},
    }
    payload: dict[str, Any] = {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": person(),
        "trigger_id": "1.2.abc",
        "view": view(state={"values": held if values is None else values}),
    }
    return payload | changes


def shortcut(**changes: Any) -> dict[str, Any]:
    """A shortcut from a message's menu."""
    payload: dict[str, Any] = {
        "type": "message_action",
        "callback_id": "add_to_timeline",
        "trigger_id": "1.2.abc",
        "action_ts": CLICKED_AT,
        "team": {"id": TEAM},
        "user": person(),
        "channel": {"id": "C1", "name": "general"},
        "message_ts": SAID_AT,
        "message": {"user": "U2", "ts": SAID_AT, "text": "errors since 14:02", "files": [{}, {}]},
        "response_url": "https://hooks.slack.com/app/T1/1/x",
    }
    return payload | changes


def suggestion(**changes: Any) -> dict[str, Any]:
    """Somebody types into a searched field of a form."""
    payload: dict[str, Any] = {
        "type": "block_suggestion",
        "action_id": "value",
        "block_id": "service",
        "value": "check",
        "team": {"id": TEAM},
        "user": person(),
        "view": view(),
    }
    return payload | changes


def event(inner: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An event in its envelope."""
    payload: dict[str, Any] = {
        "type": "event_callback",
        "token": "worthless",
        "team_id": TEAM,
        "api_app_id": "A1",
        "event_id": "Ev1",
        "event_time": 1793707199,
        "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        "event": inner,
    }
    return payload | changes


def mention(**changes: Any) -> dict[str, Any]:
    inner: dict[str, Any] = {
        "type": "app_mention",
        "user": ADA,
        "team": TEAM,
        "text": f"<@{BOT}> status",
        "ts": SAID_AT,
        "event_ts": SAID_AT,
        "channel": "C1",
    }
    return event(inner | changes)


def reaction(**changes: Any) -> dict[str, Any]:
    inner: dict[str, Any] = {
        "type": "reaction_added",
        "user": ADA,
        "reaction": "pushpin",
        "item_user": "U2",
        "item": {"type": "message", "channel": "C1", "ts": SAID_AT},
        "event_ts": CLICKED_AT,
    }
    return event(inner | changes)
