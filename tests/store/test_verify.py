"""Verification says which entry of which incident does not agree, and how."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from opsbot.core.entry import Redacted
from opsbot.store.record import SqlRecord
from opsbot.store.tables import blobs, bodies, entries, heads
from opsbot.store.verify import verify
from tests.fakes.keeping import keep_blob
from tests.store.drafts import fact, note, opened

_E, _B, _H = entries.c, bodies.c, heads.c
CASES: list[tuple[Any, str]] = [
    (update(entries).where(_E.seq == 2).values(actor_id="slack:U0EVE"),
     "entry 2: its metadata was changed, or entries reordered"),
    (update(entries).where(_E.seq == 2).values(removed='["x"]'),
     "entry 2: its metadata was changed, or entries reordered"),
    (update(entries).where(_E.seq == 2).values(occurred_at=2**62),  # beyond the calendar
     "entry 2: its metadata was changed, or entries reordered"),
    (update(bodies).where(_B.seq == 2).values(data='{"actor_name":"","body":{}}'),
     "entry 2: its body was changed"),
    (update(bodies).where(_B.seq == 2).values(data="no JSON"), "entry 2: its body was changed"),
    (delete(bodies).where(_B.seq == 2), "entry 2: its body is missing, and no entry redacts it"),
    (update(bodies).where(_B.seq == 2).values(salt=None),
     "entry 2: its body is missing, and no entry redacts it"),
    (delete(entries).where(_E.seq == 2), "entry 2 is missing"),
    (delete(entries).where(_E.seq == 3), "the head names entry 3, the last entry is 2"),
    (update(heads).values(hash="0" * 64), "the head does not agree with entry 3"),
    (delete(heads), "the head is missing"),
    (insert(bodies).values(incident_id="inc-1", seq=9, salt=b"s", data="{}"),
     "entry 9 is missing, only its body is left"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CASES, ids=[said for _, said in CASES])
async def test_each_change_is_named(record: SqlRecord, change: Any, said: str) -> None:
    await record.append("inc-1", [note("a"), note("b"), note("c")])
    async with record.database.write() as connection:
        await connection.execute(change)
    report = await verify(record)
    assert not report.ok
    assert f"incident inc-1, {said}" in report.incidents[0].problems


async def test_a_whole_record_is_said_to_be_whole(record: SqlRecord) -> None:
    """The report names every incident with its head, to be compared with a published one."""
    await record.append("inc-2", [opened(2, "Q2")])
    await record.append("inc-1", [opened(1, "Q1"), note("a")])
    await keep_blob(record, b"chart")
    report = await verify(record)
    assert (report.ok, report.blobs, report.problems) == (True, 1, ())
    assert [(one.number, one.entries) for one in report.incidents] == [(1, 2), (2, 1)]
    async with record.database.read() as connection:
        stored = (await connection.execute(select(heads.c.hash))).scalars().all()
    assert {one.head for one in report.incidents} == set(stored)


async def test_one_incident_can_be_checked_alone(record: SqlRecord) -> None:
    await record.append("inc-1", [note("a")])
    await record.append("inc-2", [note("a")])
    report = await verify(record, ["inc-2"])
    assert [one.incident_id for one in report.incidents] == ["inc-2"]


async def test_a_redaction_that_took_nothing_out_is_noticed(record: SqlRecord) -> None:
    """Somebody put the words back, or only claimed to have removed them."""
    await record.append("inc-1", [note("a"), fact("b", Redacted(seq=1, reason=""))])
    (problem,) = (await verify(record)).incidents[0].problems
    assert problem == "incident inc-1, entry 1: its body is there, although entry 2 redacts it"


async def test_a_changed_blob_is_noticed(record: SqlRecord) -> None:
    key = await keep_blob(record, b"chart")
    async with record.database.write() as connection:
        await connection.execute(update(blobs).values(data=b"other"))
    assert (await verify(record)).problems == (f"blob {key[:12]} was changed",)


async def test_an_incident_whose_entries_are_all_gone_is_noticed(record: SqlRecord) -> None:
    await record.append("inc-1", [note("a")])
    async with record.database.write() as connection:
        await connection.execute(delete(entries))
        await connection.execute(delete(bodies))
    report = await verify(record)
    assert report.incidents[0].problems == (
        "incident inc-1, the head names entry 1, the last entry is 0",
    )
