"""One scenario come to life: six vendors' HTTP APIs on loopback, telling one story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from opsbot.sandbox.clock import Clock, SystemClock
from opsbot.sandbox.faults import Fault
from opsbot.sandbox.github import GitHubServer
from opsbot.sandbox.http_server import SandboxServer
from opsbot.sandbox.kubernetes import KubernetesServer, Rights
from opsbot.sandbox.kubernetes_cluster import ROLLOUT_SECONDS, Cluster
from opsbot.sandbox.logs import LogStore
from opsbot.sandbox.loki import LokiServer
from opsbot.sandbox.metrics import MetricStore
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.prometheus import PrometheusServer
from opsbot.sandbox.remedy import Course
from opsbot.sandbox.scenario import CatalogueEntry, Scenario, catalogue
from opsbot.sandbox.series import SCRAPE_SECONDS
from opsbot.sandbox.signals import Signals
from opsbot.sandbox.tempo import TempoServer
from opsbot.sandbox.traces import TraceStore
from opsbot.sandbox.webhook_delivery import ANSWER_TIMEOUT, RetrySchedule

API_TOKEN = "sandbox-api-token"
"""The key the sandbox PagerDuty (as an account key), GitHub and Kubernetes accept; it opens
nothing else."""

SourceName = Literal["pagerduty", "prometheus", "loki", "tempo", "github", "kubernetes"]

__all__ = ["API_TOKEN", "CatalogueEntry", "SourceName", "World", "WorldUrls", "catalogue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldUrls:
    """The base addresses of the six servers."""

    pagerduty: str
    prometheus: str
    loki: str
    tempo: str
    github: str
    kubernetes: str


class World:
    """A scenario's servers. The page is due at `anchor`: when the world is made, unless given.

    Everything but the webhooks' timing follows from scenario, seed, anchor, and what is rolled out
    in the cluster: taking the faulty deploy back ends the fault.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        clock: Clock | None = None,
        anchor: datetime | None = None,
        schedule: RetrySchedule | None = None,
        answer_timeout: float = ANSWER_TIMEOUT,
        rollout_seconds: float = ROLLOUT_SECONDS,
        scrape_seconds: int = SCRAPE_SECONDS,
    ) -> None:
        own_clock = clock or SystemClock()
        self.scenario = scenario
        self.clock: Clock = own_clock
        self.anchor = anchor or own_clock.now()
        self._scrape_seconds = scrape_seconds
        self.signals = Signals(scenario)
        self._course = Course(scenario)
        metrics, logs, traces = self._stores(scenario)
        self.prometheus = PrometheusServer(scenario, metrics, own_clock)
        self.loki = LokiServer(logs, own_clock)
        self.tempo = TempoServer(traces, own_clock)
        self.cluster = Cluster(
            scenario,
            self.anchor.timestamp(),
            own_clock,
            rollout_seconds=rollout_seconds,
            rolled_out=self._rolled_out,
        )
        self.kubernetes = KubernetesServer(self.cluster, own_clock, tokens={API_TOKEN: Rights()})
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
        """Give the six servers."""
        return (
            self.pagerduty, self.prometheus, self.loki, self.tempo, self.github, self.kubernetes,
        )  # fmt: skip

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

    def remedied(self, at: datetime | None = None) -> None:
        """End the fault at a moment, or now: signals are as usual a few seconds later."""
        self._course.remedied(self._offset((at or self.clock.now()).timestamp()))
        self._retell()

    def _rolled_out(
        self, service: str, template: dict[str, Any], began: float, done: float
    ) -> None:
        self._course.rolled_out(
            service, template, began=self._offset(began), done=self._offset(done)
        )
        self._retell()

    def _offset(self, at: float) -> float:
        return at - self.anchor.timestamp()

    def _retell(self) -> None:
        """Have metrics, logs and traces go on as the course of things is now."""
        lived = self._course.scenario
        self.signals = Signals(lived)
        metrics, logs, traces = self._stores(lived)
        self.prometheus.tell(metrics)
        self.loki.tell(logs)
        self.tempo.tell(traces)

    def _stores(self, scenario: Scenario) -> tuple[MetricStore, LogStore, TraceStore]:
        began, clock = self.anchor.timestamp(), self.clock

        def now() -> float:
            return clock.now().timestamp()

        return (
            MetricStore(scenario, self.signals, began, now, self._scrape_seconds),
            LogStore(scenario, self.signals, began, now),
            TraceStore(scenario, self.signals, began, now),
        )

    def silence_logs(self, *, since: timedelta | None = timedelta(0)) -> None:
        """Lose every log line from an offset to the page on, as if all collectors died then."""
        self.loki.silence(since=None if since is None else self.anchor + since)
