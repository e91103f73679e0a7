"""What people press, fill in and point at in Slack: buttons, menus, forms, message shortcuts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from opsbot.cards.form import TICKED
from opsbot.cards.render import ACTION_PREFIX
from opsbot.core.invocation import Caller, How, Invocation, Place, Pointed
from opsbot.core.text import inert
from opsbot.slack.foreign_json import as_object, objects, text_at
from opsbot.slack.manifest import ADD_TO_TIMELINE, DECLARE_FROM_MESSAGE
from opsbot.slack.payloads_claims import (
    address_at,
    are_ids,
    is_id,
    is_name,
    moment,
    texts,
    user_in,
    words,
)

CHOICE = "choice"  # the parameter that holds what was picked in a menu
FROM_MESSAGE = {DECLARE_FROM_MESSAGE: "declare", ADD_TO_TIMELINE: "note"}
ANYWHERE = {"declare": "declare"}  # shortcuts of the whole workspace

_MOST_PARAMETERS = 20
_MOST_FIELDS = 100  # blocks of one form
_LONGEST_MESSAGE = 8_000
_ONE_OF = ("selected_user", "selected_conversation", "selected_channel", "selected_date")
_SOME_OF = ("selected_users", "selected_conversations", "selected_channels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Somebody types into a field of a form whose choices are searched."""

    field: str  # the parameter's name
    typed: str
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    """What a form or Home tab of ours carries along, as a claim."""

    incident_id: str = ""
    channel_id: str = ""
    pointed: Pointed | None = None
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def action_in(payload: Mapping[str, Any], received_at: datetime) -> Invocation | None:
    """Read a press of a button or menu of ours; None for anybody else's.

    The id is `(message ts or view id, action_id, user, action_ts)`: a press that is delivered
    twice has one id, a second press another. In a form, `values` also holds what its fields hold.
    """
    action = next(_our_actions(payload), None)
    if payload.get("type") != "block_actions" or action is None:
        return None
    action_id, action_ts = text_at(action, "action_id"), text_at(action, "action_ts")
    asked = _asked(action_id.removeprefix(ACTION_PREFIX))
    place, caller = _place(payload), user_in(payload)
    view = as_object(payload.get("view"))
    source = place.message_ts or text_at(view, "id") or _contained(payload, "view_id")
    key = (source, action_id, caller.user_id, action_ts)
    if asked is None or not all(key) or not are_ids(*key):
        return None
    carried = carried_in(text_at(view, "private_metadata"))
    incident_id, verb = carried.incident_id, asked[0]
    values = {**fields_in(view), **carried.extra, **asked[1]}
    if action.get("type") == "button":
        about, more = brought_back(text_at(action, "value"))
        incident_id, values = about or incident_id, {**values, **more}
    else:
        values = {**values, CHOICE: chosen(action)}
    if not _are_claims(place, caller, payload, incident_id):
        return None
    return Invocation(
        id=f"click:{':'.join(key)}",
        occurred_at=moment(action_ts, received_at),
        how=How.BUTTON,
        caller=caller,
        place=place if place.channel_id else Place(channel_id=carried.channel_id),
        verb=verb,
        values=values,
        incident_id=incident_id,
        pointed=carried.pointed,
        trigger_id=text_at(payload, "trigger_id"),
        response_url=address_at(payload, "response_url"),
    )


