"""A sandbox PagerDuty with a door for its webhooks, and the pager and the feed that ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.event import AlertEvent
from opsbot.http_client import AiohttpClient
from opsbot.integrations import Wiring
from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.ports import AlertFeed, Delivery, Done, Pager
from opsbot.sandbox.clock import ManualClock
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.world import API_TOKEN
from tests.integrations.stage import StageSecret, outgoing
from tests.sandbox.world_rig import ANCHOR, QUICK, Receiver, Rig, receiver, running

STATE = "incident.updated"


@dataclass(slots=True)
class RigClock:
    """The world's clock, as opsbot asks for the time."""

    clock: ManualClock

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(slots=True, kw_only=True)
class Both:
    """PagerDuty told by webhook and asked by REST; `heard` holds what asking has told, by key."""

    rig: Rig
    door: Receiver
    http: AiohttpClient
    feed: AlertFeed = field(init=False)
    heard: dict[str, AlertEvent] = field(default_factory=dict[str, AlertEvent])

    @property
    def pagerduty(self) -> PagerDutyServer:
        return self.rig.world.pagerduty

    def wiring(self, key: str = API_TOKEN) -> Wiring:
        secrets = {"api_token": [StageSecret(key)]}
        return Wiring(http=self.http, clock=RigClock(self.rig.clock), secrets=secrets)

    def pager(self, key: str = API_TOKEN, **settings: Any) -> Pager:
        """A pager with these settings and this key."""
        assert INTEGRATION.pager is not None
        chosen = {"api_url": self.rig.urls.pagerduty, **settings}
        return INTEGRATION.pager(INTEGRATION.settings.model_validate(chosen), self.wiring(key))

    async def deliveries(
        self, *alert_ids: str, since: datetime = ANCHOR, feed: AlertFeed | None = None
    ) -> tuple[Delivery, ...]:
        """What one look gives."""
        outcome = await (feed or self.feed).look(since=since, alert_ids=alert_ids)
        assert isinstance(outcome, Done), outcome
        return outcome.value

    async def ask(self, *alert_ids: str, since: datetime = ANCHOR) -> list[AlertEvent]:
        """What is new since the last time, as an inbox would let it through."""
        assert INTEGRATION.polled is not None
        new = [
            one
            for one in await self.deliveries(*alert_ids, since=since)
            if one.key not in self.heard
        ]
        events = [INTEGRATION.polled.parse(one.body) for one in new]
        self.heard |= {one.key: event for one, event in zip(new, events, strict=True)}
        return [event for event in events if event.type != STATE]

    async def told(self) -> list[AlertEvent]:
        """Everything the webhooks have told."""
        assert INTEGRATION.webhook is not None
        await self.pagerduty.settled()
        return [INTEGRATION.webhook.parse(one.body) for one in self.door.got]

    def pass_(self, minutes: float) -> datetime:
        """Let time go by; gives when it is then."""
        self.rig.clock.advance(timedelta(minutes=minutes).total_seconds())
        return self.rig.clock.now()


@asynccontextmanager
async def both(**options: Any) -> AsyncGenerator[Both]:
    """Run the sandbox PagerDuty, a door that takes its webhooks, and a feed."""
    async with (
        running(schedule=QUICK, **options) as rig,
        receiver() as door,
        outgoing() as http,
    ):
        rig.world.pagerduty.subscribe(door.url, "s")
        rig.clock.advance(0.6)  # webhooks have milliseconds, the log has not
        stage = Both(rig=rig, door=door, http=http)
        stage.feed = feed_of(stage)
        yield stage


def feed_of(stage: Both) -> AlertFeed:
    """A feed that has not looked yet."""
    assert INTEGRATION.polled is not None
    settings = INTEGRATION.settings.model_validate({"api_url": stage.rig.urls.pagerduty})
    return INTEGRATION.polled.feed(settings, stage.wiring())


def types(events: Sequence[AlertEvent]) -> list[str]:
    """The types of events without their prefix."""
    return [event.type.removeprefix("incident.") for event in events]
