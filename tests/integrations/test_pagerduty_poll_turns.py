"""Whose turn it is at a look: pages that are new here first, whatever else is open or whoever's
clock is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.integrations.pagerduty.poll import PagerDutyFeed
from opsbot.integrations.pagerduty.their_time import TheirTime
from opsbot.integrations.pagerduty.turns import ROUND, Turns
from opsbot.ports import AlertFeed, HttpAnswer
from opsbot.sandbox.pagerduty_incident import Incident
from tests.fakes.clock import ManualClock
from tests.integrations.pagerduty_stage import Both, both, feed_of, types
from tests.integrations.stage import StageClock, wiring
from tests.sandbox.world_rig import ANCHOR


async def standing(stage: Both, number: int) -> tuple[list[Incident], datetime]:
    """Open incidents that a first look has seen, of which nothing has been told for two days."""
    stage.pagerduty.set_escalation_delay(None)
    incidents = await stage.pagerduty.synthetic_incidents(number)
    since = stage.pass_(60 * 48)
    await stage.deliveries(*(one.id for one in incidents), since=since)
    stage.pass_(1)
    return incidents, since


async def test_a_new_page_does_not_wait_behind_open_ones_and_those_cost_next_to_nothing() -> None:
    """The pages of two lists, the new page's log and notes, and a few of the others in turn."""
    async with both() as stage:
        incidents, since = await standing(stage, 300)
        fresh = await stage.pagerduty.trigger()
        stage.pagerduty.seen.clear()
        found = await stage.deliveries(*(one.id for one in incidents), since=since)
    assert f"{fresh.id}:{fresh.log[0].id}" in [one.key for one in found]
    lists = [one for one in stage.pagerduty.seen if one.path == "/incidents"]
    assert len(lists) == 5
    assert len(stage.pagerduty.seen) == len(lists) + 2 * (1 + ROUND)


async def test_a_new_page_comes_before_changes_of_what_is_held_here() -> None:
    """Also when a look has no room for all of them; the changes come at the next ones."""
    async with both() as stage:
        feed = feed_of(stage)
        assert isinstance(feed, PagerDutyFeed)
        feed.most, stage.feed = 3, feed
        incidents, since = await standing(stage, 5)
        for one in incidents:
            await stage.pagerduty.acknowledge(one, "Robin Sample")
        await stage.pagerduty.trigger()
        held = [one.id for one in incidents]
        first = types(await stage.ask(*held, since=since))
        second = types(await stage.ask(*held, since=since))
    assert (first.count("triggered"), first.count("acknowledged")) == (1, 2)
    assert second.count("acknowledged") == 3
    assert feed.left == ()


async def test_a_note_that_changes_no_listing_is_found_in_turn() -> None:
    """Once every open incident here had its turn, however long ago the look began that did not."""
    async with both() as stage:
        incidents, _ = await standing(stage, 3 * ROUND)
        listed = incidents[-1].updated_at
        await stage.pagerduty.annotate(incidents[-1], "Robin Sample", "Found it.")
        incidents[-1].updated_at = listed
        told: list[str] = []
        for _ in range(4):
            since = stage.pass_(30)
            told += types(await stage.ask(*(one.id for one in incidents), since=since))
    assert told == ["annotated"]


def skewed(stage: Both, ahead: timedelta) -> tuple[AlertFeed, StageClock]:
    """A feed whose own clock is wrong."""
    assert INTEGRATION.polled is not None
    clock = StageClock(stage.rig.clock.now() + ahead)
    settings = INTEGRATION.settings.model_validate({"api_url": stage.rig.urls.pagerduty})
    secrets: dict[str, Any] = {"api_token": ["sandbox-api-token"]}
    return INTEGRATION.polled.feed(settings, wiring(stage.http, secrets, clock=clock)), clock