def submission_in(payload: Mapping[str, Any], received_at: datetime) -> Invocation | None:
    """Read a submitted form of ours; a field that was left empty is there with an empty text."""
    view = as_object(payload.get("view"))
    callback = text_at(view, "callback_id")
    verb = callback.removeprefix(ACTION_PREFIX)
    if payload.get("type") != "view_submission" or not callback.startswith(ACTION_PREFIX):
        return None
    caller = user_in(payload)
    carried = carried_in(text_at(view, "private_metadata"))
    values = {**fields_in(view), **carried.extra}
    key = (text_at(view, "id"), text_at(view, "hash"))
    if not is_name(verb) or not all((*key, caller.user_id)):
        return None
    place = Place(channel_id=carried.channel_id)
    if not are_ids(*key) or not _are_claims(place, caller, payload, carried.incident_id):
        return None
    urls = objects(payload.get("response_urls"))
    return Invocation(
        id=f"submit:{':'.join(key)}:{_digest(values)}",
        occurred_at=received_at,
        how=How.FORM,
        caller=caller,
        place=place,
        verb=verb,
        values=values,
        incident_id=carried.incident_id,
        pointed=carried.pointed,
        trigger_id=text_at(payload, "trigger_id"),
        response_url=address_at(urls[0], "response_url") if urls else "",
    )


def _digest(values: Mapping[str, str]) -> str:
    """Tells a form that was filled in anew, after its acknowledgement was lost, from a repeat."""
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:12]


def shortcut_in(payload: Mapping[str, Any], received_at: datetime) -> Invocation | None:
    """Read a shortcut of ours, from a message's menu or from the workspace's."""
    on_message = payload.get("type") == "message_action"
    if not on_message and payload.get("type") != "shortcut":
        return None
    verb = (FROM_MESSAGE if on_message else ANYWHERE).get(text_at(payload, "callback_id"), "")
    caller, trigger = user_in(payload), text_at(payload, "trigger_id")
    pointed = _pointed_at(payload) if on_message else None
    if not verb or not trigger or not caller.user_id or (on_message and pointed is None):
        return None
    place = Place(channel_id="")
    if pointed is not None:
        place = Place(
            channel_id=pointed.channel_id,
            channel_name=_channel_name(payload),
            message_ts=pointed.ts,
            thread_ts=pointed.thread_ts,
        )
    if not _are_claims(place, caller, payload, ""):
        return None
    return Invocation(
        id=f"shortcut:{trigger}",
        occurred_at=moment(payload.get("action_ts"), received_at),
        how=How.SHORTCUT,
        caller=caller,
        place=place,
        verb=verb,
        pointed=pointed,
        trigger_id=trigger,
        response_url=address_at(payload, "response_url"),
    )


def suggestion_in(payload: Mapping[str, Any]) -> Suggestion | None:
    """Read a `block_suggestion` of a form of ours. Source: Slack page "block_suggestion"."""
    callback = text_at(as_object(payload.get("view")), "callback_id")
    field, caller = text_at(payload, "block_id"), user_in(payload)
    if payload.get("type") != "block_suggestion" or not callback.startswith(ACTION_PREFIX):
        return None
    if not is_name(field) or not caller.user_id:
        return None
    if not are_ids(caller.user_id, caller.team_id):
        return None
    return Suggestion(field=field, typed=inert(text_at(payload, "value"), 150), caller=caller)


def fields_in(view: Mapping[str, Any]) -> dict[str, str]:
    """What a form holds, by block id, which is the parameter's name."""
    values = as_object(as_object(view.get("state")).get("values"))
    filled: dict[str, str] = {}
    for name, elements in list(values.items())[:_MOST_FIELDS]:
        found = [as_object(one) for one in as_object(elements).values()]
        if is_name(name) and found:
            filled[name] = chosen(found[0])
    return filled


def chosen(element: Mapping[str, Any]) -> str:
    """What one input holds: typed text, the picked value or id, `yes` for a ticked box.

    Source: Slack page "Block elements". Several picked ids are joined by commas.
    """
    if element.get("type") == "checkboxes":
        return TICKED if objects(element.get("selected_options")) else ""
    if option := text_at(as_object(element.get("selected_option")), "value"):
        return words(option)
    if several := objects(element.get("selected_options")):
        return words(",".join(text_at(one, "value") for one in several))
    if listed := [one for key in _SOME_OF for one in texts(element.get(key))]:
        return words(",".join(listed))
    return words(text_at(element, *_ONE_OF, "selected_time", "value"))


