"""Puts opsbot together from its settings: every concrete class is named here and nowhere else."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from opsbot.app.clock import SystemClock
from opsbot.app.doctor_flow import PURPOSE, doctor_flow
from opsbot.app.doorman import Doorman
from opsbot.app.executors import build_executors
from opsbot.app.metrics import Metrics
from opsbot.app.outside import Outside, build_integrations
from opsbot.app.own_commands import team_book
from opsbot.app.own_runbooks import team_shelf
from opsbot.app.own_templates import team_drafter
from opsbot.app.pager_watch import SWEEP_EVERY, PagerWatch, watches
from opsbot.app.people_side import PeopleSide, order_key
from opsbot.app.slack import SlackSide, build_slack
from opsbot.app.store import (
    SinglePostgres,
    SingleProcess,
    Store,
    Unusable,
    open_store,
    places,
    refuse_old_sqlite,
)
from opsbot.app.tracing import traced, traced_flows
from opsbot.app.upkeep import Upkeep, every
from opsbot.catalog.runbooks import Shelf
from opsbot.config import Settings
from opsbot.core.rules import Rules
from opsbot.drawing.worker import ChartWorker
from opsbot.engine.dbos_engine import DbosEngine
from opsbot.engine.dispatcher import Dispatcher, Parse
from opsbot.engine.obligations import ObligationRunner
from opsbot.engine.stopping import Stopping
from opsbot.entrypoints.doors import DoorHandler
from opsbot.entrypoints.health import Check, Health
from opsbot.entrypoints.server import Server, build_app
from opsbot.entrypoints.slack_doors import SlackDoor
from opsbot.entrypoints.webhooks import webhook_door
from opsbot.flows import ONE_STEP, flows_for
from opsbot.http_client import AiohttpClient
from opsbot.integrations import Polled, Webhook
from opsbot.ports import (
    Clock,
    Flow,
    Inbox,
    InboxUnavailable,
    Ports,
    Publisher,
)
from opsbot.slack.postmortem import SlackPublisher

log = logging.getLogger(__name__)


def _spare_the_collector() -> None:
    """What stands after the start stands for good, and a request leaves no cycles behind: looking
    through all of it every 700 allocations cost a tenth of the acknowledgements a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _watch_every(settings: Settings) -> float:
    """Seconds between two looks at delivery: often enough to notice within the set time."""
    return min(15.0, max(0.5, settings.delivery_stuck_after.total_seconds() / 4))


async def _take_back(inbox: Inbox) -> None:
    """What an earlier start put aside gets another try: this version may know better."""
    aside = await inbox.quarantined(10_000)
    if aside:
        await inbox.release([pending.id for pending, _ in aside])
        log.warning("%d deliveries that were put aside are tried again", len(aside))


def _rules(settings: Settings, outside: Outside, shelf: Shelf) -> Rules:
    """What decisions go by: the settings, with what they are put together with here."""
    kinds = tuple((source.name, source.kind.value) for source in outside.sources)
    return replace(
        settings.rules([name for name, _ in kinds]), evidence_kinds=kinds, runbooks=shelf.runbooks
    )


def _publishers(
    settings: Settings, outside: Outside, store: Store, slack: SlackSide, clock: Clock
) -> tuple[Publisher, ...]:
    """Every place for postmortems: those of integrations, and the incident's own thread."""
    if slack.room is None or not settings.postmortem.shares:
        return outside.publishers
    return (*outside.publishers, SlackPublisher(store.record, slack.room, clock))


def _parser(webhook: Webhook) -> Parse:
    return lambda delivery: webhook.parse(delivery.body)


def _polled(polled: Polled) -> Parse:
    return lambda delivery: polled.parse(delivery.body)


