"""The inbox when the disk or the database is not there: quick refusals, and recovery by itself."""

from __future__ import annotations

import asyncio
import hashlib
import resource
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from opsbot.ports import InboxUnavailable
from opsbot.store.inbox import open_inbox
from opsbot.store.inbox_sqlite import SqliteInbox
from tests.fakes.clock import ManualClock
from tests.store.test_inbox_contract import delivery


@contextmanager
def _disk_full_at(size: int) -> Generator[None]:
    """Make every write beyond `size` bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _keys(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM inbox ORDER BY id")]


async def test_a_full_disk_refuses_quickly_and_heals(tmp_path: Path, clock: ManualClock) -> None:
    """What was refused is not stored; what was accepted is; nobody has to restart anything."""
    path = tmp_path / "inbox.db"
    inbox = SqliteInbox(path, clock=clock)
    await inbox.open()
    await inbox.put(delivery("before"))
    with _disk_full_at(200_000):
        answers = await asyncio.wait_for(
            asyncio.gather(
                *(inbox.put(delivery(f"k{n}", body=b"x" * 100_000)) for n in range(10)),
                return_exceptions=True,
            ), 10,
        )  # fmt: skip
        assert all(isinstance(one, InboxUnavailable) for one in answers)
    assert await inbox.put(delivery("after"))
    assert _keys(path) == ["before", "after"]
    assert await inbox.backlog() == 2
    await inbox.close()


async def test_the_reason_is_said(tmp_path: Path, clock: ManualClock) -> None:
    inbox = SqliteInbox(tmp_path / "inbox.db", clock=clock)
    await inbox.open()
    with _disk_full_at(100_000), pytest.raises(InboxUnavailable, match=r"inbox\.db"):
        await inbox.put(delivery("a", body=b"x" * 300_000))
    await inbox.close()


async def test_a_file_that_is_no_inbox_is_refused_when_opening(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "inbox.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(InboxUnavailable, match="not a database"):
        await SqliteInbox(path, clock=clock).open()


async def test_a_newer_opsbots_file_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "inbox.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InboxUnavailable, match="newer opsbot"):
        await SqliteInbox(path, clock=clock).open()


async def test_what_put_answered_is_on_disk(tmp_path: Path, clock: ManualClock) -> None:
    """Nothing waits for closing: another connection sees it at once."""
    inbox = SqliteInbox(tmp_path / "inbox.db", clock=clock)
    await inbox.open()
    for key in "abc":
        await inbox.put(delivery(key))
        assert _keys(tmp_path / "inbox.db")[-1] == key
    await inbox.close()


async def test_handled_bodies_leave_the_file(tmp_path: Path, clock: ManualClock) -> None:
    inbox = SqliteInbox(tmp_path / "inbox.db", clock=clock)
    await inbox.open()
    await inbox.put(delivery("a", body=b"Zebra-Quux " * 1000))
    await inbox.handled([1])
    await inbox.close()  # which empties the log
    data = (tmp_path / "inbox.db").read_bytes()
    assert b"Zebra-Quux" not in data
    assert b"pagerduty" in data


async def test_handled_bodies_leave_the_table(
    migrated_postgres_url: str, clock: ManualClock
) -> None:
    """What stays is the key, the body's hash and the note."""
    inbox = await open_inbox(migrated_postgres_url, clock=clock)
    await inbox.put(delivery("a", body=b"raw"))
    await inbox.handled([1], note="opened inc-1")
    await inbox.close()
    with psycopg.connect(migrated_postgres_url) as connection:
        row = connection.execute(
            "SELECT key, body, headers, body_sha256, note FROM inbox"
        ).fetchone()
    assert row == ("a", b"", "{}", hashlib.sha256(b"raw").hexdigest(), "opened inc-1")


async def test_a_database_that_goes_away_is_met_again(
    migrated_postgres_url: str, postgres_url: str, clock: ManualClock
) -> None:
    """PostgreSQL ends every connection, as in a failover; the next delivery is kept."""
    inbox = await open_inbox(migrated_postgres_url, clock=clock)
    await inbox.put(delivery("before"))
    name = make_url(migrated_postgres_url).database
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(end, (name,))
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[arg-type]
        with pytest.raises(InboxUnavailable):
            await asyncio.wait_for(inbox.put(delivery("meanwhile")), 10)
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[arg-type]
    assert await inbox.put(delivery("after"))
    assert [one.delivery.key for one in await inbox.pending()] == ["before", "after"]
    await inbox.close()


async def test_a_probe_notices_a_full_disk(tmp_path: Path, clock: ManualClock) -> None:
    """It writes: reading works on a full disk."""
    path = tmp_path / "inbox.db"
    inbox = SqliteInbox(path, clock=clock)
    await inbox.open()
    await inbox.probe()
    with _disk_full_at((tmp_path / "inbox.db-wal").stat().st_size):
        with pytest.raises(InboxUnavailable, match=r"inbox\.db"):
            await inbox.probe()
        assert list(await inbox.pending()) == []
    await inbox.probe()
    await inbox.close()


async def test_a_probe_notices_a_database_that_takes_no_writes(
    migrated_postgres_url: str, clock: ManualClock
) -> None:
    """As on a standby: every read is answered."""
    inbox = await open_inbox(migrated_postgres_url, clock=clock)
    await inbox.close()
    name = make_url(migrated_postgres_url).database
    with psycopg.connect(migrated_postgres_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")  # type: ignore[arg-type]
    inbox = await open_inbox(migrated_postgres_url, clock=clock)
    assert list(await inbox.pending()) == []
    with pytest.raises(InboxUnavailable):
        await inbox.probe()
    await inbox.close()