def carried_in(metadata: str) -> _Carried:
    """Read a view's private_metadata; what is not ours, or no id, is simply not there."""
    try:
        found = as_object(json.loads(metadata))
    except (ValueError, RecursionError):
        return _Carried()
    incident_id, channel_id, pointed = (text_at(found, key) for key in ("i", "c", "p"))
    if not are_ids(incident_id, channel_id, pointed):
        return _Carried()
    channel, _, ts = pointed.partition(":")
    return _Carried(
        incident_id=incident_id,
        channel_id=channel_id,
        pointed=Pointed(channel_id=channel, ts=ts) if channel and ts else None,
        extra=_values_at(found, "x"),
    )


def brought_back(value: str) -> tuple[str, dict[str, str]]:
    """What a button of ours carries: the incident's id, and values; nothing of anybody else's."""
    if not value.startswith("{"):
        return value, {}
    try:
        found = as_object(json.loads(value))
    except (ValueError, RecursionError):
        return "", {}
    return text_at(found, "i"), _values_at(found, "v")


def _values_at(found: Mapping[str, Any], key: str) -> dict[str, str]:
    """Values that a button or form of ours carries, by parameter name."""
    carried = as_object(found.get(key))
    return {
        name: words(text_at(carried, name))
        for name in list(carried)[:_MOST_PARAMETERS]
        if is_name(name)
    }


def _our_actions(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for action in objects(payload.get("actions")):
        if text_at(action, "action_id").startswith(ACTION_PREFIX):
            yield action


def _asked(action: str) -> tuple[str, dict[str, str]] | None:
    """Split `verb:parameter=value&...`, what follows the prefix of an action id."""
    verb, colon, query = action.partition(":")
    if not is_name(verb):
        return None
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=bool(colon),
            max_num_fields=_MOST_PARAMETERS, errors="strict",
        )  # fmt: skip
    except ValueError:
        return None
    if not all(is_name(name) and is_id(value) for name, value in pairs):
        return None
    return verb, dict(pairs)


def _place(payload: Mapping[str, Any]) -> Place:
    message, container = as_object(payload.get("message")), as_object(payload.get("container"))
    channel = as_object(payload.get("channel"))
    return Place(
        channel_id=text_at(channel, "id") or text_at(container, "channel_id"),
        channel_name=_channel_name(payload),
        message_ts=text_at(message, "ts") or text_at(container, "message_ts"),
        thread_ts=text_at(message, "thread_ts") or text_at(container, "thread_ts"),
        ephemeral=container.get("is_ephemeral") is True,
    )


def _channel_name(payload: Mapping[str, Any]) -> str:
    return inert(text_at(as_object(payload.get("channel")), "name"), 80)


def _contained(payload: Mapping[str, Any], key: str) -> str:
    return text_at(as_object(payload.get("container")), key)


def _pointed_at(payload: Mapping[str, Any]) -> Pointed | None:
    message = as_object(payload.get("message"))
    channel = text_at(as_object(payload.get("channel")), "id")
    ts = text_at(payload, "message_ts") or text_at(message, "ts")
    author, thread = text_at(message, "user"), text_at(message, "thread_ts")
    if not channel or not ts or not are_ids(channel, ts, author, thread):
        return None
    return Pointed(
        channel_id=channel,
        ts=ts,
        author_id=author,
        text=words(said_in(message), _LONGEST_MESSAGE),
        thread_ts=thread,
        files=len(objects(message.get("files"))),
    )


def said_in(message: Mapping[str, Any]) -> str:
    """A message's words; alerts of other apps often have theirs in an attachment only."""
    attached = (text_at(one, "fallback", "text", "title") for one in
                objects(message.get("attachments")))  # fmt: skip
    return text_at(message, "text") or "\n".join(text for text in attached if text)


def _are_claims(place: Place, caller: Caller, payload: Mapping[str, Any], incident_id: str) -> bool:
    return are_ids(
        place.channel_id, place.message_ts, place.thread_ts, caller.user_id, caller.team_id,
        text_at(payload, "trigger_id"), incident_id,
    )  # fmt: skip