class Opsbot:
    """The running bot. `start` opens everything, `stop` closes it in the opposite order."""

    def __init__(
        self, settings: Settings, clock: Clock | None = None,
        more_flows: Callable[[Ports], Mapping[str, Flow]] = lambda ports: {},
        one_step: frozenset[str] = ONE_STEP,
        wait_for_store: float = 45.0,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._more_flows, self._one_step = more_flows, one_step
        self._wait_for_store = wait_for_store  # seconds, for the process that this one replaces
        self._postgres: SinglePostgres | None = None
        self._clock = clock or SystemClock()
        self.metrics = Metrics()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = Stopping()
        self._lock: SingleProcess | None = None
        self._store: Store | None = None
        self._http = AiohttpClient(
            environ=settings.http.environ, ca_bundle=str(settings.http.ca_bundle or "")
        )
        self._slack: SlackSide | None = None
        self._painter: ChartWorker | None = None
        self._people: PeopleSide | None = None
        self._watches: tuple[PagerWatch, ...] = ()
        self._engine: DbosEngine | None = None
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._server.port if self._server else 0

    async def start(self) -> None:
        """Open store, outside, people, engine, doors and watches, in this order. Raises
        Unusable."""
        runners: list[ObligationRunner] = []
        await self._take_the_store()
        store = await self._open_store(runners)
        await self._http.start()
        outside = self._open_outside()
        slack, ports = await self._open_ports(store, outside)
        doorman, people = self._open_people(store, slack, ports)
        runner = await self._start_engine(store, ports)
        runners.append(runner)
        dispatcher = Dispatcher(
            inbox=store.inbox, record=store.record, rules=ports.rules, clock=self._clock,
            parsers=self._parsers(), people=people.handle, order_key=order_key,
            observe=self.metrics.dispatched, busy=runner.busy,
        )  # fmt: skip
        self._watches = watches(
            outside.feeds, inbox=store.inbox, record=store.record, clock=self._clock,
            webhooks=self._settings.intake == "webhook",
        )  # fmt: skip
        await self._open_doors(store, ports, slack, people, doorman)
        await people.start()
        self._run(dispatcher.run(self._stopping), runner.run(self._stopping))
        self._watch_pagers()
        _spare_the_collector()

    async def _take_the_store(self) -> None:
        """Be the one process on this store, before anything in it is opened."""
        where = places(self._settings)
        refuse_old_sqlite(where)
        if where.lock_file:
            self._lock = SingleProcess(where.lock_file)
            self._settings.data_dir.mkdir(parents=True, exist_ok=True)
            self._lock.take()
        else:
            self._postgres = SinglePostgres(where.record_url)
            await self._postgres.take(self._wait_for_store)

    async def _open_store(self, runners: Sequence[ObligationRunner]) -> Store:
        """The store, which wakes whoever is among `runners` by the time of a commit."""

        def wake() -> None:
            for runner in runners:
                runner.wake()

        self._store = store = await open_store(self._settings, self._clock, on_commit=(wake,))
        await _take_back(store.inbox)
        return store

    def _open_outside(self) -> Outside:
        outside = build_integrations(self._settings, self._http, self._clock)
        if self._settings.intake == "poll" and not outside.feeds:
            raise Unusable(
                "intake is poll, but no pager can be asked: configure `pagerduty:` with "
                "PAGERDUTY_API_TOKEN, or write `intake: webhook`"
            )
        return outside

    async def _open_ports(self, store: Store, outside: Outside) -> tuple[SlackSide, Ports]:
        """Slack, which is asked about the groups that runbooks name, and every port with it."""
        settings, clock = self._settings, self._clock
        executors = build_executors(settings, self._http, clock)
        shelf = team_shelf(settings, executors)
        for problem in shelf.aside:
            log.error("a runbook is left out: %s", problem)
        self._slack = slack = await build_slack(settings, clock, self.metrics, shelf.runbooks)
        rules = _rules(settings, outside, shelf)
        self._painter = ChartWorker()
        ports = Ports(
            record=traced(store.record, "record"), clock=clock, rules=rules,
            room=traced(slack.room, "slack") if slack.room else None,
            sources=outside.sources, exhibits=outside.exhibits, pager=outside.pager,
            painter=self._painter,
            people=traced(slack.people, "people") if slack.people else None,
            staffing=outside.staffing, executors=executors, gauges=outside.gauges,
            boot=secrets.token_hex(6), drafter=team_drafter(settings),
            publishers=_publishers(settings, outside, store, slack, clock),
        )  # fmt: skip
        return slack, ports

    def _open_people(
        self, store: Store, slack: SlackSide, ports: Ports
    ) -> tuple[Doorman, PeopleSide]:
        book = team_book(self._settings)
        for aside in book.aside:
            log.error("a command is left out: %s", aside)
        doorman = Doorman(store.record, self._clock, self.metrics)
        self._people = people = PeopleSide(
            self._settings, slack, ports, book.verbs, store.inbox, self._clock, doorman
        )
        return doorman, people

    async def _start_engine(self, store: Store, ports: Ports) -> ObligationRunner:
        """The engine with every flow, and what runs in it that is owed."""
        own = {**flows_for(ports), **doctor_flow(self._settings, ports)}
        flows = traced_flows({**own, **self._more_flows(ports)})
        self._engine = DbosEngine(places(self._settings).engine_url, flows)
        await self._engine.start()
        one_step = {*self._one_step, PURPOSE}
        return ObligationRunner(
            record=store.record, engine=self._engine, clock=self._clock,
            observe=self.metrics.flow,
            one_step={name: flow for name, flow in flows.items() if name in one_step},
        )  # fmt: skip

    def _watch_pagers(self) -> None:
        polled = self._settings.poll_every.total_seconds()
        pace = SWEEP_EVERY if self._settings.intake == "webhook" else polled
        for watch in self._watches:
            self._run(every(pace, self._clock, watch.look, self._stopping))

    def _parsers(self) -> dict[str, Parse]:
        parsers: dict[str, Parse] = {}
        for known in self._settings.integrations:
            webhook = known.integration.webhook
            if webhook is not None:
                parsers[known.name] = _parser(webhook)
            if known.integration.polled is not None:
                parsers[f"{known.name}.poll"] = _polled(known.integration.polled)
        return parsers

    async def _open_doors(
        self, store: Store, ports: Ports, slack: SlackSide, people: PeopleSide, doorman: Doorman
    ) -> None:
        settings, clock = self._settings, self._clock
        doors: dict[str, DoorHandler | SlackDoor] = dict(people.doors)
        for known in settings.integrations:
            webhook = known.integration.webhook
            if webhook is not None:
                known_by = [s for found in known.found if found.wanted.name == "webhook_secret"
                            for s in found.secrets]  # fmt: skip
                door = webhook_door(known.name, webhook, known_by, settings.body_limit)
                handler = DoorHandler(door, store.inbox, clock, doorman)
                doors[f"/webhooks/{known.name}"] = handler
        health = Health(
            intake=self._intake_checks(store), people=self._people_checks(slack, people),
            metrics=self.metrics.text,
        )  # fmt: skip
        upkeep = Upkeep(
            ports=ports, inbox=store.inbox, http=self._http, metrics=self.metrics,
            health=health, stuck_after=settings.delivery_stuck_after,
            heartbeat=settings.heartbeat_url, engine=self._engine, gateway=slack.gateway,
            socket=people.socket,
        )  # fmt: skip
        self._upkeep = upkeep
        self._server = Server(build_app(doors, health), settings.host, settings.port)
        await self._server.start()
        self._run(
            every(_watch_every(settings), clock, upkeep.watch, self._stopping),
            every(60.0, clock, upkeep.beat, self._stopping),
            every(86400.0, clock, upkeep.forget, self._stopping),
        )  # fmt: skip

    def _intake_checks(self, store: Store) -> tuple[Check, ...]:
        async def record() -> str:
            await store.record.probe()
            return ""

        async def inbox() -> str:
            try:
                await store.inbox.probe()
            except InboxUnavailable as unavailable:
                return str(unavailable)
            waiting, limit = await store.inbox.backlog(), self._settings.backlog_limit
            return f"{waiting} of {limit} places taken" if waiting >= limit else ""

        return (Check(name="record", ask=record), Check(name="inbox", ask=inbox))

    def _people_checks(self, slack: SlackSide, people: PeopleSide) -> tuple[Check, ...]:
        async def delivery() -> str:
            stuck = len(self._upkeep.stuck)
            return f"{stuck} rooms are overdue" if stuck else ""

        asked = [Check(name="pager", ask=watch.problem) for watch in self._watches]
        return (
            Check(name="slack", ask=slack.problem), Check(name="socket mode", ask=people.problem),
            Check(name="delivery", ask=delivery), *asked,
        )  # fmt: skip

    def _run(self, *jobs: Coroutine[Any, Any, None]) -> None:
        self._tasks += [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        """Close the doors first, then what stands behind them; unfinished work stays owed."""
        if self._people:
            await self._people.stop()
        if self._server:
            await self._server.stop()
        self._stopping.begin()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._engine:
            await self._engine.stop()
        if self._painter:
            await self._painter.close()
        if self._slack:
            await self._slack.close()
        await self._http.close()
        if self._store:
            await self._store.close()
        if self._postgres:
            await self._postgres.release()
        if self._lock:
            self._lock.release()
