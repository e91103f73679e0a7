"""The head of a chain at an entry: what a document prints, to be compared with later."""

from __future__ import annotations

from opsbot.store.record import SqlRecord
from opsbot.store.verify import verify
from tests.store.drafts import note


async def test_the_newest_head_is_the_one_that_verify_prints(record: SqlRecord) -> None:
    for number in range(3):
        await record.append("inc-1", [note(str(number))])
    report = await verify(record, ["inc-1"])
    assert await record.head("inc-1", 3) == report.incidents[0].head


async def test_a_head_stays_what_it_was_when_more_is_written(record: SqlRecord) -> None:
    await record.append("inc-1", [note("0")])
    first = await record.head("inc-1", 1)
    await record.append("inc-1", [note("1")])
    assert await record.head("inc-1", 1) == first != await record.head("inc-1", 2)


async def test_there_is_no_head_where_there_is_no_entry(record: SqlRecord) -> None:
    assert await record.head("inc-1", 1) == ""
