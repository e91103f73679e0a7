"""One scenario come to life: five vendors' HTTP APIs on loopback, telling one story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from opsbot.sandbox.clock import Clock, SystemClock
from opsbot.sandbox.faults import Fault
from opsbot.sandbox.github import GitHubServer
from opsbot.sandbox.http_server import SandboxServer
from opsbot.sandbox.logs import LogStore
from opsbot.sandbox.loki import LokiServer
from opsbot.sandbox.metrics import MetricStore
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.prometheus import PrometheusServer
from opsbot.sandbox.scenario import CatalogueEntry, Scenario, catalogue
from opsbot.sandbox.signals import Signals
from opsbot.sandbox.tempo import TempoServer
from opsbot.sandbox.traces import TraceStore
from opsbot.sandbox.webhook_delivery import ANSWER_TIMEOUT, RetrySchedule

API_TOKEN = "sandbox-api-token"
"""The key the sandbox PagerDuty (as an account key) and GitHub accept; it opens nothing else."""

SourceName = Literal["pagerduty", "prometheus", "loki", "tempo", "github"]

__all__ = ["API_TOKEN", "CatalogueEntry", "SourceName", "World", "WorldUrls", "catalogue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldUrls:
    """The base addresses of the five servers."""

    pagerduty: str
    prometheus: str
    loki: str
    tempo: str
    github: str


class World:
    """A scenario's servers. The page is due at `anchor`: when the world is made, unless given.

    Everything but the webhooks' timing follows from scenario, seed and anchor.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        clock: Clock | None = None,
        anchor: datetime | None = None,
        schedule: RetrySchedule | None = None,
        answer_timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        own_clock = clock or SystemClock()
        self.scenario = scenario
        self.clock: Clock = own_clock
        self.anchor = anchor or own_clock.now()
        began = self.anchor.timestamp()
        self.signals = Signals(scenario)

        def now() -> float:
            return own_clock.now().timestamp()

        self.prometheus = PrometheusServer(
            scenario, MetricStore(scenario, self.signals, began, now), own_clock
        )
        self.loki = LokiServer(LogStore(scenario, self.signals, began, now), own_clock)
        self.tempo = TempoServer(TraceStore(scenario, self.signals, began, now), own_clock)
        self.github = GitHubServer(scenario, self.anchor, own_clock, tokens=(API_TOKEN,))
        self.pagerduty = PagerDutyServer(
            scenario,
            self.anchor,
            own_clock,
            keys={API_TOKEN: None},
            schedule=schedule,
            answer_timeout=answer_timeout,
        )

    @property
    def servers(self) -> tuple[SandboxServer, ...]:
        """Give the five servers."""
        return (self.pagerduty, self.prometheus, self.loki, self.tempo, self.github)

    async def start(self, *, host: str = "127.0.0.1") -> WorldUrls:
        """Start every server on a port of its own; raises ValueError for a host off loopback."""
        started: dict[str, str] = {}
        try:
            for server in self.servers:
                started[server.name] = await server.start(host=host)
        except BaseException:
            await self.stop()
            raise
        return WorldUrls(**started)

    async def stop(self) -> None:
        """Stop every server."""
        for server in self.servers:
            await server.stop()

    async def set_fault(self, source: SourceName, fault: Fault | None) -> None:
        """Make a source misbehave (see faults.py), or behave again with None."""
        server: SandboxServer = getattr(self, source)
        await server.set_fault(fault)

    def silence_logs(self, *, since: timedelta | None = timedelta(0)) -> None:
        """Lose every log line from an offset to the page on, as if all collectors died then."""
        self.loki.silence(since=None if since is None else self.anchor + since)
