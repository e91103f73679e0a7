"""The record's probe: it fails when a write would, and reading alone would not show it."""

from __future__ import annotations

import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from opsbot.store.verify import verify
from tests.fakes.clock import ManualClock
from tests.store.conftest import record_at
from tests.store.drafts import opened


@contextmanager
def _no_file_grows_beyond(size: int) -> Generator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_noticed_and_its_end_too(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    """Reading goes on; nothing has to be restarted once there is room again."""
    record = record_at(sqlite_url, clock)
    await record.append("inc-1", [opened(1, "Q1")])
    with _no_file_grows_beyond((tmp_path / "record.db-wal").stat().st_size):
        with pytest.raises(SQLAlchemyError):
            await record.probe()
        assert list(await record.open_incidents()) == ["inc-1"]
    await record.probe()
    assert (await verify(record)).ok
    await record.close()


async def test_a_server_that_only_reads_is_noticed(
    migrated_postgres_url: str, clock: ManualClock
) -> None:
    """As after a failover to a standby."""
    name = make_url(migrated_postgres_url).database
    with psycopg.connect(migrated_postgres_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")  # type: ignore[arg-type]
    record = record_at(migrated_postgres_url, clock)
    assert await record.next_due() is None
    with pytest.raises(SQLAlchemyError):
        await record.probe()
    await record.close()
