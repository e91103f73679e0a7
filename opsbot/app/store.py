"""Opens the store that the settings name: record and inbox, on SQLite files or on PostgreSQL."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg

from opsbot.config.settings import Settings
from opsbot.core.scrub import Scrubber
from opsbot.ports import Clock, Inbox
from opsbot.store.database import Database, database_url
from opsbot.store.inbox import open_inbox
from opsbot.store.migrate import RecordTooNew, migrate, needs_migration
from opsbot.store.record import SqlRecord


class Unusable(Exception):
    """opsbot cannot run like this; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything durable lies."""

    record_url: str
    inbox_url: str
    engine_url: str
    lock_file: Path | None  # held by the one process that may use SQLite files

    @property
    def is_sqlite(self) -> bool:
        return self.lock_file is not None


def places(settings: Settings) -> Places:
    """Three SQLite files beside each other, or one PostgreSQL database."""
    if settings.database_url:
        url = settings.database_url
        return Places(record_url=url, inbox_url=url, engine_url=url, lock_file=None)
    folder = settings.data_dir.absolute()
    return Places(
        record_url=f"sqlite:///{folder / 'record.db'}",
        inbox_url=f"sqlite:///{folder / 'inbox.db'}",
        engine_url=f"sqlite:///{folder / 'engine.db'}",
        lock_file=folder / "opsbot.lock",
    )


class SingleProcess:
    """A lock beside the SQLite files: they belong to one process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Take the lock until `release` or the end of the process. Raises Unusable."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise Unusable(
                f"another opsbot is using {self._path.parent}, and SQLite serves one process: "
                "stop the other one, or give this one a data_dir of its own."
            ) from None
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


class SinglePostgres:
    """A lock in the database: until replicas are supported, one opsbot at a time uses it.

    It goes with the connection, so a process that died leaves nothing behind.
    """

    _KEY = 7_046_029_254_386_353_132  # any number nobody else uses

    def __init__(self, url: str) -> None:
        self._url = database_url(url).set(drivername="postgresql")
        self._connection: psycopg.AsyncConnection[tuple[bool]] | None = None

    async def take(self, wait: float) -> None:
        """Take the lock, waiting so many seconds for another process to end. Raises Unusable."""
        text = self._url.render_as_string(hide_password=False)
        connection = await psycopg.AsyncConnection[tuple[bool]].connect(
            text, autocommit=True, keepalives_idle=10
        )
        self._connection = connection
        end = asyncio.get_running_loop().time() + wait
        while True:
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (self._KEY,))
            row = await cursor.fetchone()
            if row and row[0]:
                return
            if asyncio.get_running_loop().time() >= end:
                await self.release()
                raise Unusable(
                    "another opsbot is using this database, and one at a time may: stop the "
                    "other one, or give this one a database of its own."
                )
            await asyncio.sleep(0.5)

    async def release(self) -> None:
        """Give the lock back."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


def refuse_old_sqlite(where: Places) -> None:
    """Python 3.12 and later with SQLite before 3.42 corrupts the engine's savepoints."""
    if where.is_sqlite and sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42):
        raise Unusable(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} with SQLite "
            f"{sqlite3.sqlite_version} is not supported: use Python 3.11, a build with SQLite "
            "3.42 or newer, or PostgreSQL through DATABASE_URL."
        )


@dataclass(slots=True, kw_only=True)
class Store:
    """The open store; close it when done."""

    database: Database
    record: SqlRecord
    inbox: Inbox
    close_inbox: Callable[[], object]

    async def close(self) -> None:
        """Flush the inbox and close every connection."""
        closing = self.close_inbox()
        if asyncio.iscoroutine(closing):
            await closing
        await self.database.close()


async def open_store(
    settings: Settings, clock: Clock, *, on_commit: Sequence[Callable[[], None]] = ()
) -> Store:
    """Migrate under a lock, then open record and inbox."""
    where = places(settings)
    if where.is_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(migrate, where.record_url)
    database = Database(where.record_url)
    scrubber = Scrubber(known=settings.known_secrets())
    record = SqlRecord(database, clock=clock, scrubber=scrubber, on_commit=on_commit)
    inbox = await open_inbox(
        where.inbox_url, clock=clock, max_backlog=settings.backlog_limit, database=database
    )
    return Store(database=database, record=record, inbox=inbox, close_inbox=inbox.close)


@asynccontextmanager
async def open_record(settings: Settings, clock: Clock) -> AsyncGenerator[SqlRecord]:
    """The record alone, beside a running opsbot; for tasks that read or redact.

    Raises Unusable when there is no database of this version yet.
    """
    where = places(settings)
    try:
        behind = await asyncio.to_thread(needs_migration, where.record_url)
    except RecordTooNew as too_new:
        raise Unusable(str(too_new)) from None
    if behind:
        raise Unusable("the database is not of this version yet: run `opsbot migrate` first")
    database = Database(where.record_url)
    try:
        yield SqlRecord(database, clock=clock, scrubber=Scrubber(known=settings.known_secrets()))
    finally:
        await database.close()
