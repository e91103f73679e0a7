"""A bare Socket Mode client for tests: it keeps every frame and acknowledges as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from opsbot.sandbox.slack.server import APP_TOKEN
from tests.sandbox.slack_world import SlackWorld, until

Json = dict[str, Any]


async def open_url(slack: SlackWorld, token: str = APP_TOKEN) -> Json:
    """Call apps.connections.open and return its JSON."""
    return await slack.raw("apps.connections.open", headers={"Authorization": f"Bearer {token}"})


class Client:
    """One connection; `reply` gives the acknowledgement's payload, `acknowledges` whether any."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.frames: list[Json] = []
        self.pings: list[bytes] = []
        self.pongs: list[bytes] = []
        self.acknowledges = True
        self.answers_pings = True
        self.reply: Callable[[Json], Any] = lambda envelope: None

    @property
    def envelopes(self) -> list[Json]:
        return [frame for frame in self.frames if "envelope_id" in frame]

    @property
    def disconnects(self) -> list[str]:
        return [frame["reason"] for frame in self.frames if frame["type"] == "disconnect"]

    async def run(self) -> None:
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.PING:
                self.pings.append(message.data)
                if self.answers_pings:
                    await self.socket.pong(message.data)
            elif message.type is aiohttp.WSMsgType.PONG:
                self.pongs.append(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                await self._take(json.loads(message.data))

    async def _take(self, frame: Json) -> None:
        self.frames.append(frame)
        if "envelope_id" in frame and self.acknowledges:
            acknowledgement: Json = {"envelope_id": frame["envelope_id"]}
            payload = self.reply(frame)
            if payload is not None:
                acknowledgement["payload"] = payload
            await self.socket.send_str(json.dumps(acknowledgement))


@asynccontextmanager
async def connected(slack: SlackWorld, *, suffix: str = "") -> AsyncGenerator[Client]:
    """Connect to the sandbox as an app does, and wait for hello."""
    url = (await open_url(slack))["url"] + suffix
    async with slack.session.ws_connect(url, autoping=False) as socket:
        client = Client(socket)
        running = asyncio.create_task(client.run())
        try:
            await until(lambda: bool(client.frames))
            yield client
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
