"""The doctor at the store, on SQLite and on PostgreSQL: version, writes, backlog, room, lock."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from opsbot.app.clock import SystemClock
from opsbot.app.doctor import Verdict
from opsbot.app.store import SinglePostgres, SingleProcess, open_store, places
from opsbot.config import Settings
from opsbot.ports import Delivery
from tests.app.clinic import Clinic, clinic
from tests.stories.theatre import stored_in


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Clinic]:
    async with clinic(tmp_path) as found:
        yield found


async def _made(settings: Settings, *deliveries: Delivery, aside: bool = False) -> None:
    """Make the store, with these deliveries waiting or put aside."""
    store = await open_store(settings, SystemClock())
    for delivery in deliveries:
        await store.inbox.put(delivery)
    if aside:
        for pending in await store.inbox.pending():
            await store.inbox.quarantine(pending.id, "ValueError")
    await store.close()


def _delivery(key: str, *, ago: timedelta = timedelta(0)) -> Delivery:
    at = SystemClock().now() - ago
    return Delivery(door="pagerduty", key=key, received_at=at, body=b"{}", headers={})


async def test_before_the_first_start_there_is_nothing_to_look_at(at: Clinic) -> None:
    """And looking makes nothing: no folder, no file."""
    for name in ("store.database", "store.inbox"):
        found = await at.find(name)
        assert (found.verdict, "opsbot serve" in found.said) == (Verdict.SKIPPED, True), name
    assert (await at.find("store.lock")).verdict is Verdict.OK
    assert not at.settings().data_dir.exists()


async def test_a_store_of_this_version_takes_writes(tmp_path: Path, database_url: str) -> None:
    """On each kind of database."""
    environ = stored_in(database_url)
    async with clinic(tmp_path / "stage") as at:
        await _made(at.settings(environ))
        found = await at.find("store.database", environ=environ)
        assert (found.verdict, "takes writes" in found.said) == (Verdict.OK, True), found
        found = await at.find("store.inbox", environ=environ)
        assert (found.verdict, "0 deliveries waiting" in found.said) == (Verdict.OK, True), found


async def test_a_database_of_a_newer_opsbot_is_bad(at: Clinic) -> None:
    await _made(at.settings())
    with closing(sqlite3.connect(at.settings().data_dir / "record.db")) as record:
        record.execute("UPDATE alembic_version SET version_num = '9999'")
        record.commit()
    found = await at.find("store.database")
    assert found.verdict is Verdict.BAD
    assert "9999" in found.said
    assert "install the opsbot that wrote it" in found.fix.lower()


async def test_a_database_that_is_not_there_is_bad_and_its_password_unsaid(at: Clinic) -> None:
    url = "postgresql://opsbot:unsaid-password@127.0.0.1:1/opsbot"
    for name in ("store.database", "store.lock", "store.inbox"):
        found = await at.find(name, environ={"DATABASE_URL": url})
        assert found.verdict is Verdict.BAD, found
        assert "unsaid-password" not in found.said + found.fix


async def test_deliveries_that_were_put_aside_are_worth_a_look(at: Clinic) -> None:
    await _made(at.settings(), _delivery("1"), _delivery("2"), aside=True)
    found = await at.find("store.inbox")
    assert (found.verdict, "2 deliveries" in found.said) == (Verdict.WARN, True)
    assert "opsbot inbox" in found.fix


async def test_a_delivery_that_waits_for_long_is_bad_and_a_fresh_one_is_not(at: Clinic) -> None:
    await _made(at.settings(), _delivery("fresh"))
    found = await at.find("store.inbox")
    assert (found.verdict, "1 delivery waiting" in found.said) == (Verdict.OK, True)
    await _made(at.settings(), _delivery("old", ago=timedelta(minutes=7)))
    found = await at.find("store.inbox")
    assert (found.verdict, "7 min" in found.said) == (Verdict.BAD, True)


async def test_the_room_on_the_disk_is_said(at: Clinic) -> None:
    found = await at.find("store.disk")
    assert "iB free at" in found.said
    assert str(at.settings().data_dir.parent) in found.said


async def test_a_disk_that_is_emptied_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the rule by which `serve` would not start there."""
    monkeypatch.setenv("DYNO", "web.1")
    async with clinic(tmp_path, ephemeral_disk="refuse") as at:
        found = await at.find("store.disk")
        assert (found.verdict, "Heroku" in found.said) == (Verdict.BAD, True)
        assert "DATABASE_URL" in found.fix


async def test_who_holds_the_files_is_said(at: Clinic) -> None:
    file = places(at.settings()).lock_file
    assert file is not None
    lock = SingleProcess(file)
    lock.take()
    try:
        assert "one opsbot runs on this store" in (await at.find("store.lock")).said
    finally:
        lock.release()
    assert "no opsbot runs" in (await at.find("store.lock")).said


async def test_who_holds_the_database_is_said(tmp_path: Path, postgres_url: str) -> None:
    environ = {"DATABASE_URL": postgres_url}
    async with clinic(tmp_path) as at:
        assert "no opsbot runs" in (await at.find("store.lock", environ=environ)).said
        lock = SinglePostgres(places(at.settings(environ)).record_url)
        await lock.take(1.0)
        try:
            found = await at.find("store.lock", environ=environ)
            assert "one opsbot runs on this database" in found.said, found
        finally:
            await lock.release()
