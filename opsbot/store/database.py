"""Connections: one writer and several readers on SQLite, a pool on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, CursorResult, Engine, Executable, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from opsbot.store.sqlite_thread import SqliteThread, Step

READERS = 4
BUSY_MS = 10_000  # how long a write waits for another process, e.g. `opsbot redact`


class UnusableUrl(ValueError):
    """The database URL names nothing that opsbot can keep a record in."""


def database_url(text: str) -> URL:
    """Read a `DATABASE_URL` as hosts give it (`postgres://`, `postgresql://`, `sqlite:///`).

    Raises UnusableUrl, with the cure, for anything else; the password is never repeated.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as problem:
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


def private_file(path: Path) -> None:
    """Create the file of a SQLite database if it is absent, for its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)


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


class Connection:
    """What statements are executed on, inside a transaction, the same on both databases."""

    def __init__(self, on: SqliteThread | AsyncConnection) -> None:
        self._on = on
        self.is_sqlite = isinstance(on, SqliteThread)

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Execute one statement; `parameters` is a mapping, or a list of them for many rows."""
        (result,) = await self.execute_all([(statement, parameters)])
        return result

    async def execute_all(self, steps: Sequence[Step]) -> list[CursorResult[Any]]:
        """Execute statements in order; cheaper than one by one on SQLite."""
        if isinstance(self._on, SqliteThread):
            return await self._on.execute(steps)
        return [await self._on.execute(*step) for step in steps]


class Database:
    """Where a record is kept. Writes happen one at a time on SQLite, in `BEGIN IMMEDIATE`."""

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self._on: _SqliteFile | AsyncEngine
        if self.url.get_backend_name() == "sqlite":
            self._on = _SqliteFile(self.url)
        else:
            self._on = _postgres_engine(self.url)

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Every engine in use, for counting and tracing statements."""
        if isinstance(self._on, _SqliteFile):
            return tuple(thread.engine for thread in (self._on.writer, *self._on.readers))
        return (self._on.sync_engine,)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Connection]:
        """A write transaction, committed on leaving and rolled back on an exception."""
        if isinstance(self._on, AsyncEngine):
            async with self._on.begin() as connection:
                yield Connection(connection)
            return
        async with self._on.one_writer:
            try:
                yield Connection(self._on.writer)
            except BaseException:
                await self._on.writer.end(commit=False)
                raise
            await self._on.writer.end(commit=True)

    @asynccontextmanager
    async def read(self, *, snapshot: bool = False) -> AsyncGenerator[Connection]:
        """A read transaction; with `snapshot`, every statement in it sees the same moment."""
        if isinstance(self._on, AsyncEngine):
            async with self._on.connect() as connection:
                if snapshot:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                yield Connection(connection)
            return
        reader = await self._on.free_readers.get()  # where a transaction always is a snapshot
        try:
            yield Connection(reader)
        finally:
            try:
                await reader.end(commit=False)
            finally:
                self._on.free_readers.put_nowait(reader)

    async def truncate_log(self) -> None:
        """Empty SQLite's write-ahead log, which may still hold a body that was redacted."""
        if isinstance(self._on, _SqliteFile):
            async with self._on.one_writer:
                await self._on.writer.checkpoint()

    async def close(self) -> None:
        """Close every connection."""
        if isinstance(self._on, AsyncEngine):
            await self._on.dispose()
            return
        for thread in (self._on.writer, *self._on.readers):
            await thread.close()


class _SqliteFile:
    """One writer and a few readers of a SQLite file; threads start when they are first used."""

    def __init__(self, url: URL) -> None:
        self.one_writer = asyncio.Lock()
        self.writer = SqliteThread(
            url, set_up=set_up_sqlite, begin="BEGIN IMMEDIATE", name="record-writer"
        )
        read_only = partial(set_up_sqlite, read_only=True)
        self.readers = tuple(
            SqliteThread(url, set_up=read_only, begin="BEGIN", name="record-reader")
            for _ in range(READERS)
        )
        self.free_readers: asyncio.LifoQueue[SqliteThread] = asyncio.LifoQueue()
        for reader in reversed(self.readers):
            self.free_readers.put_nowait(reader)


def _postgres_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,  # an error is logged without the words of anybody
        pool_size=10,
        max_overflow=10,
        pool_timeout=30,
        pool_pre_ping=True,  # the server may have restarted since
        connect_args={"connect_timeout": 5},
    )
