"""What opsbot does by the clock: the watch over delivery, the heartbeat, gauges, and forgetting."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from opsbot.app.metrics import Metrics
from opsbot.engine.dbos_engine import DbosEngine
from opsbot.engine.stopping import Stopping
from opsbot.entrypoints.health import Health
from opsbot.flows.watch import watch_delivery
from opsbot.ports import Clock, Http, HttpFailure, Inbox, Ports, Secret, SecretUnavailable
from opsbot.slack.gateway import Gateway
from opsbot.slack.socket_mode import SocketMode

RUNS_COUNTED = timedelta(days=30)
log = logging.getLogger(__name__)


async def every(
    seconds: float, clock: Clock, job: Callable[[], Awaitable[None]], stopping: Stopping
) -> None:
    """Run `job` every so many seconds until stopping; one failure does not end it."""
    while not stopping:
        try:
            await job()
        except Exception:
            log.exception("upkeep failed; it runs again in %.0f s", seconds)
        await stopping.or_wait(clock.sleep(seconds))


class Upkeep:
    """The periodic jobs, each small, each safe to miss."""

    def __init__(
        self, *, ports: Ports, inbox: Inbox, http: Http, metrics: Metrics, health: Health,
        stuck_after: timedelta, heartbeat: Secret | None, engine: DbosEngine | None,
        gateway: Gateway | None, socket: SocketMode | None = None,
    ) -> None:  # fmt: skip
        self._ports, self._inbox, self._http = ports, inbox, http
        self._metrics, self._health = metrics, health
        self._stuck_after, self._heartbeat = stuck_after, heartbeat
        self._engine, self._gateway, self._socket = engine, gateway, socket
        self.stuck: tuple[str, ...] = ()

    async def watch(self) -> None:
        """Note at the pager what Slack has not been told in time."""
        self.stuck = await watch_delivery(self._ports, self._stuck_after)
        self._metrics.stuck.set(len(self.stuck))
        self._metrics.backlog.set(await self._inbox.backlog())
        if self._socket is not None:
            self._metrics.sockets.set(self._socket.state().up)
            for event, number in self._socket.counts.items():
                self._metrics.socket_events.labels(event).set(number)
        if self._gateway and self._gateway.last_ok_at:
            self._metrics.slack_ok_at.set(self._gateway.last_ok_at.timestamp())

    async def beat(self) -> None:
        """Count the runs of late, and ping the heartbeat address, only while intake, store and
        Slack all work."""
        since = self._ports.clock.now() - RUNS_COUNTED
        self._metrics.count_runs(await self._ports.record.runs(since))
        if self._heartbeat is None:
            return
        problems = await self._health.problems(people=True)
        if problems:
            log.warning("heartbeat withheld: %s", "; ".join(problems))
            return
        try:
            await self._http.request("GET", self._heartbeat.read(), timeout=5.0)
        except (HttpFailure, SecretUnavailable) as failure:
            log.warning("heartbeat not sent: %s", failure)

    async def forget(self) -> None:
        """Drop what was kept only to recognise repeats: handled deliveries after 30 days, and
        the engine's memory of finished flows after a week."""
        now = self._ports.clock.now()
        await self._inbox.forget(now - timedelta(days=30))
        if self._engine is not None:
            await self._engine.forget(int((now - timedelta(days=7)).timestamp() * 1000))
