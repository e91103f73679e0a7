"""Socket Mode's other side, as odd as a test wants: tickets, hello, envelopes, deafness, drops."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

TOKEN = "xapp-test"
HELLO = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}


class Link:
    """One connection of the app; `acks` are the frames it sent."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket, self._request = socket, request
        self.acks: list[dict[str, Any]] = []
        self.deaf = False
        self.ended = asyncio.Event()

    async def send(self, frame: Mapping[str, Any]) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def leave(self, reason: str) -> None:
        """Say that the connection will end."""
        await self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}})

    async def say_goodbye(self) -> None:
        """Send a close frame and go on reading; aiohttp's own close would throw frames away."""
        writer: Any = getattr(self.socket, "_writer", None)
        await writer.close(1000)

    def drop(self) -> None:
        """End the TCP connection without a word."""
        assert self._request.transport is not None
        self._request.transport.abort()

    async def read(self) -> None:
        async for message in self.socket:
            if message.type is WSMsgType.PING and not self.deaf:
                await self.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self.acks.append(json.loads(message.data))


class SocketServer:
    """`refusals` are answers to the next calls of apps.connections.open; `greeting` is the first
    frame of a connection, None for silence."""

    def __init__(self) -> None:
        self.base_url = ""
        self.refusals: deque[tuple[int, dict[str, Any], dict[str, str]]] = deque()
        self.greeting: Mapping[str, Any] | None = HELLO
        self.opened = 0  # calls of apps.connections.open
        self.authorizations: set[str] = set()
        self.links: list[Link] = []
        self.most = 0  # connections at a time
        self._tickets: set[str] = set()

    @property
    def live(self) -> list[Link]:
        return [link for link in self.links if not link.ended.is_set()]

    def refuse(self, error: str, status: int = 200, **headers: str) -> None:
        self.refusals.append((status, {"ok": False, "error": error}, headers))

    async def open(self, request: web.Request) -> web.Response:
        self.opened += 1
        self.authorizations.add(request.headers.get("Authorization", ""))
        if self.refusals:
            status, body, headers = self.refusals.popleft()
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.json_response(body, status=status, headers=sent)
        ticket = f"secret-ticket-{self.opened}"
        self._tickets.add(ticket)
        host = self.base_url.removeprefix("http://").removesuffix("/api/")
        return web.json_response({"ok": True, "url": f"ws://{host}/link/?ticket={ticket}"})

    async def link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query["ticket"]
        if ticket not in self._tickets:
            return web.Response(status=410)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False, timeout=0.2)
        await socket.prepare(request)
        link = Link(socket, request)
        self.links.append(link)
        self.most = max(self.most, len(self.live))
        try:
            if self.greeting is not None:
                await link.send(self.greeting)
            await link.read()
        finally:
            link.ended.set()
        return socket

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[SocketServer]:
        app = web.Application()
        app.router.add_post("/api/apps.connections.open", self.open)
        app.router.add_get("/link/", self.link)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        try:
            yield self
        finally:
            for link in self.live:
                link.drop()
            await runner.cleanup()


def envelope(
    payload: Mapping[str, Any], sort: str = "slash_commands", **more: Any
) -> dict[str, Any]:
    """A delivery as a frame."""
    answers = sort != "events_api"
    return {
        "type": sort,
        "envelope_id": "E1",
        "payload": dict(payload),
        "accepts_response_payload": answers,
    } | more


async def until(holds: Callable[[], bool], within: float = 3.0) -> None:
    """Wait for something to become true; fails after `within` seconds."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)
