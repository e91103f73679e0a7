"""Slack's payloads as what people do, and as deliveries: start here. Nothing in it is trusted.

Three kinds come, over HTTP or Socket Mode alike: events, slash commands, interactions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from opsbot.core.invocation import Caller, How, Invocation, PersonEvent, Place
from opsbot.core.text import inert
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.payloads_claims import (
    NOBODY,
    Ourselves,
    address_at,
    are_ids,
    words,
    workspace_of,
)
from opsbot.slack.payloads_event import event_in
from opsbot.slack.payloads_interaction import action_in, shortcut_in, submission_in
from opsbot.slack.signature import RequestRefused

_MOST_FORM_FIELDS = 60
_UNTRUSTED = "token"  # Slack's deprecated verification token: worth nothing, so it is not kept
_INTERACTIONS = {
    "block_actions": action_in,
    "view_submission": submission_in,
    "message_action": shortcut_in,
    "shortcut": shortcut_in,
}


class Kind(StrEnum):
    """What sort of delivery it is."""

    EVENTS = "events"
    COMMANDS = "commands"
    INTERACTIONS = "interactions"

    @property
    def door(self) -> str:
        """The door's name in the inbox, the same over HTTP and Socket Mode."""
        return f"slack.{self.value}"


KIND_OF_DOOR: Mapping[str, Kind] = {kind.door: kind for kind in Kind}


def command_in(payload: Mapping[str, Any], received_at: datetime) -> Invocation | None:
    """Read a slash command; its text is still to be read. Source: Slack page "Slash commands"."""
    trigger, channel = text_at(payload, "trigger_id"), text_at(payload, "channel_id")
    claimed, command = text_at(payload, "team_id"), text_at(payload, "command")
    caller = Caller(
        user_id=text_at(payload, "user_id"),
        name=inert(text_at(payload, "user_name"), 80),
        team_id=workspace_of(claimed, payload),
    )
    if not command.startswith("/") or not trigger or not caller.user_id:
        return None
    if not are_ids(trigger, channel, command, caller.user_id, caller.team_id):
        return None
    return Invocation(
        id=f"command:{trigger}",
        occurred_at=received_at,
        how=How.TYPED,
        caller=caller,
        place=Place(channel_id=channel, channel_name=inert(text_at(payload, "channel_name"), 80)),
        line=words(text_at(payload, "text")).strip(),
        trigger_id=trigger,
        response_url=address_at(payload, "response_url"),
        command=command,
    )


def person_event(
    kind: Kind, payload: Mapping[str, Any], received_at: datetime, ourselves: Ourselves = NOBODY
) -> PersonEvent | None:
    """What a payload of any kind asks for; None when it asks nothing of us."""
    if kind is Kind.EVENTS:
        return event_in(payload, received_at, ourselves)
    if kind is Kind.COMMANDS:
        return command_in(payload, received_at)
    read = _INTERACTIONS.get(text_at(payload, "type"))
    return read(payload, received_at) if read is not None else None


def delivery_key(kind: Kind, payload: Mapping[str, Any], event: PersonEvent) -> str:
    """The door's dedupe key: one for all copies of a delivery, over whichever transport.

    Events go by `event_id`, so that a second pin of one message is looked at again; that both are
    one note is decided by `event.id`, which is also the key of everything else. A mention is one
    of these: it may come as a message, too, under another `event_id`, and is answered once.
    """
    event_id = text_at(payload, "event_id")
    mentioned = isinstance(event, Invocation) and event.how is How.MENTION
    by_envelope = kind is Kind.EVENTS and event_id and are_ids(event_id) and not mentioned
    return f"event:{event_id}" if by_envelope else event.id


def canonical_body(payload: Mapping[str, Any]) -> bytes:
    """The payload as the inbox keeps it. Raises RequestRefused (400) when it is no sound JSON."""
    kept = {name: value for name, value in payload.items() if name != _UNTRUSTED}
    try:
        return json.dumps(kept, sort_keys=True, separators=(",", ":")).encode("ascii")
    except (ValueError, TypeError, RecursionError):
        raise RequestRefused(400, "the payload cannot be kept") from None


def payload_in(kind: Kind, body: bytes) -> Mapping[str, Any]:
    """Decode a request's body: JSON for events, a form for commands, a form with one JSON field
    for interactions. Raises RequestRefused (400)."""
    if kind is Kind.EVENTS:
        return json_in(body)
    fields = _form_in(body)
    if kind is Kind.COMMANDS:
        return fields
    if "payload" not in fields:
        if "ssl_check" in fields:
            return fields
        raise RequestRefused(400, "no readable interaction payload")
    return json_in(fields["payload"])


def json_in(body: bytes | str) -> Mapping[str, Any]:
    """Decode a JSON object. Raises RequestRefused (400) for anything else."""
    try:
        # Decoded here, because json.loads guesses at UTF-16 and UTF-32 too.
        found: object = json.loads(body.decode("utf-8") if isinstance(body, bytes) else body)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError too
        raise RequestRefused(400, "no readable JSON") from None
    if found != {} and not as_object(found):
        raise RequestRefused(400, "no JSON object")
    return as_object(found)


def _form_in(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict",
            max_num_fields=_MOST_FORM_FIELDS,
        )  # fmt: skip
    except ValueError:  # UnicodeDecodeError too
        raise RequestRefused(400, "no readable form") from None
    return dict(pairs)
