"""Fixtures of the store's tests: records and inboxes on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opsbot.core.scrub import Scrubber
from opsbot.ports import Inbox, Record
from opsbot.store.database import Database
from opsbot.store.inbox import open_inbox
from opsbot.store.inbox_postgres import PostgresInbox
from opsbot.store.inbox_sqlite import SqliteInbox
from opsbot.store.memory import MemoryRecord
from opsbot.store.record import SqlRecord
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox

OWN_SECRET = "s3cret-of-ours"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def record_at(url: str, clock: ManualClock, cache_size: int = 256) -> SqlRecord:
    """A record on a migrated database."""
    return SqlRecord(
        Database(url), clock=clock, scrubber=Scrubber((OWN_SECRET,)), cache_size=cache_size
    )


@pytest.fixture
async def record(store_url: str, clock: ManualClock) -> AsyncIterator[SqlRecord]:
    """The stored record, on each database in turn."""
    record = record_at(store_url, clock)
    yield record
    await record.close()


@pytest.fixture
async def other_record(store_url: str, clock: ManualClock) -> AsyncIterator[SqlRecord]:
    """A second process using the same record."""
    record = record_at(store_url, clock)
    yield record
    await record.close()


@pytest.fixture(params=["memory", "sqlite_url", "migrated_postgres_url"])
async def any_record(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Record]:
    """Everything that implements ports.Record."""
    if request.param == "memory":
        yield MemoryRecord(clock)
        return
    record = record_at(request.getfixturevalue(request.param), clock)
    yield record
    await record.close()


@pytest.fixture(params=["memory", "sqlite_url", "migrated_postgres_url"])
async def any_inbox(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Inbox]:
    """Everything that implements ports.Inbox, with room for ten."""
    if request.param == "memory":
        yield MemoryInbox(10)
        return
    url = inbox_url(request.getfixturevalue(request.param), tmp_path)
    inbox = await open_inbox(url, clock=clock, max_backlog=10)
    yield inbox
    await inbox.close()


def inbox_url(store_url: str, tmp_path: Path) -> str:
    """Where the inbox lies that goes with a record."""
    return f"sqlite:///{tmp_path / 'inbox.db'}" if store_url.startswith("sqlite") else store_url


@pytest.fixture
async def inbox(
    store_url: str, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[SqliteInbox | PostgresInbox]:
    """The inbox, on each database in turn, with room for ten."""
    inbox = await open_inbox(inbox_url(store_url, tmp_path), clock=clock, max_backlog=10)
    yield inbox
    await inbox.close()
