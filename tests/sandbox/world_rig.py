"""A running sandbox world for tests, an HTTP session to it, and a receiver of its webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import aiohttp
from aiohttp import web

from opsbot.sandbox.clock import ManualClock
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.webhook_delivery import RetrySchedule
from opsbot.sandbox.world import API_TOKEN, World, WorldUrls

ANCHOR = datetime(2026, 11, 22, 14, 4, 3, tzinfo=UTC)
"""Deliberately off the scrape grid."""

AUTH = {"Authorization": f"Token token={API_TOKEN}"}
AS_PROGRAM = {**AUTH, "From": "opsbot@example.com"}
QUICK = RetrySchedule(first=0.02, factor=2.0, longest=0.1, give_up_after=5.0)


@dataclass(slots=True, kw_only=True)
class Rig:
    """A world, its addresses and a session."""

    world: World
    urls: WorldUrls
    http: aiohttp.ClientSession
    clock: ManualClock

    def at(self, offset: float) -> float:
        """Seconds since 1970 of an offset to the page."""
        return (ANCHOR + timedelta(seconds=offset)).timestamp()

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, /, **params: str | float
    ) -> tuple[int, Any]:
        """Status and body (parsed when it is JSON) of a GET."""
        texts = {name.rstrip("_"): str(value) for name, value in params.items()}
        async with self.http.get(url, params=texts, headers=headers) as response:
            return response.status, await _body(response)

    async def send(
        self, method: str, url: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and body of a request with a JSON body."""
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await _body(response)

    async def prom(self, query: str, *offsets: float) -> dict[str, list[float | None]]:
        """Values of a query at offsets, by the label values of each series joined by /."""
        found: dict[str, list[float | None]] = {}
        for place, offset in enumerate(offsets):
            status, body = await self.get(
                f"{self.urls.prometheus}/api/v1/query", query=query, time=self.at(offset)
            )
            assert status == 200, body
            for one in body["data"]["result"]:
                key = "/".join(one["metric"].values())
                found.setdefault(key, [None] * len(offsets))[place] = float(one["value"][1])
        return found


async def _body(response: aiohttp.ClientResponse) -> Any:
    if response.content_type == "application/json":
        return await response.json()
    return await response.text()


loaded = cache(load_scenario)


@asynccontextmanager
async def running(
    scenario: str = "memory-limit", *, seconds_after: float = 20.0, **options: Any
) -> AsyncGenerator[Rig]:
    """Run a world whose clock stands some seconds after the page."""
    clock = ManualClock(ANCHOR + timedelta(seconds=seconds_after))
    world = World(loaded(scenario), clock=clock, anchor=ANCHOR, **options)
    urls = await world.start()
    try:
        async with aiohttp.ClientSession(trust_env=False) as http:
            yield Rig(world=world, urls=urls, http=http, clock=clock)
    finally:
        await world.stop()


@dataclass(slots=True, kw_only=True)
class Received:
    """One webhook as it arrived."""

    headers: dict[str, str]
    body: bytes
    event: dict[str, Any] = field(default_factory=dict[str, Any])

    def signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is this secret's."""
        expected = "v1=" + hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        return expected in self.headers["X-PagerDuty-Signature"].split(",")


@dataclass(slots=True, kw_only=True)
class Receiver:
    """A webhook door that answers what it is told and keeps what it got."""

    url: str = ""
    got: list[Received] = field(default_factory=list[Received])
    answer: Callable[[Received, int], int | web.Response] = lambda _received, _count: 202
    delays: dict[int, float] = field(default_factory=dict[int, float])
    """Seconds the n-th delivery waits for its answer."""

    @property
    def types(self) -> list[str]:
        """The event types in order of arrival."""
        return [one.event["event_type"] for one in self.got]


@asynccontextmanager
async def receiver() -> AsyncGenerator[Receiver]:
    """Listen for webhooks."""
    door = Receiver()

    async def receive(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            event = (await request.json())["event"]
        except (ValueError, KeyError):
            event = {"event_type": "unreadable"}
        received = Received(headers=dict(request.headers), body=raw, event=event)
        door.got.append(received)
        await asyncio.sleep(door.delays.get(len(door.got), 0.0))
        answer = door.answer(received, len(door.got))
        return web.Response(status=answer) if isinstance(answer, int) else answer

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    door.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield door
    finally:
        await runner.cleanup()
