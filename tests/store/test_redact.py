"""Redaction: the words leave, the record stays whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from opsbot.core import entry as e
from opsbot.core.entry import Gone, Redacted, Status
from opsbot.store.record import SqlRecord
from opsbot.store.redact import NoSuchEntry
from opsbot.store.tables import bodies, incidents, origins
from opsbot.store.verify import verify
from tests.fakes.clock import ManualClock
from tests.store.conftest import record_at
from tests.store.drafts import ANN, fact, note, opened

WORDS = "the customer Zebra-Quux called"


async def test_a_redacted_note_is_gone_and_the_record_verifies(record: SqlRecord) -> None:
    await record.append("inc-1", [note("a", WORDS), note("b")])
    said = await record.redact("inc-1", 1, ANN, "names a customer")
    gone, _, last = await record.entries("inc-1")
    assert (gone.body, gone.actor.name, gone.actor.id) == (Gone(), "", ANN.id)
    assert last == said
    assert said.body == Redacted(seq=1, reason="names a customer")
    (verdict,) = (await verify(record)).incidents
    assert verdict.ok
    assert verdict.redactions == ("entry 1 was redacted by Ann Example: names a customer",)


async def test_state_forgets_the_words_here_and_in_other_processes(
    record: SqlRecord, other_record: SqlRecord
) -> None:
    await record.append("inc-1", [note("a", "harmless"), note("b", WORDS)])
    assert (await other_record.incident("inc-1")).last_note is not None
    await record.redact("inc-1", 2, ANN, "")
    for one in (record, other_record):
        last = (await one.incident("inc-1")).last_note
        assert last is not None
        assert last.text == "harmless"


async def test_redacting_the_opening_keeps_number_and_alert(record: SqlRecord) -> None:
    """What happened stays: the incident can still be found by its number and by its alert."""
    await record.append("inc-1", [opened(7, "Q1", title=WORDS, dedup_key=WORDS)])
    await record.redact("inc-1", 1, ANN, "")
    incident = await record.incident("inc-1")
    assert (incident.number, incident.title) == (7, "[redacted]")
    assert await record.by_number(7) == "inc-1"
    async with record.transaction() as transaction:
        assert await transaction.find_origin("pagerduty", "Q1") == "inc-1"


async def test_redacting_a_reason_does_not_reopen_the_incident(record: SqlRecord) -> None:
    over = e.StatusChanged(status=Status.RESOLVED, reason=WORDS)
    await record.append("inc-1", [opened(1, "Q1"), fact("over", over)])
    await record.redact("inc-1", 2, ANN, "")
    assert (await record.incident("inc-1")).status is Status.RESOLVED
    assert list(await record.open_incidents()) == []


async def test_no_projection_keeps_the_words(record: SqlRecord) -> None:
    await record.append("inc-1", [opened(1, "Q1", title=WORDS, dedup_key=WORDS)])
    await record.redact("inc-1", 1, ANN, "")
    async with record.database.read() as connection:
        for table in (incidents, origins, bodies):
            rows = (await connection.execute(select(table))).all()
            assert rows
            assert "Zebra" not in str(rows)


def _on_disk(folder: Path) -> bytes:
    """The database with its log."""
    return b"".join(file.read_bytes() for file in folder.glob("record.db*"))


async def test_the_words_leave_the_file(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """SQLite keeps deleted rows in free pages and in its log, unless told not to."""
    record = record_at(sqlite_url, clock)
    await record.append("inc-1", [note("a", WORDS * 500), note("b")])
    assert b"Zebra-Quux" in _on_disk(tmp_path)
    await record.redact("inc-1", 1, ANN, "")
    assert b"Zebra-Quux" not in _on_disk(tmp_path)
    await record.close()


async def test_redacting_twice_says_it_once(record: SqlRecord) -> None:
    await record.append("inc-1", [note("a", WORDS)])
    first = await record.redact("inc-1", 1, ANN, "first")
    assert await record.redact("inc-1", 1, ANN, "second") == first
    assert len(await record.entries("inc-1")) == 2


async def test_a_redaction_can_be_redacted(record: SqlRecord) -> None:
    """Its reason may hold the very words; what it redacts stays redacted."""
    await record.append("inc-1", [note("a", WORDS)])
    await record.redact("inc-1", 1, ANN, WORDS)
    await record.redact("inc-1", 2, ANN, "repeated the name")
    (verdict,) = (await verify(record)).incidents
    assert (verdict.ok, verdict.redacted) == (True, 2)
    assert "Zebra" not in str(verdict)


@pytest.mark.parametrize("seq", [0, 2, -1])
async def test_what_is_not_there_cannot_be_redacted(record: SqlRecord, seq: int) -> None:
    await record.append("inc-1", [note("a")])
    with pytest.raises(NoSuchEntry, match=f"incident inc-1 has no entry {seq}"):
        await record.redact("inc-1", seq, ANN, "")


async def test_what_remains_cannot_be_changed_unnoticed(record: SqlRecord) -> None:
    over = e.StatusChanged(status=Status.RESOLVED, reason=WORDS)
    await record.append("inc-1", [fact("over", over)])
    await record.redact("inc-1", 1, ANN, "")
    forged = update(bodies).where(bodies.c.seq == 1)
    async with record.database.write() as connection:
        data = (await connection.execute(select(bodies.c.data).where(bodies.c.seq == 1))).scalar()
        text = str(data).replace("resolved", "triage")
        await connection.execute(forged.values(data=text))
    (problem,) = (await verify(record)).incidents[0].problems
    assert problem == "incident inc-1, entry 1: what remains of its redacted body was changed"
