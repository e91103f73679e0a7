"""Obligations: owed once, due in order, settled, postponed and cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from opsbot.ports import Obligation, Record
from opsbot.store.record import SqlRecord
from tests.store.drafts import T0


def owed(key: str, minutes: float = 0, *, incident: str = "inc-1", purpose: str = "converge",
         arguments: dict[str, str] | None = None) -> Obligation:  # fmt: skip
    return Obligation(
        key=key, incident_id=incident, purpose=purpose, due_at=T0 + timedelta(minutes=minutes),
        arguments=arguments or {},
    )  # fmt: skip


async def owe(record: Record, *some: Obligation) -> None:
    async with record.transaction() as transaction:
        for one in some:
            await transaction.owe(one)


async def test_what_is_due_comes_longest_overdue_first(any_record: Record) -> None:
    await owe(any_record, owed("c", 1), owed("a", 2), owed("b", 1), owed("later", 9))
    due = await any_record.due(T0 + timedelta(minutes=2))
    assert [one.key for one in due] == ["b", "c", "a"]
    assert [one.key for one in await any_record.due(T0 + timedelta(minutes=2), limit=1)] == ["b"]


async def test_an_obligation_comes_back_whole(any_record: Record) -> None:
    one = owed("a", 1, arguments={"source": "loki", "note": "naïve \u202e"})
    await owe(any_record, one)
    assert list(await any_record.due(T0 + timedelta(hours=1))) == [
        replace(one, owed_since=one.due_at)
    ]


@pytest.mark.parametrize("settled", [False, True])
async def test_owing_a_key_again_changes_nothing(any_record: Record, settled: bool) -> None:
    """Neither while it is open nor after it was done."""
    await owe(any_record, owed("a", 1))
    if settled:
        await any_record.settle(["a"])
    await owe(any_record, owed("a", 5, purpose="collect"))
    due = await any_record.due(T0 + timedelta(hours=1))
    assert [one.purpose for one in due] == ([] if settled else ["converge"])


async def test_a_cancelled_obligation_can_be_owed_anew(record: SqlRecord) -> None:
    await owe(record, owed("a", 1))
    async with record.transaction() as transaction:
        assert await transaction.cancel("inc-1", "converge") == 1
    await owe(record, owed("a", 5))
    (due,) = await record.due(T0 + timedelta(hours=1))
    assert due.due_at == T0 + timedelta(minutes=5)


async def test_only_open_ones_of_incident_and_purpose_are_cancelled(any_record: Record) -> None:
    await owe(any_record, owed("a"), owed("b"), owed("c", purpose="archive"), owed("done"),
              owed("other", incident="inc-2"))  # fmt: skip
    await any_record.settle(["done"])
    async with any_record.transaction() as transaction:
        assert await transaction.cancel("inc-1", "converge") == 2
    assert [one.key for one in await any_record.due(T0)] == ["c", "other"]


async def test_the_next_due_time_skips_what_is_settled(any_record: Record) -> None:
    assert await any_record.next_due() is None
    await owe(any_record, owed("a", 1), owed("b", 2), owed("c", 3))
    await any_record.settle(["a"])
    assert await any_record.next_due() == T0 + timedelta(minutes=2)
    assert await any_record.next_due(T0 + timedelta(minutes=2)) == T0 + timedelta(minutes=3)
    assert await any_record.next_due(T0 + timedelta(minutes=3)) is None


async def test_postponing_counts_the_attempt(any_record: Record) -> None:
    await owe(any_record, owed("a", 1))
    await any_record.postpone("a", T0 + timedelta(minutes=8))
    assert list(await any_record.due(T0 + timedelta(minutes=7))) == []
    (due,) = await any_record.due(T0 + timedelta(minutes=8))
    assert (due.attempt, due.due_at) == (1, T0 + timedelta(minutes=8))


async def test_overdue_goes_by_when_it_was_first_due(any_record: Record) -> None:
    """Postponing an obligation does not make it young."""
    await owe(any_record, owed("a", 1), owed("b", 5), owed("c", 0, purpose="collect"))
    await any_record.postpone("a", T0 + timedelta(minutes=50))
    late = await any_record.overdue("converge", T0 + timedelta(minutes=5))
    assert [one.key for one in late] == ["a"]


async def test_settling_many_at_once_is_no_problem(record: SqlRecord) -> None:
    keys = [f"k{number}" for number in range(520)]
    await owe(record, *(owed(key) for key in keys))
    await record.settle(keys)
    assert await record.next_due() is None
