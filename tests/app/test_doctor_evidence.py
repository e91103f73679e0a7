"""The doctor at the evidence sources and the clocks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from opsbot.app.doctor import Verdict
from opsbot.app.doctor.evidence import busiest
from opsbot.core.service import Catalogue, Service
from opsbot.sandbox.faults import DOWN, EMPTY, error
from tests.app.clinic import Clinic, clinic


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


@pytest.mark.parametrize("source", ["prometheus", "loki", "tempo"])
async def test_a_source_that_answers_says_the_age_of_its_newest_datum(
    at: Clinic, source: str
) -> None:
    found = await at.find(f"evidence.{source}")
    assert (found.verdict, "newest datum" in found.said) == (Verdict.OK, True), found


async def test_a_loki_that_cannot_be_reached_is_bad(at: Clinic) -> None:
    await at.stage.world.set_fault("loki", DOWN)
    found = await at.find("evidence.loki")
    assert found.verdict is Verdict.BAD
    assert "integrations.loki" in found.fix


async def test_a_source_that_refuses_our_secret_says_so(at: Clinic) -> None:
    await at.stage.world.set_fault("prometheus", error(401))
    found = await at.find("evidence.prometheus")
    assert (found.verdict, "401" in found.said) == (Verdict.BAD, True)


async def test_logs_that_fell_silent_are_worth_a_look(tmp_path: Path) -> None:
    async with clinic(tmp_path, "memory-limit") as at:
        found = await at.find("evidence.loki")
        assert (found.verdict, "silent since" in found.said) == (Verdict.WARN, True)


async def test_a_source_that_knows_no_name_of_ours_is_worth_a_look(at: Clinic) -> None:
    await at.stage.world.set_fault("prometheus", EMPTY)
    found = await at.find("evidence.prometheus")
    assert (found.verdict, "service_label" in found.said) == (Verdict.WARN, True)


async def test_pagerduty_is_asked_about_its_newest_incident(at: Clinic) -> None:
    assert "no incident lately" in (await at.find("evidence.pagerduty")).said
    (subscription,) = at.pagerduty.subscriptions
    subscription.active = False  # nobody is there to take the webhook
    await at.pagerduty.trigger()
    found = await at.find("evidence.pagerduty")
    assert (found.verdict, "newest datum" in found.said) == (Verdict.OK, True)


async def test_without_a_catalogue_no_source_can_be_asked(tmp_path: Path) -> None:
    async with clinic(tmp_path, services=None) as at:
        found = await at.find("evidence.loki")
        assert (found.verdict, "opsbot init" in found.fix) == (Verdict.SKIPPED, True)


def test_the_services_that_most_others_call_are_asked_about() -> None:
    calls = {"a": ("c", "d"), "b": ("c",), "c": (), "d": ()}
    services = tuple(Service(name=n, depends_on=d, repository="o/r") for n, d in calls.items())
    assert [s.name for s in busiest(Catalogue(services=services), 2)] == ["c", "d"]
    without = tuple(replace(s, repository="") if s.name == "c" else s for s in services)
    assert [s.name for s in busiest(Catalogue(services=without), 1)] == ["d"]


@pytest.mark.parametrize(
    ("off", "verdict", "words"),
    [
        (timedelta(0), Verdict.OK, "within a second"),
        (timedelta(seconds=45), Verdict.WARN, "ahead of"),
        (timedelta(seconds=-45), Verdict.WARN, "behind"),
        (timedelta(minutes=4), Verdict.BAD, "signatures are refused"),
    ],
)
@pytest.mark.parametrize("whose", ["slack", "pagerduty"])
async def test_a_clock_that_is_off_is_told_before_it_refuses_clicks(
    at: Clinic, whose: str, off: timedelta, verdict: Verdict, words: str
) -> None:
    found = await at.find(f"clock.{whose}", off=off)
    assert (found.verdict, words in found.said) == (verdict, True), found
    assert ("NTP" in found.fix) is (verdict is not Verdict.OK)


async def test_a_system_that_is_away_tells_no_time(at: Clinic) -> None:
    await at.stage.world.set_fault("pagerduty", DOWN)
    assert (await at.find("clock.pagerduty")).verdict is Verdict.SKIPPED
