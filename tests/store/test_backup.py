"""Backup while opsbot runs, and restoring into an empty place."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from opsbot.ports import Obligation
from opsbot.store.backup import MANIFEST, BackupRefused, Manifest, backup
from opsbot.store.inbox import open_inbox
from opsbot.store.migrate import HEAD, RecordTooNew, current_revision
from opsbot.store.rebuild import rebuild
from opsbot.store.record import SqlRecord
from opsbot.store.restore import read_manifest, restore
from opsbot.store.verify import verify
from tests.fakes.clock import ManualClock
from tests.fakes.keeping import keep_blob
from tests.store.conftest import inbox_url, record_at
from tests.store.drafts import ANN, T0, note, opened, requested
from tests.store.test_inbox_contract import delivery

HOSTILE = "NUL \x00, half \ud800, escape \x1a0041, é"


async def _fill(record: SqlRecord, inbox_at: str, clock: ManualClock) -> None:
    async with record.transaction() as transaction:
        number = await transaction.next_number()
        await transaction.append("inc-1", [opened(number, "Q1"), note(HOSTILE, HOSTILE), note("c")])
        await transaction.append("inc-1", [requested("r1", break_glass=HOSTILE)])
        await transaction.owe(
            Obligation(key="k", incident_id="inc-1", purpose="converge", due_at=T0)
        )
    await record.redact("inc-1", 3, ANN, "asked to")
    await record.claim("run-1", T0)
    await keep_blob(record, b"\x00\xff")
    inbox = await open_inbox(inbox_at, clock=clock)
    await inbox.put(delivery("waiting", body=b"\x00\xffraw"))
    await inbox.put(delivery("handled"))
    await inbox.handled([2], note=HOSTILE)
    await inbox.close()


async def _same(one: SqlRecord, other: SqlRecord) -> bool:
    """Whether two records say the same, down to the last hash."""
    first, second = await verify(one), await verify(other)
    assert first.ok
    assert (await rebuild(other)).differences == ()
    assert await one.claim("run-1", T0) == await other.claim("run-1", T0)
    assert list(await one.runs(T0)) == list(await other.runs(T0)) != []
    return first == second and list(await one.due(T0)) == list(await other.due(T0))


async def _made(store_url: str, tmp_path: Path, clock: ManualClock, portable: bool) -> Manifest:
    record = record_at(store_url, clock)
    where = inbox_url(store_url, tmp_path)
    await _fill(record, where, clock)
    await record.close()
    return await asyncio.to_thread(
        backup, store_url, where, tmp_path / "backup", now=T0, portable=portable
    )


@pytest.mark.parametrize("portable", [False, True])
async def test_a_backup_restores_everything(
    store_url: str, database_url: str, tmp_path: Path, clock: ManualClock, portable: bool
) -> None:
    """From either database; portable ones to either. SQLite's files go to SQLite only."""
    made = await _made(store_url, tmp_path, clock, portable)
    target = database_url.replace("record.db", "restored.db")
    new_inbox = inbox_url(target, tmp_path).replace("inbox.db", "restored-inbox.db")
    if made.format == "sqlite" and not target.startswith("sqlite"):
        with pytest.raises(BackupRefused, match="portable"):
            restore(tmp_path / "backup", target, new_inbox)
        return
    assert restore(tmp_path / "backup", target, new_inbox) == made
    one, other = record_at(store_url, clock), record_at(target, clock)
    assert await _same(one, other)
    inbox = await open_inbox(new_inbox, clock=clock)
    assert [p.delivery.body for p in await inbox.pending()] == [b"\x00\xffraw"]
    assert not await inbox.put(delivery("handled"))
    assert await inbox.put(delivery("new"))
    for opened_here in (one, other, inbox):
        await opened_here.close()


async def test_a_backup_can_be_made_while_opsbot_writes(
    store_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """It is one moment of the record: whole, whatever is written meanwhile."""
    record = record_at(store_url, clock)
    where = inbox_url(store_url, tmp_path)
    await _fill(record, where, clock)
    going = True

    async def write() -> None:
        number = 0
        while going:
            number += 1
            await record.append("inc-1", [note(f"n{number}"), note(f"m{number}")])

    writing = asyncio.create_task(write())
    made = await asyncio.to_thread(
        backup, store_url, where, tmp_path / "backup", now=T0, portable=True
    )
    going = False
    await writing
    await record.close()
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    restore(tmp_path / "backup", url, f"sqlite:///{tmp_path / 'restored-inbox.db'}")
    restored = record_at(url, clock)
    assert (await verify(restored)).ok
    assert made.files["entries.jsonl"].rows == len(await restored.entries("inc-1"))
    await restored.close()


async def test_a_backup_goes_into_an_empty_folder_only(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    await _made(sqlite_url, tmp_path, clock, portable=False)
    with pytest.raises(BackupRefused, match="is not empty"):
        backup(sqlite_url, inbox_url(sqlite_url, tmp_path), tmp_path / "backup", now=T0)


def test_there_must_be_something_to_back_up(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no record"):
        backup(database_url, database_url, tmp_path / "backup", now=T0)


async def test_only_the_owner_may_read_a_backup(
    store_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """It holds what was said in rooms that may be private."""
    made = await _made(store_url, tmp_path, clock, portable=False)
    files = [tmp_path / "backup" / name for name in made.files]
    if made.format == "sqlite":
        restore(tmp_path / "backup", f"sqlite:///{tmp_path}/r.db", f"sqlite:///{tmp_path}/i.db")
        files += [tmp_path / "r.db", tmp_path / "i.db", tmp_path / "inbox.db"]
    assert [file for file in files if file.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("portable", [False, True])
async def test_nothing_is_overwritten(
    store_url: str, tmp_path: Path, clock: ManualClock, portable: bool
) -> None:
    made = await _made(store_url, tmp_path, clock, portable)
    refusal = "exists" if made.format == "sqlite" else "is not empty"
    with pytest.raises(BackupRefused, match=refusal):
        restore(tmp_path / "backup", store_url, inbox_url(store_url, tmp_path))


async def test_a_damaged_backup_is_refused(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """Before anything is put in place."""
    await _made(sqlite_url, tmp_path, clock, portable=True)
    file = tmp_path / "backup" / "entries.jsonl"
    file.write_bytes(file.read_bytes().replace(b"Q1", b"Q2"))
    target = f"sqlite:///{tmp_path / 'restored.db'}"
    with pytest.raises(BackupRefused, match=r"entries\.jsonl is missing or was changed"):
        restore(tmp_path / "backup", target, target)
    assert current_revision(target) is None


async def test_an_unfinished_backup_is_refused(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    await _made(sqlite_url, tmp_path, clock, portable=False)
    (tmp_path / "backup" / MANIFEST).unlink()
    with pytest.raises(BackupRefused, match="no finished backup"):
        read_manifest(tmp_path / "backup")


async def test_a_backup_of_a_newer_opsbot_is_refused(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    await _made(sqlite_url, tmp_path, clock, portable=False)
    manifest = tmp_path / "backup" / MANIFEST
    manifest.write_text(manifest.read_text().replace(f'"{HEAD}"', '"9999"'))
    with pytest.raises(RecordTooNew, match="9999"):
        read_manifest(tmp_path / "backup")
