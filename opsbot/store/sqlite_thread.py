"""A SQLite connection that lives on a thread of its own.

Every call is one trip to that thread. (Tried: SQLAlchemy's asyncio driver makes three or four
trips per statement, and one append cost three times the processor time.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Engine,
    Executable,
    NullPool,
    create_engine,
    event,
)
from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
Step = tuple[Executable, Any]


class SqliteThread:
    """One connection, one transaction at a time. What is handed in runs in that order, also when
    whoever waits for it is cancelled, so a rollback always comes after the statement before it.
    """

    def __init__(self, url: URL, *, set_up: Callable[[Any], None], begin: str, name: str) -> None:
        self.engine: Engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: Connection | None = None

        def connected(dbapi_connection: Any, _record: Any) -> None:
            set_up(dbapi_connection)

        def begun(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(self.engine, "connect", connected)
        event.listen(self.engine, "begin", begun)

    async def execute(self, steps: Sequence[Step]) -> list[CursorResult[Any]]:
        """Execute statements one after the other, beginning a transaction if there is none."""

        def work() -> list[CursorResult[Any]]:
            connection = self._opened()
            return [_buffered(connection.execute(*step)) for step in steps]

        return await self._go(work)

    async def end(self, *, commit: bool) -> None:
        """Commit or roll back, whole, even when the caller is cancelled meanwhile."""
        await to_its_end(self._go(self._commit if commit else self._roll_back))

    async def checkpoint(self) -> None:
        """Write the log back into the database file and empty it."""

        def work() -> None:
            cursor = self._opened().connection.cursor()  # below SQLAlchemy: in no transaction
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()

        await to_its_end(self._go(work))

    async def close(self) -> None:
        """Roll back what is unfinished, close the connection and end the thread."""
        await to_its_end(self._go(self._drop))
        self._thread.shutdown(wait=False)

    async def _go(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> Connection:
        if self._connection is None:
            self._connection = self.engine.connect()
        return self._connection

    def _commit(self) -> None:
        if self._connection is not None:
            try:
                self._connection.commit()
            except SQLAlchemyError:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._connection is not None:
            try:
                self._connection.rollback()
            except SQLAlchemyError:  # the file is gone or broken: the next call opens it anew
                self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()
        self.engine.dispose()


def _buffered(result: CursorResult[Any]) -> CursorResult[Any]:
    """The result with its rows in memory, to be read on another thread."""
    return result.freeze()() if result.returns_rows else result  # type: ignore[return-value]


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
