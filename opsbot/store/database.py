"""Connections: one writer and several readers on SQLite, a pool on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_MS = 10_000  # how long a write waits for another process, e.g. `opsbot redact`


class UnusableUrl(ValueError):
    """The database URL names nothing that opsbot can keep a record in."""


def database_url(text: str) -> URL:
    """Read a `DATABASE_URL` as hosts give it (`postgres://`, `postgresql://`, `sqlite:///`).

    Raises UnusableUrl, with the cure, for anything else; the password is never repeated.
    """
    try:
        url = make_url(text)
    except ValueError as problem:
        raise UnusableUrl("the database URL cannot be read; write sqlite:///PATH") from problem
    kind = url.drivername.partition("+")[0]
    if kind in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise UnusableUrl(f"opsbot keeps its record in SQLite or PostgreSQL, not in {kind}")
    if not url.database or url.database == ":memory:" or "mode=memory" in url.database:
        raise UnusableUrl("the record needs a file: write sqlite:///PATH")
    return url.set(drivername="sqlite")


def sqlite_path(url: URL) -> Path:
    """The file a SQLite URL names."""
    return Path(url.database or "")


def set_up_sqlite(dbapi_connection: Any, *, read_only: bool = False) -> None:
    """Settings of every SQLite connection: WAL, durable commits, and overwriting what is deleted
    (a redacted body must not linger in free pages)."""
    dbapi_connection.isolation_level = None  # transactions begin where we say, not the driver
    cursor = dbapi_connection.cursor()
    for setting in (
        f"busy_timeout={BUSY_MS}",  # first: switching to WAL may have to wait, too
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "query_only=ON" if read_only else "query_only=OFF",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


class Database:
    """Where a record is kept. Writes happen one at a time on SQLite, in `BEGIN IMMEDIATE`."""

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._one_writer = asyncio.Lock()
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, read_only=False)
            self._readers = _sqlite_engine(self.url, read_only=True)
        else:
            self._writer = self._readers = _postgres_engine(self.url)

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """Every engine in use, the writer first; for counting and tracing statements."""
        return (self._writer, self._readers) if self.is_sqlite else (self._writer,)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """A write transaction, committed on leaving and rolled back on an exception."""
        if not self.is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        async with self._one_writer, self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self, *, snapshot: bool = False) -> AsyncGenerator[AsyncConnection]:
        """A read transaction; with `snapshot`, every statement in it sees the same moment."""
        async with self._readers.connect() as connection:
            if snapshot and not self.is_sqlite:  # a SQLite read transaction always is one
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    async def truncate_log(self) -> None:
        """Empty SQLite's write-ahead log, which may still hold a body that was redacted."""
        if self.is_sqlite:
            async with self._one_writer, self._writer.connect() as connection:
                await connection.run_sync(_truncate_log)

    async def close(self) -> None:
        for engine in self.engines:
            await engine.dispose()


def _truncate_log(connection: Connection) -> None:
    cursor = connection.connection.cursor()  # below SQLAlchemy: not possible in a transaction
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.close()


def _sqlite_engine(url: URL, *, read_only: bool) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        pool_size=4 if read_only else 1,
        max_overflow=0,
        pool_timeout=60,
    )

    def connected(dbapi_connection: Any, _record: Any) -> None:
        set_up_sqlite(dbapi_connection, read_only=read_only)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)
    return engine


def _postgres_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=30,
        pool_pre_ping=True,  # the server may have restarted since
        connect_args={"connect_timeout": 5},
    )
