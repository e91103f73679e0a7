"""What adapter tests stand on: a clock, secrets, an ask, and a local server that plays replies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from opsbot.core.evidence import EvidenceAsk, Subject, Window
from opsbot.http_client import AiohttpClient
from opsbot.integrations import Integration, Wiring
from opsbot.ports import EvidenceSource, Http, SecretUnavailable

NOW = datetime(2026, 3, 4, 14, 10, 0, tzinfo=UTC)
TOKEN = "t0k3n-nobody-may-see"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class StageClock:
    """Stands at one moment, so that reports compare; measures real durations."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class StageSecret:
    """A secret with a known text, or one that cannot be read (None)."""

    content: str | None
    name: str = "stage.secret"

    def read(self) -> str:
        if self.content is None:
            raise SecretUnavailable(self.name)
        return self.content


def wiring(
    http: Http,
    secrets: Mapping[str, Sequence[str | None]] | None = None,
    *,
    clock: StageClock | None = None,
) -> Wiring:
    """The wiring of an integration with these secrets; None is a secret nobody can read."""
    found = {
        name: [StageSecret(content) for content in contents]
        for name, contents in (secrets or {}).items()
    }
    return Wiring(http=http, clock=clock or StageClock(), secrets=found)


def ask(
    *services: str | Subject,
    end: datetime = NOW,
    window: timedelta = timedelta(minutes=30),
    before: timedelta = timedelta(minutes=30),
    horizon: timedelta = timedelta(hours=24),
    alert_ids: tuple[str, ...] = (),
) -> EvidenceAsk:
    """An ask about these services: a window up to `end`, and what lies before it."""
    start = end - window
    return EvidenceAsk(
        incident_id="i-1",
        subjects=tuple(s if isinstance(s, Subject) else Subject(service=s) for s in services),
        window=Window(start=start, end=end),
        before=Window(start=start - before, end=start),
        horizon=horizon,
        alert_ids=alert_ids,
    )


def ago(minutes: float, *, seconds: float = 0) -> datetime:
    """A moment before NOW."""
    return NOW - timedelta(minutes=minutes, seconds=seconds)


@dataclass(slots=True)
class Player:
    """A local server; `seen` holds what was asked, `complaints` what a handler found wrong."""

    handler: Handler
    url: str = ""
    seen: list[web.Request] = field(default_factory=list[web.Request])
    complaints: list[AssertionError] = field(default_factory=list[AssertionError])

    async def play(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        try:
            return await self.handler(request)
        except AssertionError as error:
            self.complaints.append(error)
            raise


@asynccontextmanager
async def playing(handler: Handler) -> AsyncGenerator[Player, None]:
    """Run a server whose every path is answered by `handler`; its failed assertions count."""
    player = Player(handler)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", player.play)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    player.url = str(server.make_url("")).rstrip("/")
    try:
        yield player
    finally:
        await server.close()
    for complaint in player.complaints:
        raise complaint


@asynccontextmanager
async def outgoing() -> AsyncGenerator[AiohttpClient, None]:
    """The real HTTP client, closed at the end."""
    client = AiohttpClient(environ={})
    try:
        yield client
    finally:
        await client.close()


def source_of(integration: Integration, settings: dict[str, Any], wired: Wiring) -> EvidenceSource:
    """The one evidence source of an integration with these settings."""
    assert integration.sources is not None
    (source,) = integration.sources(integration.settings.model_validate(settings), wired)
    return source
