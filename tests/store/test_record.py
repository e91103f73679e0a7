"""What the stored record promises beyond its port: one chain, flat cost, several processes."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from opsbot.core import entry as e
from opsbot.core.evidence import Window
from opsbot.core.moment import EARLIEST, LATEST
from opsbot.store.column import LONGEST_KEY
from opsbot.store.record import SqlRecord
from opsbot.store.transaction import OriginTaken
from opsbot.store.verify import verify
from tests.fakes.clock import ManualClock
from tests.fakes.keeping import keep_blob
from tests.store.conftest import OWN_SECRET, record_at
from tests.store.drafts import ANN, T0, fact, joined, note, opened


async def test_concurrent_appends_give_one_unbroken_chain(
    record: SqlRecord, other_record: SqlRecord
) -> None:
    """Forty tasks in two processes, one incident: every place is given out once."""
    await asyncio.gather(
        *(one.append("inc-1", [note(f"{name}{i}"), note(f"{name}{i}b")])
          for name, one in (("a", record), ("b", other_record)) for i in range(20))
    )  # fmt: skip
    entries = await record.entries("inc-1")
    assert [entry.seq for entry in entries] == list(range(1, 81))
    assert (await verify(record)).ok


async def test_one_key_from_many_tasks_is_appended_once(
    record: SqlRecord, other_record: SqlRecord
) -> None:
    both = (record, other_record)
    answers = await asyncio.gather(*(both[i % 2].append("inc-1", [note("a")]) for i in range(20)))
    assert len({entry for (entry,) in answers}) == 1
    assert len(await record.entries("inc-1")) == 1


async def test_concurrent_numbers_have_no_gap_and_no_twin(
    record: SqlRecord, other_record: SqlRecord
) -> None:
    async def open_one(record: SqlRecord, name: str) -> None:
        async with record.transaction("intake") as transaction:
            number = await transaction.next_number()
            await transaction.append(name, [opened(number, name)])

    both = (record, other_record)
    await asyncio.gather(*(open_one(both[i % 2], f"inc-{i}") for i in range(20)))
    found = [await record.by_number(number) for number in range(1, 21)]
    assert None not in found
    assert len(set(found)) == 20


async def test_a_lock_keeps_two_processes_apart(record: SqlRecord, other_record: SqlRecord) -> None:
    """Whoever holds the lock decides alone: one alert opens one incident."""

    async def take(record: SqlRecord, name: str) -> None:
        async with record.transaction("intake") as transaction:
            if await transaction.find_origin("pagerduty", "Q1") is None:
                await asyncio.sleep(0.01)
                await transaction.append(name, [opened(await transaction.next_number(), "Q1")])

    await asyncio.gather(take(record, "inc-a"), take(other_record, "inc-b"))
    assert len(await record.open_incidents()) == 1


async def test_an_alert_is_part_of_one_incident_only(record: SqlRecord) -> None:
    await record.append("inc-1", [opened(1, "Q1"), joined("Q1")])
    with pytest.raises(OriginTaken, match="pagerduty Q1 is part of incident inc-1"):
        await record.append("inc-2", [opened(2, "Q1")])
    assert list(await record.entries("inc-2")) == []


async def test_another_process_is_followed(record: SqlRecord, other_record: SqlRecord) -> None:
    """A state kept in memory catches up with what others appended."""
    await record.append("inc-1", [opened(1, "Q1")])
    assert (await other_record.incident("inc-1")).seq == 1
    await record.append("inc-1", [note("a", "from one")])
    assert (await other_record.incident("inc-1")).seq == 2
    await other_record.append("inc-1", [note("b", "from the other")])
    last = (await record.incident("inc-1")).last_note
    assert last is not None
    assert last.text == "from the other"


async def test_the_ends_of_the_calendar_survive(record: SqlRecord) -> None:
    """Senders do send years 1 and 9999: in metadata and in bodies they come back exactly."""
    early = datetime(1, 1, 1, tzinfo=UTC)
    late = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    asked = e.EvidenceAsked(
        window=Window(start=early, end=late), sources=(), services=(), reason=""
    )
    drafts = [note("a", at=early), note("b", at=late), fact("c", asked)]
    await record.append("inc-1", drafts)
    first, last, window = await record.entries("inc-1")
    assert (first.occurred_at, last.occurred_at) == (EARLIEST, LATEST) == (early, late)
    assert window.body == asked
    assert (await verify(record)).ok


async def test_secrets_do_not_get_in(record: SqlRecord) -> None:
    """Body and actor's name pass the scrubber; the entry says what kind of thing is missing."""
    by = replace(ANN, name=f"Ann {OWN_SECRET}")
    text = f"use xoxb-123456789012-abcdefABCDEF or {OWN_SECRET}"
    (entry,) = await record.append("inc-1", [note("a", text, by=by)])
    assert entry.body == e.NoteAdded(text="use [removed: slack token] or [removed: own secret]")
    assert entry.actor.name == "Ann [removed: own secret]"
    assert entry.removed == ("own secret", "slack token")
    assert list(await record.entries("inc-1")) == [entry]


