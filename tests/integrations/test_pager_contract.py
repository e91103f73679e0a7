"""The contract suite of Pager on the fake and on PagerDuty's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

import pytest

from opsbot.core.people import Person
from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.ports import HttpAnswer, HttpFailure, Pager
from opsbot.sandbox.pagerduty_incident import Incident
from tests.fakes.clock import ManualClock
from tests.fakes.pager import FakePager
from tests.integrations.pager_contract import ROBIN, PagerContract, World
from tests.integrations.pagerduty_stage import Both, both


class FakeWorld:
    """A FakePager as the contract suite wants it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.pager = FakePager(self.clock)
        self.pager.users[ROBIN] = Person(id="PROBIN", name="Robin Sample", email=ROBIN)

    async def trigger(self) -> str:
        alert_id = f"PINC{len(self.pager.alerts)}"
        self.pager.trigger(alert_id)
        return alert_id

    def robin(self) -> str:
        return "PROBIN"

    def now(self) -> datetime:
        return self.clock.now()

    def pass_(self, minutes: float) -> None:
        self.clock.advance(minutes=minutes)

    def status(self, alert_id: str) -> str:
        return self.pager.alerts[alert_id].status

    def priority(self, alert_id: str) -> str:
        return self.pager.alerts[alert_id].priority

    def notes(self, alert_id: str) -> list[tuple[str, str]]:
        done = self.pager.done("note")
        return [(one.by.name, one.value) for one in done if one.alert_id == alert_id]

    def answers_get_lost(self) -> None:
        self.pager.lose("acknowledge")


class TestFakePager(PagerContract):
    @pytest.fixture
    def world(self) -> World:
        return FakeWorld()


class LosingAnswers:
    """An Http whose writes arrive, and whose answers to them do not once it `loses`."""

    def __init__(self, stage: Both) -> None:
        self._http = stage.http
        self.loses = False

    async def request(self, method: str, url: str, **given: object) -> HttpAnswer:
        answer = await self._http.request(method, url, **given)  # type: ignore[arg-type] # passed on
        if self.loses and method != "GET":
            raise HttpFailure("no answer in time", sent=True)
        return answer


class PagerDutyWorld:
    """The pager on the sandbox PagerDuty as the contract suite wants it."""

    def __init__(self, stage: Both) -> None:
        self.stage = stage
        self.http = LosingAnswers(stage)
        assert INTEGRATION.pager is not None
        chosen = {"api_url": stage.rig.urls.pagerduty, "from_email": "opsbot@example.com"}
        settings = INTEGRATION.settings.model_validate(chosen)
        self.pager: Pager = INTEGRATION.pager(settings, replace(stage.wiring(), http=self.http))

    async def trigger(self) -> str:
        return (await self.stage.pagerduty.trigger()).id

    def robin(self) -> str:
        return self.stage.rig.world.scenario.person("Robin Sample").pagerduty_id

    def now(self) -> datetime:
        return self.stage.rig.clock.now()

    def pass_(self, minutes: float) -> None:
        self.stage.pass_(minutes)

    def _incident(self, alert_id: str) -> Incident:
        return self.stage.pagerduty.account.incident(alert_id)

    def status(self, alert_id: str) -> str:
        return self._incident(alert_id).status

    def priority(self, alert_id: str) -> str:
        return self._incident(alert_id).priority or ""

    def notes(self, alert_id: str) -> list[tuple[str, str]]:
        notes = self._incident(alert_id).notes
        return [(note.author.name if note.author else "", note.content) for note in notes]

    def answers_get_lost(self) -> None:
        self.http.loses = True


class TestPagerDutyOnTheSandbox(PagerContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with both() as stage:
            yield PagerDutyWorld(stage)
