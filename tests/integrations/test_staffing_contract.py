"""The contract suite of Staffing on the fake and on PagerDuty's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.ports import Staffing
from tests.fakes.staffing import FakeStaffing
from tests.integrations.pagerduty_stage import Both, both
from tests.integrations.staffing_contract import StaffingContract, World
from tests.integrations.test_pager_contract import LosingAnswers

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SERVICE, POLICY = "PSVC1", ("PPOL1", "Checkout on call")


class FakeWorld:
    """A FakeStaffing as the contract suite wants it."""

    service_id, policy = SERVICE, POLICY

    def __init__(self) -> None:
        self.staffing = fake = FakeStaffing()
        fake.add_policy(*POLICY, SERVICE)
        end = NOW + timedelta(hours=4)
        for number, (name, level) in enumerate(
            (("Robin Sample", 1), ("Kim Example", 1), ("Noor Fixture", 2), ("Alex Placeholder", 3))
        ):
            email = f"{name.replace(' ', '.').lower()}@example.com"
            person = fake.add_user(f"PUSER{number}", name, email)
            always = level == 3
            fake.put_on_call(
                POLICY[0], person, level, until=None if always else end,
                schedule="" if always else "Checkout weekly",
            )  # fmt: skip

    async def trigger(self) -> str:
        self.staffing.alerts.add("QINC1")
        return "QINC1"

    def user_id(self, name: str) -> str:
        return next(one.id for one in self.staffing.users.values() if one.name == name)

    def now(self) -> datetime:
        return NOW

    def pages(self) -> list[tuple[str, str, list[str]]]:
        sent = self.staffing.pages
        return [(one.alert_id, one.by.name, [p.name for p in one.people]) for one in sent]

    def title(self, alert_id: str) -> str:
        return next(one.paging.title for one in self.staffing.pages if one.alert_id == alert_id)

    def goes_without_responders(self) -> None:
        self.staffing.plan_has_responders = False

    def answers_get_lost(self) -> None:
        self.staffing.lose("page")


class TestFakeStaffing(StaffingContract):
    @pytest.fixture
    def world(self) -> World:
        return FakeWorld()


class PagerDutyWorld:
    """The Staffing on the sandbox PagerDuty as the contract suite wants it."""

    def __init__(self, stage: Both) -> None:
        self.stage = stage
        self.http = LosingAnswers(stage)
        team = stage.rig.world.scenario.team("checkout")
        self.policy = (team.policy_id, f"{team.name} on call")
        self.service_id = stage.rig.world.scenario.service("checkout-api").pagerduty_id
        chosen = {"api_url": stage.rig.urls.pagerduty, "from_email": "opsbot@example.com"}
        settings = INTEGRATION.settings.model_validate(chosen)
        assert INTEGRATION.staffing is not None
        made = INTEGRATION.staffing(settings, replace(stage.wiring(), http=self.http))
        assert made is not None
        self.staffing: Staffing = made

    async def trigger(self) -> str:
        return (await self.stage.pagerduty.trigger()).id

    def user_id(self, name: str) -> str:
        return self.stage.rig.world.scenario.person(name).pagerduty_id

    def now(self) -> datetime:
        return self.stage.rig.clock.now()

    def pages(self) -> list[tuple[str, str, list[str]]]:
        """Requests to join, and incidents that programs made, by their keys."""
        incidents = self.stage.pagerduty.account.incidents.values()
        asked = [
            (one.id, one.responders[0].requester.name, [r.person.name for r in one.responders])
            for one in incidents
            if one.responders
        ]
        made = [
            (one.id, one.log[0].agent.name, [person.name for person in one.assignees])
            for one in incidents
            if one.key.startswith("opsbot:")
        ]
        return [*asked, *made]

    def title(self, alert_id: str) -> str:
        return self.stage.pagerduty.account.incident(alert_id).title

    def goes_without_responders(self) -> None:
        self.stage.pagerduty.set_plan(responders=False)

    def answers_get_lost(self) -> None:
        self.http.loses = True


class TestPagerDutyOnTheSandbox(StaffingContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with both() as stage:
            yield PagerDutyWorld(stage)
