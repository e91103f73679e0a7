"""Asking the pager: how far back, about whom, what is tried again, and what is said of webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from opsbot.app.pager_watch import LOOKS_BACK, OVERLAP, PROBLEM_EVERY, PagerWatch
from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import Incident
from opsbot.flows.intake import LOCK, take
from opsbot.ports import Delivery, Done, Outcome, Refused, Unsure
from opsbot.store.memory import MemoryRecord
from tests.core.story import event, rules
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox

AWAY = Refused(error="HTTP 503", cure="wait", retry_after=timedelta(seconds=5))


class Feed:
    """A pager that tells what it was given, and keeps what it was asked."""

    def __init__(self) -> None:
        self.told: list[Delivery] = []
        self.looks: list[tuple[datetime, tuple[str, ...]]] = []
        self.answer: Refused | Unsure | None = None
        self.trouble: Outcome[str] = Done(value="")
        self.asked_trouble = 0

    async def look(
        self, *, since: datetime, alert_ids: Sequence[str]
    ) -> Outcome[tuple[Delivery, ...]]:
        self.looks.append((since, tuple(alert_ids)))
        return self.answer or Done(value=tuple(self.told))

    async def problem(self) -> Outcome[str]:
        self.asked_trouble += 1
        return self.trouble


class Watched:
    """A watch between fakes."""

    def __init__(self, *, webhooks: bool = True) -> None:
        self.clock, self.feed, self.inbox = ManualClock(), Feed(), MemoryInbox()
        self.record = MemoryRecord(self.clock)
        self.webhooks = webhooks
        self.watch = self.anew()

    def anew(self) -> PagerWatch:
        """The watch of another start."""
        return PagerWatch(
            "pagerduty", self.feed, inbox=self.inbox, record=self.record, clock=self.clock,
            webhooks=self.webhooks,
        )  # fmt: skip

    async def page(self, alert: str) -> None:
        """An incident of this alert is on the record."""
        async with self.record.transaction(LOCK) as tx:
            await take(tx, event(alert=alert), rules(), self.clock.now())

    async def said(self) -> list[str]:
        """What is owed to the ops channel."""
        due = await self.record.due(self.clock.now())
        return [owed.arguments["text"] for owed in due if owed.purpose == "tell_ops"]


def _draft(entry: Entry) -> Draft:
    return Draft(key=entry.key, occurred_at=entry.occurred_at, actor=entry.actor,
                 source=entry.source, body=entry.body)  # fmt: skip


def _line(key: str, at: datetime) -> Delivery:
    return Delivery(door="pagerduty.poll", key=key, received_at=at, body=b"{}", headers={})


async def test_a_new_installation_opens_no_rooms_for_yesterday():
    watched = Watched()
    await watched.watch.look()
    assert watched.feed.looks == [(watched.clock.now() - OVERLAP, ())]


async def test_after_a_restart_it_asks_for_a_day_and_for_the_alerts_it_holds():
    watched = Watched()
    await watched.page("PINC1")
    await watched.watch.look()
    assert watched.feed.looks == [(watched.clock.now() - LOOKS_BACK, ("PINC1",))]


async def test_one_look_begins_where_the_last_one_began_and_what_is_told_twice_is_kept_once():
    watched = Watched()
    watched.feed.told = [_line("R1", watched.clock.now())]
    await watched.watch.look()
    first = watched.clock.now()
    watched.clock.advance(minutes=30)
    await watched.watch.look()
    assert watched.feed.looks[-1][0] == first - OVERLAP
    assert [pending.delivery.key for pending in await watched.inbox.pending()] == ["R1"]


@pytest.mark.parametrize("answer", [AWAY, Unsure(reason="no answer")])
async def test_a_look_that_failed_is_made_again_from_the_same_time(answer: Refused | Unsure):
    watched = Watched()
    await watched.watch.look()
    first = watched.clock.now()
    for _ in range(2):
        watched.clock.advance(minutes=30)
        watched.feed.answer = answer
        await watched.watch.look()
    watched.feed.answer = None
    await watched.watch.look()
    assert [since for since, _ in watched.feed.looks[1:]] == [first - OVERLAP] * 3


@pytest.mark.parametrize("full", [False, True], ids=["away", "full"])
async def test_what_could_not_be_stored_is_looked_for_again(full: bool):
    watched = Watched()
    await watched.watch.look()
    first = watched.clock.now()
    watched.feed.told = [_line("R1", first)]
    watched.inbox.away, watched.inbox.limit = not full, 0 if full else 1000
    watched.clock.advance(minutes=30)
    await watched.watch.look()
    assert watched.watch.last_ok_at == first
    watched.inbox.away, watched.inbox.limit = False, 1000
    watched.feed.told = []  # told once
    await watched.watch.look()
    assert watched.feed.looks[-1][0] == first - OVERLAP
    assert [pending.delivery.key for pending in await watched.inbox.pending()] == ["R1"]


async def test_while_there_is_no_room_for_what_was_told_nothing_more_is_asked():
    watched = Watched()
    watched.feed.told = [_line(f"R{number}", watched.clock.now()) for number in range(3)]
    watched.inbox.limit = 1
    for _ in range(3):
        await watched.watch.look()
    assert len(watched.feed.looks) == 1
    watched.inbox.limit = 1000
    await watched.watch.look()
    assert [one.delivery.key for one in await watched.inbox.pending()] == ["R0", "R1", "R2"]


class Unread(MemoryRecord):
    """A record whose incidents nobody may fold."""

    async def incident(self, incident_id: str) -> Incident:
        raise AssertionError(f"{incident_id} was folded")


async def test_which_alerts_are_open_is_told_without_folding_an_incident():
    """With more open incidents than the record keeps folded, each look would fold them all."""
    watched = Watched()
    for number in range(3):
        await watched.page(f"PINC{number}")
    unread = Unread(watched.clock)
    for held in await watched.record.open_incidents():
        await unread.append(held, [_draft(one) for one in await watched.record.entries(held)])
    watched.record = unread
    await watched.anew().look()
    assert watched.feed.looks[-1][1] == ("PINC0", "PINC1", "PINC2")


async def test_a_failing_poll_is_a_problem_and_a_failing_sweep_is_none():
    """Beside webhooks the sweep only repairs; alone it is how pages arrive."""
    for webhooks, problem in ((True, ""), (False, "HTTP 503")):
        watched = Watched(webhooks=webhooks)
        watched.feed.answer = AWAY
        await watched.watch.look()
        assert await watched.watch.problem() == problem
        watched.feed.answer = None
        await watched.watch.look()
        assert await watched.watch.problem() == ""


async def test_a_switched_off_subscription_is_said_once_and_again_when_it_comes_back():
    watched = Watched()
    watched.feed.trouble = Done(value="PagerDuty has switched it off.")
    for _ in range(3):
        await watched.watch.look()
        watched.clock.advance(seconds=PROBLEM_EVERY.total_seconds())
    assert len(await watched.said()) == 1
    watched.feed.trouble = Done(value="")
    await watched.watch.look()
    watched.clock.advance(seconds=PROBLEM_EVERY.total_seconds())
    watched.feed.trouble = Done(value="PagerDuty has switched it off.")
    await watched.watch.look()
    assert len(await watched.said()) == 2


async def test_starting_anew_does_not_say_the_same_again_within_the_hour():
    watched = Watched()
    watched.feed.trouble = Done(value="PagerDuty has switched it off.")
    for _ in range(4):
        await watched.anew().look()
    assert len(await watched.said()) == 1
    watched.clock.advance(hours=1)
    await watched.anew().look()
    assert len(await watched.said()) == 2


async def test_subscriptions_are_asked_for_every_five_minutes_and_never_when_polling():
    watched = Watched()
    for _ in range(10):
        await watched.watch.look()
        watched.clock.advance(minutes=1)
    assert watched.feed.asked_trouble == 2
    polling = Watched(webhooks=False)
    await polling.watch.look()
    assert polling.feed.asked_trouble == 0


async def test_an_account_that_does_not_tell_its_subscriptions_is_no_trouble():
    watched = Watched()
    watched.feed.trouble = Refused(error="HTTP 403", cure="a key that may read them")
    await watched.watch.look()
    assert await watched.said() == []
