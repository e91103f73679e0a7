"""Connections: one writer and several readers on SQLite, a pool on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, CursorResult, Executable, event, make_url
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]
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
    """What statements are executed on, inside a transaction.

    On SQLite a statement runs to its end even when its caller is cancelled: an interrupted one
    would keep its lock until the garbage collector finds it.
    """

    def __init__(self, connection: AsyncConnection, *, is_sqlite: bool) -> None:
        self._connection = connection
        self.is_sqlite = is_sqlite

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Rows | None = None
    ) -> CursorResult[Any]:
        """Execute one statement."""
        executed = self._connection.execute(statement, parameters)
        return await (to_its_end(executed) if self.is_sqlite else executed)


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Do `work` whole; a cancellation that arrives meanwhile is raised afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it has been seen
        raise


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
    async def write(self) -> AsyncGenerator[Connection]:
        """A write transaction, committed on leaving and rolled back on an exception."""
        if not self.is_sqlite:
            async with self._writer.begin() as connection:
                yield Connection(connection, is_sqlite=False)
            return
        async with self._one_writer, _opened(self._writer) as connection:
            try:
                yield Connection(connection, is_sqlite=True)
            except BaseException:
                await to_its_end(connection.rollback())
                raise
            await to_its_end(connection.commit())

    @asynccontextmanager
    async def read(self, *, snapshot: bool = False) -> AsyncGenerator[Connection]:
        """A read transaction; with `snapshot`, every statement in it sees the same moment."""
        if self.is_sqlite:  # where a read transaction always is a snapshot
            async with _opened(self._readers) as connection:
                yield Connection(connection, is_sqlite=True)
            return
        async with self._readers.connect() as connection:
            if snapshot:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield Connection(connection, is_sqlite=False)

    async def truncate_log(self) -> None:
        """Empty SQLite's write-ahead log, which may still hold a body that was redacted."""
        if self.is_sqlite:
            async with self._one_writer, self._writer.connect() as connection:
                await to_its_end(connection.run_sync(_truncate_log))

    async def close(self) -> None:
        """Close every connection."""
        for engine in self.engines:
            await engine.dispose()


@asynccontextmanager
async def _opened(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    """A connection with a transaction begun, given back whatever happens."""
    connection = engine.connect()
    try:
        await to_its_end(_begin(connection))
        yield connection
    finally:
        await to_its_end(connection.close())


async def _begin(connection: AsyncConnection) -> None:
    await connection.start()
    await connection.begin()


def _truncate_log(connection: SyncConnection) -> None:
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

    def begun(connection: SyncConnection) -> None:
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
