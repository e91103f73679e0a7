"""Rebuilding: nothing to say on a healthy store, and everything put right on a damaged one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from opsbot.core import entry as e
from opsbot.core.entry import Status
from opsbot.core.run_entry import RunStarted
from opsbot.store.rebuild import rebuild
from opsbot.store.record import SqlRecord
from opsbot.store.tables import counters, incidents, origins, runs
from tests.store.drafts import ANN, T0, fact, joined, note, opened, requested


async def _fill(record: SqlRecord) -> None:
    for number in (1, 2):
        async with record.transaction() as transaction:
            given = await transaction.next_number()
            await transaction.append(
                f"inc-{number}", [opened(given, f"Q{number}", dedup_key="cpu"), note("a")]
            )
    over = e.StatusChanged(status=Status.RESOLVED, reason="")
    await record.append("inc-2", [joined("Q3"), fact("over", over)])
    await record.append("inc-1", [requested("r1"), fact("run", RunStarted(run_id="r1"))])
    await record.append("ops", [note("a")])


async def test_a_healthy_store_has_no_differences(record: SqlRecord) -> None:
    """Not even after a redaction, or a number that no incident took."""
    await _fill(record)
    await record.redact("inc-1", 1, ANN, "")
    async with record.transaction() as transaction:
        await transaction.next_number()
    report = await rebuild(record)
    assert (report.incidents, report.differences) == (3, ())
    assert any("obligations" in line for line in report.not_derived)


_OF_ONE = incidents.c.incident_id == "inc-1"
DAMAGE: list[tuple[Any, str]] = [
    (update(incidents).where(_OF_ONE).values(title="forged", over_at=5),
     "incidents inc-1: title was 'forged', is 'Error rate above 5 %'; over_at was 5, is None"),
    (delete(incidents).where(_OF_ONE), "incidents inc-1: was missing"),
    (update(origins).where(origins.c.origin_id == "Q1").values(dedup_key=""),
     "origins pagerduty Q1: dedup_key was '', is 'cpu'"),
    (update(origins).where(origins.c.origin_id == "Q3").values(incident_id="inc-1"),
     "origins pagerduty Q3: stood for nothing, and is gone"),
    (insert(origins).values(source="x", origin_id="y", incident_id="inc-9", dedup_key="",
                            service_id=""),
     "origins x y: stood for nothing, and is gone"),
    (update(runs).values(target="", outcome="succeeded", finished_at=7),
     "runs inc-1 r1: target was '', is 'checkout-api'; finished_at was 7, is None; "
     "outcome was 'succeeded', is ''"),
    (delete(runs), "runs inc-1 r1: was missing"),
    (update(runs).values(incident_id="inc-9"), "runs inc-9 r1: stood for nothing, and is gone"),
    (update(counters).values(value=1), "counters incident_number: value was 1, is 2"),
    (delete(counters), "counters incident_number: was missing"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "said"), DAMAGE, ids=[said for _, said in DAMAGE])
async def test_damage_is_named_and_repaired(record: SqlRecord, damage: Any, said: str) -> None:
    await _fill(record)
    async with record.database.write() as connection:
        await connection.execute(damage)
    assert said in [str(one) for one in (await rebuild(record)).differences]
    assert (await rebuild(record)).differences == ()


async def test_two_incidents_that_hold_each_others_number_are_repaired(record: SqlRecord) -> None:
    await _fill(record)
    async with record.database.write() as connection:
        for incident_id, number in (("inc-1", 99), ("inc-2", 1), ("inc-1", 2)):
            swapped = update(incidents).where(incidents.c.incident_id == incident_id)
            await connection.execute(swapped.values(number=number))
    assert len((await rebuild(record)).differences) == 2
    assert await record.by_number(1) == "inc-1"
    assert await record.by_number(2) == "inc-2"


async def test_everything_can_be_made_again_from_the_entries(record: SqlRecord) -> None:
    await _fill(record)
    async with record.database.write() as connection:
        for table in (incidents, origins, runs, counters):
            await connection.execute(delete(table))
    await rebuild(record)
    assert list(await record.open_incidents()) == ["inc-1"]
    assert [run.run_id for run in await record.runs(T0)] == ["r1"]
    async with record.transaction() as transaction:
        assert await transaction.find_origin("pagerduty", "Q3") == "inc-2"
        assert await transaction.next_number() == 3