async def test_any_text_a_sender_can_send_comes_back(record: SqlRecord) -> None:
    """NUL, lone surrogates and our own escape character, in keys and in bodies."""
    hostile = "a\x00b\ud800c\x1ad\u202ee\x1a0041"
    draft = fact(hostile, e.NoteAdded(text=hostile))
    await record.append("inc-1", [draft])
    (entry,) = await record.entries("inc-1")
    assert (entry.key, entry.body) == (hostile, draft.body)
    assert (await record.append("inc-1", [draft]))[0].seq == 1
    assert (await verify(record)).ok


async def test_a_key_of_any_length_fits(record: SqlRecord) -> None:
    """Index entries are bounded, so a long key is kept as its beginning and its hash."""
    long, other = "k" * 100_000, "k" * 100_001
    one, two = await record.append("inc-1", [note(long), note(other)])
    assert one.key != two.key
    assert len(one.key) <= LONGEST_KEY
    assert (await record.append("inc-1", [note(long)]))[0] == one


async def test_a_number_that_is_none_is_kept(record: SqlRecord) -> None:
    """JSON knows no NaN, monitoring does."""
    unknown = e.Unknown(kind="reading", data={"value": float("nan"), "most": float("inf")})
    await record.append("inc-1", [fact("a", unknown)])
    (entry,) = await record.entries("inc-1")
    assert entry.body == e.Unknown(kind="reading", data={"value": "nan", "most": "inf"})


def _statements(record: SqlRecord) -> list[tuple[str, str]]:
    """What is executed from now on, with its parameters."""
    seen: list[tuple[str, str]] = []

    def saw(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, str(parameters)))

    for engine in record.database.engines:
        event.listen(engine, "before_cursor_execute", saw)
    return seen


async def test_appending_to_a_long_record_costs_what_a_short_one_does(record: SqlRecord) -> None:
    """The same few statements, and none that reads the entries before."""
    await record.append("inc-1", [opened(1, "Q1"), note("a")])
    seen = _statements(record)
    await record.append("inc-1", [note("b")])
    on_a_short_record = [statement for statement, _ in seen]
    await record.append("inc-1", [note(f"n{number}") for number in range(800)])
    seen.clear()
    await record.append("inc-1", [note("c")])
    assert [statement for statement, _ in seen] == on_a_short_record
    assert len(seen) <= 8
    assert not any("entries.seq >" in statement for statement, _ in seen)


async def test_reading_a_known_incident_reads_only_what_is_new(
    record: SqlRecord, other_record: SqlRecord
) -> None:
    await record.append("inc-1", [note(f"n{number}") for number in range(321)])
    await other_record.incident("inc-1")
    await record.append("inc-1", [note("new")])
    seen = _statements(other_record)
    assert (await other_record.incident("inc-1")).seq == 322
    (read,) = [(sql, given) for sql, given in seen if "entries.seq >" in sql]
    assert "321" in read[1]


async def test_a_small_cache_gives_the_same_answers(store_url: str, clock: ManualClock) -> None:
    """States fall out of memory and are folded again."""
    record = record_at(store_url, clock, cache_size=1)
    for turn in range(3):
        for name in ("inc-1", "inc-2"):
            await record.append(name, [note(f"{turn}")])
            assert (await record.incident(name)).seq == turn + 1
    await record.close()


async def test_a_cancelled_append_happened_or_did_not(record: SqlRecord) -> None:
    """Whenever the caller goes away, the record stays whole and writable."""
    chance = random.Random(7)

    async def hurried(number: int) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(
                record.append("inc-1", [note(f"n{number}")]), chance.uniform(0.0005, 0.03)
            )

    for turn in range(6):
        await asyncio.gather(*(hurried(turn * 5 + number) for number in range(5)))
    (last,) = await record.append("inc-1", [note("last")])
    assert last.seq == len(await record.entries("inc-1"))
    assert (await verify(record)).ok


async def test_whoever_waits_for_work_is_called_after_a_commit(
    store_url: str, clock: ManualClock
) -> None:
    """After a commit that wrote, not after a look, and not after a failure."""
    calls: list[str] = []
    quiet = record_at(store_url, clock)
    record = SqlRecord(
        quiet.database, clock=clock, scrubber=quiet.scrubber,
        on_commit=(lambda: calls.append("committed"),),
    )  # fmt: skip
    await record.append("inc-1", [opened(1, "Q1")])
    await record.append("inc-1", [opened(1, "Q1")])
    with pytest.raises(OriginTaken):
        await record.append("inc-2", [opened(2, "Q1")])
    assert calls == ["committed"]
    await record.close()


async def test_a_blob_is_kept_under_its_hash(record: SqlRecord) -> None:
    key = await keep_blob(record, b"\x00chart")
    assert await keep_blob(record, b"\x00chart") == key
    assert await record.blob(key) == b"\x00chart"
    assert await record.blob("0" * 64) is None


async def test_times_are_those_of_the_clock(record: SqlRecord, clock: ManualClock) -> None:
    clock.advance(minutes=5)
    (entry,) = await record.append("inc-1", [note("a", at=T0)])
    assert (entry.occurred_at, entry.recorded_at) == (T0, clock.now())