@pytest.mark.parametrize("minutes", [-2000, -30, 0, 12, 30, 2000])
async def test_a_page_is_heard_by_a_clock_that_is_wrong(minutes: int) -> None:
    """PagerDuty's own Date tells which time it is there; old pages stay untold all the same."""
    async with both() as stage:
        stage.pagerduty.set_escalation_delay(None)
        old = await stage.pagerduty.trigger()
        stage.pass_(60)
        feed, clock = skewed(stage, timedelta(minutes=minutes))
        first = await stage.deliveries(feed=feed, since=clock.now() - timedelta(minutes=10))
        stage.pass_(1)
        fresh = await stage.pagerduty.trigger()
        clock.at += timedelta(minutes=1)
        found = await stage.deliveries(feed=feed, since=clock.now() - timedelta(minutes=10))
    assert first == ()
    assert old.id not in {one.key.partition(":")[0] for one in found}
    assert f"{fresh.id}:{fresh.log[0].id}" in [one.key for one in found]


def incident(ident: str, at: datetime, **more: Any) -> dict[str, Any]:
    """An open incident as a list has it."""
    return {"id": ident, "status": "triggered", "created_at": at.isoformat(), **more}


def looked(turns: Turns, listed: dict[str, Any], *held: str) -> dict[str, datetime]:
    """One look that comes to all it has to: its news."""
    plan = turns.plan(listed, ANCHOR, held)
    done = {one: listed.get(one, {}) for one in (*plan.news, *plan.quiet)}
    turns.keep(plan, listed, done, failed=(), gone=(), told_from=ANCHOR, now=ANCHOR)
    return dict(plan.news)


@pytest.mark.parametrize("before", [timedelta(minutes=30), timedelta(days=9)])
def test_what_appears_between_two_looks_is_news_whatever_its_times_say(before: timedelta) -> None:
    """Its trigger is told; what was listed at the first look is known, and no news."""
    turns, at = Turns(), ANCHOR - before
    first = {"QOLD": incident("QOLD", at)}
    assert looked(turns, first) == {}
    assert looked(turns, {**first, "QNEW": incident("QNEW", at)}) == {"QNEW": at}
    assert looked(turns, first) == {}


def test_any_change_of_a_listing_is_news_and_so_is_leaving_the_list_of_open_ones() -> None:
    """Also by a status alone; what is held here and no longer listed has been resolved."""
    turns, at = Turns(), ANCHOR - timedelta(days=2)
    listed = {"QHELD": incident("QHELD", at), "QELSE": incident("QELSE", at)}
    assert looked(turns, listed, "QHELD") == {}
    for change in (
        {"status": "acknowledged"},
        {"priority": {"summary": "P1"}},
        {"updated_at": "x"},
    ):
        listed = {**listed, "QHELD": {**listed["QHELD"], **change}}
        assert list(looked(turns, listed, "QHELD")) == ["QHELD"]
        assert looked(turns, listed, "QHELD") == {}
    assert list(looked(turns, {}, "QHELD")) == ["QHELD"]
    assert looked(turns, {}, "QHELD") == {}


@given(date=st.text(max_size=40) | st.just("Mon, 01 Jan 0001 00:00:00 +2359"), age=st.text())
def test_a_date_that_is_none_leaves_the_clock_alone(date: str, age: str) -> None:
    """So does one that is a week off: that is a broken proxy's."""
    times = TheirTime(ManualClock())
    times.note(HttpAnswer(status=200, headers={"date": date, "age": age}, body=b""))
    assert abs(times.ahead) <= timedelta(days=7)


def test_an_answer_from_a_cache_tells_the_time_by_its_age_too() -> None:
    """`Age` is in seconds (RFC 9111); the clock stands at 14:00:00."""
    times = TheirTime(ManualClock())
    headers = {"date": "Sun, 22 Nov 2026 13:40:00 GMT", "age": "300"}
    times.note(HttpAnswer(status=200, headers=headers, body=b""))
    assert times.ahead == timedelta(minutes=15)
