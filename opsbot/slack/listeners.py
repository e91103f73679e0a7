"""Bolt as the router of deliveries that were verified, persisted and acknowledged long ago.

Bolt is handed what it routes by and nothing else: its own context builders raise on shapes they
do not expect, its warnings print whole bodies, and its client would go past our gateway. Its
signature check is off because the door has checked, and because it refuses whatever waited for
more than five minutes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.error import BoltUnhandledRequestError

from opsbot.cards.render import ACTION_PREFIX
from opsbot.core.invocation import PersonEvent
from opsbot.ports import Delivery
from opsbot.slack.foreign_json import as_object, objects, text_at
from opsbot.slack.payloads import KIND_OF_DOOR, Kind, command_in, json_in
from opsbot.slack.payloads_claims import Ourselves
from opsbot.slack.payloads_event import EVENT_TYPES, event_in
from opsbot.slack.payloads_interaction import (
    ANYWHERE,
    FROM_MESSAGE,
    action_in,
    shortcut_in,
    submission_in,
)

_LOG = logging.getLogger("opsbot.slack.bolt")
# Set on the logger itself: Bolt looks at its level, not at the one in effect.
_LOG.setLevel(logging.ERROR)

_OURS = re.compile("^" + re.escape(ACTION_PREFIX))
_COMMAND = re.compile("^/")
_SHORTCUT = re.compile("^(?:" + "|".join(map(re.escape, {**FROM_MESSAGE, **ANYWHERE})) + ")$")
# A message with a subtype is a message to this pattern too; Bolt's plain name would miss it.
_EVENT = re.compile("^(?:" + "|".join(sorted(map(re.escape, EVENT_TYPES))) + ")$")
_ANYTHING = re.compile("")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One delivery on its way through Bolt, and what came of it."""

    payload: Mapping[str, Any]
    received_at: datetime
    event: PersonEvent | None = None


_Read = Callable[[_Reading], PersonEvent | None]
_Listener = Callable[..., Awaitable[None]]


class Listeners:
    """Reads stored deliveries. `ourselves` is asked each time, because it may be learnt late."""

    def __init__(self, ourselves: Callable[[], Ourselves]) -> None:
        self._ourselves = ourselves
        # Any: Bolt's annotations leave out what its decorators take and answer.
        self._app: Any = AsyncApp(
            name=_LOG.name,  # Bolt sets the level of the logger with the app's name
            logger=_LOG,
            process_before_response=True,  # the listener has run when dispatching returns
            raise_error_for_unhandled_request=True,
            authorize=_FromMemory(ourselves),
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._listen()

    async def read(
        self, kind: Kind, payload: Mapping[str, Any], received_at: datetime
    ) -> PersonEvent | None:
        """What a delivery asks for, however long it waited; None when it asks nothing of us.

        Whatever a reader raises reaches the caller.
        """
        reading = _Reading(payload=payload, received_at=received_at)
        request = AsyncBoltRequest(
            body=_routed(kind, payload), mode="socket_mode", context={"reading": reading}
        )
        await self._app.async_dispatch(request)
        return reading.event

    async def read_stored(self, delivery: Delivery) -> PersonEvent | None:
        """Read a delivery from the inbox. Raises RequestRefused when it is no JSON, LookupError
        for another door's."""
        kind = KIND_OF_DOOR.get(delivery.door)
        if kind is None:
            raise LookupError(f"{delivery.door!r} is no door of Slack's")
        return await self.read(kind, json_in(delivery.body), delivery.received_at)

    def _listen(self) -> None:
        app = self._app
        app.command(_COMMAND)(_listener(lambda r: command_in(r.payload, r.received_at)))
        app.action(_OURS)(_listener(lambda r: action_in(r.payload, r.received_at)))
        app.view(_OURS)(_listener(lambda r: submission_in(r.payload, r.received_at)))
        app.shortcut(_SHORTCUT)(_listener(lambda r: shortcut_in(r.payload, r.received_at)))
        app.event(_EVENT)(
            _listener(lambda r: event_in(r.payload, r.received_at, self._ourselves()))
        )
        app.event(_ANYTHING)(_listener(lambda r: None))
        app.error(_out)


class _FromMemory(AsyncAuthorize):
    """Who we are, for Bolt: its own authorizers ask Slack, and drop the event with a 200 when it
    does not answer. There is no token in it, so nothing can be called with it."""

    def __init__(self, ourselves: Callable[[], Ourselves]) -> None:
        super().__init__()
        self._ourselves = ourselves
        self._known: tuple[Ourselves, AuthorizeResult] | None = None

    async def __call__(self, **asked: Any) -> AuthorizeResult:
        """The same answer for every delivery, whichever user or workspace it names."""
        ourselves = self._ourselves()
        if self._known is None or self._known[0] != ourselves:
            result = AuthorizeResult(
                enterprise_id=ourselves.enterprise_id or None,
                team_id=ourselves.team_id or None,
                bot_user_id=ourselves.bot_user_id or None,
                bot_id=ourselves.bot_id or None,
            )
            self._known = (ourselves, result)
        return self._known[1]


def _listener(read: _Read) -> _Listener:
    async def listen(context: Any, ack: Any) -> None:
        reading: _Reading = context["reading"]
        reading.event = read(reading)
        await ack()

    return listen


async def _out(error: Exception) -> None:
    """Bolt's catch-all for errors: what nobody listens to is nothing, the rest is our caller's."""
    if not isinstance(error, BoltUnhandledRequestError):
        raise error


def _routed(kind: Kind, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What Bolt routes by, each in the shape that Bolt takes for granted."""
    if kind is Kind.COMMANDS:
        return {"command": text_at(payload, "command")}
    if kind is Kind.EVENTS:
        event = as_object(payload.get("event"))
        names = ("type", "subtype", "user", "bot_id")
        said = {name: text_at(event, name) for name in names if text_at(event, name)}
        return {"type": text_at(payload, "type"), "event": {"type": "", **said}}
    ids = [text_at(action, "action_id") for action in objects(payload.get("actions"))]
    ours = next((one for one in ids if one.startswith(ACTION_PREFIX)), "")
    return {
        "type": text_at(payload, "type"),
        "callback_id": text_at(payload, "callback_id"),
        "actions": [{"action_id": ours, "block_id": ""}],
        "view": {
            "type": "",
            "callback_id": text_at(as_object(payload.get("view")), "callback_id"),
        },
    }
