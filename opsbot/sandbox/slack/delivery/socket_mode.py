"""Socket Mode: tickets, up to ten connections, and each payload to one of them.

Rules from the Slack page "Using Socket Mode": a URL works once, a payload goes to one connection in
no promised pattern, connections are refreshed every few hours with a warning ahead.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import uuid
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from opsbot.sandbox.slack.delivery.parcel import Answer, Parcel
from opsbot.sandbox.slack.delivery.socket_link import SocketLink
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.state import State

MOST_CONNECTIONS = 10
# How long a ticket may wait to be used; Slack calls the URL temporary, the number is ours.
_TICKET_SECONDS = 30.0
# `debug_reconnects=true` in the URL shortens a connection to this (Slack page "Socket Mode").
_DEBUG_SECONDS = 360.0


class SocketMode:
    """Slack's end of the app's websockets.

    Settable, all in seconds on the sandbox's clock: `lifetime` of a connection, `warning_lead`
    before it ends, `ping_interval`, and `redelivery_after` without an acknowledgement of an event
    (undocumented; a few seconds, bolt-js issue 2487).
    """

    def __init__(self, state: State, *, seed: int = 0) -> None:
        self.lifetime = 18_060.0
        self.warning_lead = 10.0
        self.ping_interval = 5.0
        self.redelivery_after = 3.0
        self.links: list[SocketLink] = []
        self.refusing = False
        self._state = state
        self._random = random.Random(seed)
        self._tickets: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = 0

    @property
    def connected(self) -> bool:
        """Whether the app holds at least one connection Slack would use."""
        return any(link.open for link in self.links)

    def new_url(self) -> str:
        """Return a websocket address that works once."""
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = self._state.clock.monotonic() + _TICKET_SECONDS
        base = self._state.url.replace("http", "ws", 1)
        return f"{base}link/?ticket={ticket}&app_id={self._state.app_id}"

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer a websocket request: hello, then envelopes until it ends."""
        expires_at = self._tickets.pop(request.query.get("ticket", ""), None)
        if self.refusing:
            raise web.HTTPServiceUnavailable(text="No Socket Mode host is available.")
        if expires_at is None or self._state.clock.monotonic() > expires_at:
            raise web.HTTPUnauthorized(text="The ticket is unknown, used or too old.")
        socket = web.WebSocketResponse(autoping=False, max_msg_size=4 * 1024 * 1024)
        await socket.prepare(request)
        self._opened += 1
        link = SocketLink(f"socket-{self._opened}", socket, self._state.clock)
        link.attach(request)
        if len(self._open_links()) >= MOST_CONNECTIONS:
            await link.disconnect("too_many_websockets")
            await link.close()
            return socket
        debug = request.query.get("debug_reconnects") == "true"
        await self._serve(link, min(self.lifetime, _DEBUG_SECONDS) if debug else self.lifetime)
        return socket

    async def deliver(
        self, parcel: Parcel, *, within_seconds: float, attempt: int = 0, reason: str = ""
    ) -> tuple[str, Answer]:
        """Send a parcel to one connection; return which, and what it acknowledged.

        With no connection an event is missed only after the wait, as with a deaf one; a command or
        an interaction fails at once.
        """
        live = self._open_links()
        if not live:
            if parcel.type != "events_api":
                return "", Answer(status=0, failure="connection_failed")
            await self._state.clock.sleep(within_seconds)
            return "", Answer(status=0, failure="timeout")
        link = self._random.choice(live)
        envelope = self._envelope(parcel, attempt, reason)
        try:
            frame = await link.ask(envelope, within_seconds)
        except TimeoutError:
            return link.name, Answer(status=0, failure="timeout")
        return link.name, _answer(frame, takes_payload=envelope["accepts_response_payload"])

    async def refresh(self, link: SocketLink) -> None:
        """Warn a connection, ask it to refresh when the lead has passed, and close it."""
        await link.disconnect("warning")
        await self._state.clock.sleep(self.warning_lead)
        link.leaving = True
        await link.disconnect("refresh_requested")
        await link.close()

    async def disable(self) -> None:
        """Switch Socket Mode off in the app's settings: all connections end, `link_disabled`."""
        for link in list(self.links):
            await link.disconnect("link_disabled")
            await link.close()

    async def close(self) -> None:
        """Cut every connection and end what runs beside them."""
        for link in list(self.links):
            link.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, link: SocketLink, lifetime: float) -> None:
        self.links.append(link)
        beside = (
            self._beside(link.ping_every(self.ping_interval)),
            self._beside(self._refresh_after(link, max(0.0, lifetime - self.warning_lead))),
        )
        try:
            await link.say(self._hello(lifetime))
            await link.listen()
        finally:
            self.links.remove(link)
            link.leaving = True
            for task in beside:
                task.cancel()

    async def _refresh_after(self, link: SocketLink, seconds: float) -> None:
        await self._state.clock.sleep(seconds)
        await self.refresh(link)

    def _beside(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _open_links(self) -> list[SocketLink]:
        return [link for link in self.links if link.open]

    def _hello(self, lifetime: float) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.links),
            "connection_info": {"app_id": self._state.app_id},
            "debug_info": {
                "host": "applink-sandbox",
                "build_number": 1,
                "approximate_connection_time": int(lifetime),
            },
        }

    def _envelope(self, parcel: Parcel, attempt: int, reason: str) -> Json:
        envelope: Json = {
            "envelope_id": str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            "type": parcel.type,
            "payload": parcel.payload,
            "accepts_response_payload": parcel.type != "events_api",
        }
        if parcel.type == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        return envelope


def _answer(frame: Json, *, takes_payload: bool) -> Answer:
    payload = frame.get("payload") if takes_payload else None
    if payload is None:
        return Answer(status=200)
    return Answer(status=200, body=payload if isinstance(payload, str) else json.dumps(payload))
