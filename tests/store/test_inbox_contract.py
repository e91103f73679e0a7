"""The contract of ports.Inbox, kept on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from opsbot.ports import Delivery, Inbox, InboxFull, InboxUnavailable
from opsbot.store.inbox import open_inbox
from opsbot.store.inbox_gate import LARGEST_ANSWER
from opsbot.store.inbox_postgres import PostgresInbox
from opsbot.store.inbox_sqlite import SqliteInbox
from tests.fakes.clock import ManualClock
from tests.store.conftest import inbox_url
from tests.store.drafts import T0

StoredInbox = SqliteInbox | PostgresInbox


def delivery(key: str, *, door: str = "pagerduty", lane: str = "machine",
             body: bytes = b"{}") -> Delivery:  # fmt: skip
    return Delivery(
        door=door, key=key, received_at=T0, body=body, headers={"X-Webhook-Id": key}, lane=lane
    )


async def test_a_delivery_comes_back_as_it_came(inbox: StoredInbox) -> None:
    """Raw bytes, headers and time; nothing is decoded or tidied."""
    sent = delivery("a", body=b"\x00\xff{not json")
    assert await inbox.put(sent)
    (pending,) = await inbox.pending()
    assert pending.delivery == sent


async def test_a_key_that_was_here_before_is_said_to_be(inbox: StoredInbox) -> None:
    """Also after it was handled; the same key at another door is another delivery."""
    assert await inbox.put(delivery("a"))
    assert not await inbox.put(delivery("a", body=b"other"))
    assert await inbox.put(delivery("a", door="slack.event"))
    await inbox.handled([one.id for one in await inbox.pending()])
    assert not await inbox.put(delivery("a"))
    assert list(await inbox.pending()) == []


async def test_the_same_key_many_times_at_once_is_new_once(inbox: StoredInbox) -> None:
    answers = await asyncio.gather(*(inbox.put(delivery("a")) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]
    assert len(await inbox.pending()) == 1


async def test_people_go_ahead_of_machines(inbox: StoredInbox) -> None:
    for key, lane in (("a", "machine"), ("b", "person"), ("c", "machine"), ("d", "person")):
        await inbox.put(delivery(key, lane=lane))
    assert [one.delivery.key for one in await inbox.pending()] == ["b", "d", "a", "c"]
    assert [one.delivery.key for one in await inbox.pending(limit=3)] == ["b", "d", "a"]


async def test_each_lane_can_be_asked_for_alone(any_inbox: Inbox) -> None:
    """Oldest first, as many as wanted of that lane, however much waits in the other."""
    for number in range(3):
        await any_inbox.put(delivery(f"m{number}", lane="machine"))
        await any_inbox.put(delivery(f"p{number}", lane="person"))
    people = await any_inbox.pending(lane="person")
    machines = await any_inbox.pending(2, lane="machine")
    assert [one.delivery.key for one in people] == ["p0", "p1", "p2"]
    assert [one.delivery.key for one in machines] == ["m0", "m1"]
    assert len(await any_inbox.pending()) == 6


async def test_a_lane_forgets_what_was_handled_or_put_aside(any_inbox: Inbox) -> None:
    for key in "abc":
        await any_inbox.put(delivery(key, lane="person"))
    one, two, three = await any_inbox.pending(lane="person")
    await any_inbox.handled([one.id])
    await any_inbox.quarantine(two.id, "odd")
    assert list(await any_inbox.pending(lane="person")) == [three]
    assert list(await any_inbox.pending(lane="machine")) == []


async def test_what_is_handled_is_no_longer_pending(inbox: StoredInbox) -> None:
    await inbox.put(delivery("a"))
    await inbox.put(delivery("b"))
    first, second = await inbox.pending()
    await inbox.handled([first.id], note="opened inc-1")
    assert list(await inbox.pending()) == [second]
    assert await inbox.backlog() == 1


async def test_what_could_not_be_taken_is_kept_whole(inbox: StoredInbox) -> None:
    await inbox.put(delivery("a", body=b"odd"))
    (odd,) = await inbox.pending()
    await inbox.quarantine(odd.id, "ValueError")
    assert list(await inbox.pending()) == []
    assert await inbox.backlog() == 0
    assert list(await inbox.quarantined()) == [(odd, "ValueError")]


async def test_what_was_put_aside_can_be_taken_again(inbox: StoredInbox) -> None:
    await inbox.put(delivery("a"))
    (odd,) = await inbox.pending()
    await inbox.quarantine(odd.id, "ValueError")
    assert await inbox.release([odd.id, 12345]) == 1
    assert list(await inbox.pending()) == [odd]
    assert await inbox.backlog() == 1
    assert list(await inbox.quarantined()) == []


async def test_only_old_and_handled_deliveries_are_forgotten(
    inbox: StoredInbox, clock: ManualClock
) -> None:
    """Whoever sends a forgotten key again is believed to be new."""
    for key in "abc":
        await inbox.put(delivery(key))
    one, two, _ = await inbox.pending()
    await inbox.handled([one.id])
    await inbox.quarantine(two.id, "odd")
    clock.advance(days=31)
    assert await inbox.forget(clock.now() - timedelta(days=30)) == 1
    assert await inbox.put(delivery("a"))
    assert not await inbox.put(delivery("b"))
    assert not await inbox.put(delivery("c"))


async def test_a_full_inbox_refuses_at_once(inbox: StoredInbox) -> None:
    """Ten fit; refused is not kept; there is room again once something was handled."""
    answers = await asyncio.gather(
        *(inbox.put(delivery(f"k{number}")) for number in range(25)), return_exceptions=True
    )
    assert [type(one) for one in answers] == [bool] * 10 + [InboxFull] * 15
    await inbox.handled([(await inbox.pending())[0].id])
    assert await inbox.put(delivery("k20"))
    with pytest.raises(InboxFull):
        await inbox.put(delivery("k21"))


async def test_a_backlog_is_found_again(store_url: str, tmp_path: Path, clock: ManualClock) -> None:
    """What was not handled is pending after a restart, and counts."""
    url = inbox_url(store_url, tmp_path)
    before = await open_inbox(url, clock=clock)
    await before.put(delivery("a"))
    await before.close()
    after = await open_inbox(url, clock=clock)
    assert await after.backlog() == 1
    await after.wait(5)  # there is something to do at once
    assert [one.delivery.key for one in await after.pending()] == ["a"]
    await after.close()


async def test_waiting_ends_when_something_comes(inbox: StoredInbox) -> None:
    waiting = asyncio.create_task(inbox.wait(30))
    await asyncio.sleep(0)
    await inbox.put(delivery("a"))
    await asyncio.wait_for(waiting, 5)


async def test_what_came_before_the_wait_is_not_slept_through(inbox: StoredInbox) -> None:
    await inbox.put(delivery("a"))
    await asyncio.wait_for(inbox.wait(30), 5)
    before = asyncio.get_running_loop().time()
    await inbox.wait(0.05)  # nothing new: it lasts as long as was said
    assert asyncio.get_running_loop().time() - before >= 0.04


async def test_a_closed_inbox_refuses(inbox: StoredInbox) -> None:
    await inbox.close()
    with pytest.raises(InboxUnavailable):
        await inbox.put(delivery("a"))


async def test_closing_finishes_what_is_queued(
    store_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    url = inbox_url(store_url, tmp_path)
    inbox = await open_inbox(url, clock=clock)
    putting = [asyncio.create_task(inbox.put(delivery(f"k{number}"))) for number in range(50)]
    await asyncio.sleep(0)
    await inbox.close()
    assert await asyncio.gather(*putting) == [True] * 50
    again = await open_inbox(url, clock=clock)
    assert await again.backlog() == 50
    await again.close()


async def test_a_storm_is_committed_in_few_transactions(
    store_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """Group commit: 400 deliveries that are there at once need no 400 syncs."""
    inbox = await open_inbox(inbox_url(store_url, tmp_path), clock=clock)
    before = inbox.commits
    await asyncio.gather(*(inbox.put(delivery(f"k{number}")) for number in range(400)))
    assert inbox.commits - before < 40
    assert await inbox.backlog() == 400
    await inbox.close()


async def test_a_putter_that_goes_away_does_not_disturb_the_others(inbox: StoredInbox) -> None:
    """Its delivery is kept all the same: it may have been acknowledged by nobody, but not lost."""
    going = asyncio.create_task(inbox.put(delivery("a")))
    staying = asyncio.create_task(inbox.put(delivery("b")))
    await asyncio.sleep(0)
    going.cancel()
    assert await staying
    assert len(await inbox.pending()) == await inbox.backlog() == 2


async def test_any_key_and_header_a_sender_can_send_is_kept(inbox: StoredInbox) -> None:
    hostile = "a\x00b\ud800c\x1a0041"
    sent = Delivery(
        door="pagerduty", key=hostile, received_at=T0, body=b"", headers={hostile: hostile}
    )
    assert await inbox.put(sent)
    assert not await inbox.put(sent)
    (pending,) = await inbox.pending()
    assert pending.delivery == sent
    assert await inbox.put(delivery("k" * 1_000_000))
    assert not await inbox.put(delivery("k" * 1_000_000))


async def test_an_answer_never_fills_the_memory(inbox: StoredInbox) -> None:
    """A batch stops at some megabytes, but always holds one delivery."""
    large = b"x" * (LARGEST_ANSWER // 2 + 1)
    for key in "abc":
        await inbox.put(delivery(key, body=large))
    assert [one.delivery.key for one in await inbox.pending()] == ["a"]
    await inbox.handled([1])
    assert [one.delivery.key for one in await inbox.pending()] == ["b"]


async def test_a_probe_leaves_no_trace_for_anybody(inbox: StoredInbox) -> None:
    """However often: nothing waits, nothing is woken, no room is taken."""
    for _ in range(12):
        await inbox.probe()
    assert (list(await inbox.pending()), await inbox.backlog()) == ([], 0)
    assert await inbox.put(delivery("a"))
    assert [one.delivery.key for one in await inbox.pending()] == ["a"]


async def test_a_closed_inbox_fails_its_probe(inbox: StoredInbox) -> None:
    await inbox.close()
    with pytest.raises(InboxUnavailable):
        await inbox.probe()
