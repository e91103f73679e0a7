"""Random records: folding in steps equals folding at once, and no change goes unnoticed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, select, update

from opsbot.core.entry import Draft
from opsbot.core.incident import fold
from opsbot.core.moment import EARLIEST
from opsbot.core.people import OPSBOT
from opsbot.store.projection import derive, index_row
from opsbot.store.record import SqlRecord
from opsbot.store.tables import bodies, entries, heads
from opsbot.store.transaction import OriginTaken
from opsbot.store.verify import verify
from tests.fakes.clock import ManualClock
from tests.store.conftest import record_at
from tests.store.drafts import drafts, fact, note

_IDS = itertools.count(1)
# The database is shared by all examples of a test; each takes an incident of its own.
_SHARED = settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
_batches = st.lists(st.lists(drafts, min_size=1, max_size=3), min_size=1, max_size=4)
_COLUMNS = [(table, column.name) for table in (entries, bodies, heads) for column in table.c]


async def _tell(record: SqlRecord, batches: list[list[Draft]]) -> str:
    """Append in steps to a fresh incident; alerts of earlier examples may be in the way."""
    incident_id = f"inc-{next(_IDS)}"
    await record.append(incident_id, [note("first")])
    for batch in batches:
        try:
            await record.append(incident_id, batch)
        except OriginTaken:
            continue
    return incident_id


@_SHARED
@given(batches=_batches)
async def test_a_state_kept_in_memory_equals_the_full_fold(
    record: SqlRecord, other_record: SqlRecord, batches: list[list[Draft]]
) -> None:
    incident_id = await _tell(record, batches)
    stored = await record.entries(incident_id)
    kept = await record.incident(incident_id)
    assert kept == fold(incident_id, stored) == await other_record.incident(incident_id)
    derived = derive(incident_id, stored)
    assert index_row(kept) == derived.index
    told = [run for run in await record.runs(EARLIEST) if run.incident_id == incident_id]
    assert {run.run_id: run for run in told} == {r.run_id: r.past_run for r in derived.runs}
    assert (await verify(record, [incident_id])).ok


@_SHARED
@given(batches=_batches, at=st.integers(0, 2**32))
async def test_a_random_redaction_keeps_the_record_whole(
    record: SqlRecord, batches: list[list[Draft]], at: int
) -> None:
    """Any entry of any kind can be redacted, and folding still works in steps."""
    incident_id = await _tell(record, batches)
    seq = at % (await record.incident(incident_id)).seq + 1
    await record.redact(incident_id, seq, OPSBOT, "asked to")
    report = await verify(record, [incident_id])
    assert report.ok, report.incidents[0].problems
    kept = await record.incident(incident_id)
    assert kept == fold(incident_id, await record.entries(incident_id))


@pytest.mark.parametrize(("table", "column"), _COLUMNS, ids=lambda part: str(part))
@settings(_SHARED, max_examples=3)
@given(batches=_batches, at=st.integers(0, 2**32), redact_first=st.booleans())
async def test_every_change_of_a_stored_value_is_noticed(
    sqlite_url: str, clock: ManualClock, table: Table, column: str,
    batches: list[list[Draft]], at: int, redact_first: bool,
) -> None:  # fmt: skip
    record = record_at(sqlite_url, clock)
    try:
        incident_id = await _tell(record, batches)
        if redact_first:
            await record.redact(incident_id, 1, OPSBOT, "asked to")
        await _change(record, table, column, incident_id, at)
        report = await verify(record, [incident_id])
        assert not report.ok
        assert all(incident_id in problem for problem in report.incidents[0].problems)
    finally:
        await record.close()


async def _change(record: SqlRecord, table: Table, column: str, incident_id: str, at: int) -> None:
    """Change one value of one row of the incident."""
    here = table.c.incident_id == incident_id
    async with record.database.write() as connection:
        rows = (await connection.execute(select(table).where(here))).mappings().all()
        row = rows[at % len(rows)]
        this = here & (table.c.seq == row["seq"])
        await connection.execute(update(table).where(this).values({column: _other(row[column])}))


def _other(value: Any) -> Any:
    match value:
        case int():
            return value + 1000
        case str():
            return f"{value}x"
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case _:
            return b"salt where none should be"


@pytest.mark.parametrize("table", [entries, bodies, heads], ids=str)
async def test_a_row_that_is_gone_is_noticed(record: SqlRecord, table: Table) -> None:
    await record.append("inc-1", [note("a"), note("b"), note("c")])
    gone = delete(table).where(table.c.incident_id == "inc-1")
    async with record.database.write() as connection:
        await connection.execute(gone if table is heads else gone.where(table.c.seq == 2))
    assert not (await verify(record)).ok


async def test_swapped_entries_are_noticed(record: SqlRecord) -> None:
    """Two entries that change places, each whole in itself."""
    await record.append("inc-1", [note("a"), note("b"), fact("c", note("x").body)])
    async with record.database.write() as connection:
        for table in (entries, bodies):
            for old, new in ((1, 99), (2, 1), (99, 2)):
                moved = update(table).where(table.c.seq == old).values(seq=new)
                await connection.execute(moved)
    problems = (await verify(record)).incidents[0].problems
    assert any("entry 1" in problem and "reordered" in problem for problem in problems)
