"""The doctor at PagerDuty: key and region, the acting user, the subscription, the on-calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from opsbot.app.clock import SystemClock
from opsbot.app.doctor import Verdict
from opsbot.sandbox.clock import SystemClock as SandboxClock
from opsbot.sandbox.faults import error
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.scenario_file import load_scenario
from tests.app.clinic import Clinic, clinic

NO_FROM = {"pagerduty": {"from_email": None}}


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


async def test_a_key_that_works_is_said_with_its_address(at: Clinic) -> None:
    found = await at.find("pagerduty.key")
    assert (found.verdict, at.stage.urls.pagerduty in found.said) == (Verdict.OK, True)


async def test_a_refused_key_names_the_region_as_a_cause(at: Clinic) -> None:
    """PagerDuty answers a key of the other region like a wrong one: 401."""
    wrong = {"PAGERDUTY_API_TOKEN": "key-of-nobody"}
    found = await at.find("pagerduty.key", environ=wrong)
    assert found.verdict is Verdict.BAD
    assert "401" in found.said
    assert "https://api.eu.pagerduty.com" in found.fix
    for name in ("pagerduty.user", "pagerduty.webhook"):
        after = await at.find(name, environ=wrong, write=True)
        assert (after.verdict, "pagerduty.key" in after.said) == (Verdict.SKIPPED, True), name


async def test_a_key_that_the_other_region_takes_is_told_where_it_belongs(at: Clinic) -> None:
    clock = SandboxClock()
    keys = {"key-of-the-other-region": None}
    scenario = load_scenario("no-culprit")
    other = PagerDutyServer(scenario, clock.now(), clock, keys=keys)
    url = await other.start()
    try:
        regions = {at.stage.urls.pagerduty: url, url: at.stage.urls.pagerduty}
        environ = {"PAGERDUTY_API_TOKEN": "key-of-the-other-region"}
        found = await at.find("pagerduty.key", environ=environ, other_region=regions)
        assert (found.verdict, f"api_url: {url}" in found.fix) == (Verdict.BAD, True)
        environ = {"PAGERDUTY_API_TOKEN": "key-of-nobody"}
        found = await at.find("pagerduty.key", environ=environ, other_region=regions)
        assert (found.verdict, "does not take it either" in found.fix) == (Verdict.BAD, True)
    finally:
        await other.stop()


async def test_a_pagerduty_that_is_away_is_told_from_a_wrong_key(at: Clinic) -> None:
    await at.stage.world.set_fault("pagerduty", error(503))
    found = await at.find("pagerduty.key")
    assert (found.verdict, "503" in found.said, "401" in found.said) == (Verdict.BAD, True, False)


async def test_without_pagerduty_or_its_key_nothing_is_asked(tmp_path: Path) -> None:
    async with clinic(tmp_path / "a", integrations={"pagerduty": None}) as at:
        for name in ("pagerduty.key", "pagerduty.user", "pagerduty.webhook", "people.on_call"):
            assert (await at.find(name)).verdict is Verdict.SKIPPED
    async with clinic(tmp_path / "b") as at:
        found = await at.find("pagerduty.webhook", environ={"PAGERDUTY_API_TOKEN": ""})
        assert (found.verdict, "PAGERDUTY_API_TOKEN" in found.fix) == (Verdict.SKIPPED, True)


async def test_the_user_notes_are_written_as_is_looked_up(at: Clinic) -> None:
    found = await at.find("pagerduty.user")
    assert (found.verdict, "opsbot@example.com" in found.said) == (Verdict.OK, True)


async def test_an_address_that_no_user_has_is_bad(tmp_path: Path) -> None:
    async with clinic(tmp_path, integrations={"pagerduty": {"from_email": "x@example.org"}}) as at:
        found = await at.find("pagerduty.user")
        assert (found.verdict, "from_email" in found.fix) == (Verdict.BAD, True)


async def test_a_key_of_the_account_without_an_address_cannot_write(tmp_path: Path) -> None:
    async with clinic(tmp_path, integrations=NO_FROM) as at:
        found = await at.find("pagerduty.user")
        assert (found.verdict, "from_email" in found.fix) == (Verdict.WARN, True)


async def test_a_subscription_that_is_on_is_well_and_its_secret_unproven(at: Clinic) -> None:
    found = await at.find("pagerduty.webhook")
    assert found.verdict is Verdict.OK
    assert "unproven" in found.said
    assert not at.pagerduty.deliveries


async def test_a_subscription_that_was_switched_off_is_bad(at: Clinic) -> None:
    (subscription,) = at.pagerduty.subscriptions
    subscription.disabled_until = SystemClock().now() + timedelta(hours=3)
    found = await at.find("pagerduty.webhook")
    assert (found.verdict, "switched" in found.said) == (Verdict.BAD, True)
    subscription.disabled_until, subscription.active = None, False
    assert (await at.find("pagerduty.webhook")).verdict is Verdict.BAD


async def test_without_a_subscription_to_us_no_page_arrives(at: Clinic) -> None:
    (subscription,) = at.pagerduty.subscriptions
    subscription.url = "http://127.0.0.1:1/somewhere/else"
    found = await at.find("pagerduty.webhook")
    assert (found.verdict, "/webhooks/pagerduty" in found.said) == (Verdict.BAD, True)
    assert found.fix


async def test_a_subscription_to_another_host_than_ours_does_not_count(at: Clinic) -> None:
    found = await at.find("pagerduty.webhook", url="https://opsbot.example.com")
    assert found.verdict is Verdict.BAD
    assert "https://opsbot.example.com/webhooks/pagerduty" in found.said


async def test_a_subscription_without_pages_is_bad(at: Clinic) -> None:
    (subscription,) = at.pagerduty.subscriptions
    subscription.events = ("incident.resolved",)
    found = await at.find("pagerduty.webhook")
    assert (found.verdict, "incident.triggered" in found.said) == (Verdict.BAD, True)


async def test_a_subscription_that_leaves_out_less_is_worth_a_look(at: Clinic) -> None:
    """Pages come; what people do at PagerDuty afterwards does not."""
    (subscription,) = at.pagerduty.subscriptions
    subscription.events = ("incident.triggered",)
    found = await at.find("pagerduty.webhook")
    assert (found.verdict, "incident.acknowledged" in found.said) == (Verdict.WARN, True)


async def test_the_on_calls_of_a_tidy_company_all_have_accounts(at: Clinic) -> None:
    found = await at.find("people.on_call")
    assert found.verdict is Verdict.OK
    number = len({name for team in at.stage.scenario.teams for level in team.levels
                  for name in level})  # fmt: skip
    assert f"{number} of {number} on-calls have a Slack account" in found.said


async def test_on_calls_without_an_account_are_named_with_the_reason(tmp_path: Path) -> None:
    async with clinic(tmp_path, "connection-pool") as at:
        found = await at.find("people.on_call")
        assert found.verdict is Verdict.WARN
        assert "Eli Dummy" in found.said
        assert "no active Slack account has their pager address" in found.said
        assert "Gale Sketch (they are a single-channel guest" in found.said
        assert "slack.people" in found.fix


async def test_a_person_who_is_mapped_by_hand_counts_as_found(tmp_path: Path) -> None:
    async with clinic(tmp_path / "a", "connection-pool") as at:
        (eli,) = [p for p in at.stage.scenario.people if p.name == "Eli Dummy"]
    people = {eli.email: "U0ELIDUMMY"}
    async with clinic(tmp_path / "b", "connection-pool", slack={"people": people}) as at:
        assert "Eli Dummy" not in (await at.find("people.on_call")).said


async def test_no_more_people_are_looked_up_than_slack_bears(at: Clinic) -> None:
    found = await at.find("people.on_call", most_people=3)
    assert at.calls("users.lookupByEmail") == 3
    assert "asked for 3 of" in found.said


async def test_poll_needs_no_webhook(tmp_path: Path) -> None:
    async with clinic(tmp_path, intake="poll") as at:
        found = await at.find("pagerduty.webhook")
        assert (found.verdict, "poll" in found.said) == (Verdict.SKIPPED, True)
