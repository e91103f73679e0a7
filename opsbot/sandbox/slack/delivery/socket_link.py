"""One Socket Mode connection as Slack's end sees it: frames out, acknowledgements in, pings."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from aiohttp import WSMessage, WSMsgType, web

from opsbot.sandbox.slack.clock import Clock, within
from opsbot.sandbox.slack.foreign_json import as_object
from opsbot.sandbox.slack.model import Json

_HOST = "applink-sandbox"
# Slack gives a connection up that answers none of this many pings in a row; ours.
_UNANSWERED_PINGS = 4


class SocketLink:
    """A websocket to the app. `name` tells connections apart in the deliveries.

    `deaf` and `silent` are the test switches of a connection that is open and says nothing:
    nothing is sent or heard any more; `silent` answers no ping either.
    """

    def __init__(self, name: str, socket: web.WebSocketResponse, clock: Clock) -> None:
        self.name = name
        self.deaf = False
        self.silent = False
        self.leaving = False
        self.taken: list[str] = []
        self._socket, self._clock = socket, clock
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._unanswered = 0
        self._transport: asyncio.BaseTransport | None = None

    def attach(self, request: web.Request) -> None:
        """Remember the connection below, so that it can be cut."""
        self._transport = request.transport

    @property
    def open(self) -> bool:
        """Whether Slack would still choose it for a payload."""
        return not (self.leaving or self._socket.closed)

    async def say(self, frame: Json) -> None:
        """Send one frame; a deaf or dead connection loses it."""
        if self.deaf or self._socket.closed:
            return
        with suppress(ConnectionError):
            await self._socket.send_str(json.dumps(frame))

    async def disconnect(self, reason: str) -> None:
        """Announce a disconnect: warning, refresh_requested, link_disabled, too_many_websockets."""
        await self.say({"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}})

    async def ask(self, envelope: Json, seconds: float) -> Json:
        """Send an envelope and return its acknowledgement; raises TimeoutError.

        A connection that dies meanwhile is only noticed by the missing acknowledgement, as by
        Slack.
        """
        envelope_id = str(envelope["envelope_id"])
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answered
        self.taken.append(envelope_id)
        try:
            await self.say(envelope)
            return await within(self._clock, seconds, answered)
        finally:
            self._waiting.pop(envelope_id, None)

    async def listen(self) -> None:
        """Take what the app sends until the connection ends."""
        async for message in self._socket:
            await self._heard(message)

    async def ping_every(self, seconds: float) -> None:
        """Ping as Slack does, and cut a connection that answers none of several in a row."""
        while not self._socket.closed:
            await self._clock.sleep(seconds)
            if self.deaf:
                continue
            if self._unanswered >= _UNANSWERED_PINGS:
                self.cut()
                return
            self._unanswered += 1
            with suppress(ConnectionError):
                await self._socket.ping(f"Ping from {_HOST}".encode())

    async def close(self) -> None:
        """Close in good order."""
        self.leaving = True
        with suppress(ConnectionError):
            await self._socket.close()

    def cut(self) -> None:
        """End the connection below without a word."""
        self.leaving = True
        if self._transport is not None and isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()

    async def _heard(self, message: WSMessage) -> None:
        if message.type is WSMsgType.PING and not self.silent:
            with suppress(ConnectionError):
                await self._socket.pong(message.data)
        elif message.type is WSMsgType.PONG:
            self._unanswered = 0
        elif message.type is WSMsgType.TEXT and not self.deaf:
            self._acknowledged(str(message.data))

    def _acknowledged(self, text: str) -> None:
        try:
            frame = as_object(json.loads(text)) or {}
        except ValueError:
            return
        waiting = self._waiting.get(str(frame.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)
