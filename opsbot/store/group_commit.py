"""One thread, one SQLite connection: whatever is queued goes into one transaction.

No timer: while one commit waits for the disk the next batch gathers by itself, so a lone write
is as quick as the disk and a storm costs one sync per batch.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from opsbot.ports import InboxUnavailable
from opsbot.store.database import private_file, set_up_sqlite

T = TypeVar("T")
LARGEST_BATCH = 1000
BUSY_S = 2.0  # another process may hold the file for a moment, e.g. `opsbot inbox --retry`


@dataclass(slots=True, kw_only=True)
class _Job(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    after: Callable[[T], None]
    future: asyncio.Future[T]


_Outcome = tuple[_Job[Any], Any, BaseException | None]


class GroupCommit:
    """Runs jobs against a SQLite file, many to a transaction, and answers after the commit.

    `prepare` makes the tables on a fresh connection. When the disk is full or the file is gone,
    every job fails at once with InboxUnavailable, and the next batch tries again.
    """

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._path, self._prepare = path, prepare
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer {path.name}", daemon=True)
        self._closed = False
        self.waiting = 0  # jobs that were handed in and not answered
        self.commits = 0
        self._thread.start()

    async def run(
        self, work: Callable[[sqlite3.Connection], T], after: Callable[[T], None] = lambda _: None
    ) -> T:
        """Do `work` in the next transaction; its result, once that is durable.

        `after` is called with the result on the event loop, in commit order, even when the
        caller has gone away. Raises InboxUnavailable.
        """
        if self._closed:
            raise InboxUnavailable("the inbox is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self.waiting += 1
        self._jobs.put(_Job(work=work, after=after, future=future))
        return await future

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        going = True
        while going:
            batch = self._next_batch()
            going = None not in batch
            jobs = [job for job in batch if job is not None]
            outcomes = self._commit(jobs) if jobs else []
            try:
                self._loop.call_soon_threadsafe(self._answer, outcomes)
            except RuntimeError:  # the loop is closed: nobody is left to hear
                going = False
        self._drop_connection()

    def _next_batch(self) -> list[_Job[Any] | None]:
        batch = [self._jobs.get()]
        while len(batch) < LARGEST_BATCH and batch[-1] is not None:
            try:
                batch.append(self._jobs.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, jobs: Sequence[_Job[Any]]) -> list[_Outcome]:
        try:
            connection = self._connection or self._open()
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [_outcome(job, connection) for job in jobs]
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as problem:
            self._recover(problem)
            failure = InboxUnavailable(f"nothing can be stored in {self._path.name}: {problem}")
            return [(job, None, failure) for job in jobs]
        self.commits += 1
        return outcomes

    def _open(self) -> sqlite3.Connection:
        private_file(self._path)
        connection = sqlite3.connect(self._path, timeout=BUSY_S)
        try:
            set_up_sqlite(connection)
            connection.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _recover(self, problem: Exception) -> None:
        """A full disk leaves the connection good once it is rolled back; after anything else the
        file is opened anew."""
        full = getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        if self._connection is not None and full:
            try:
                self._connection.rollback()
                return
            except sqlite3.Error:
                pass
        self._drop_connection()

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _answer(self, outcomes: Sequence[_Outcome]) -> None:
        self.waiting -= len(outcomes)
        for job, result, failure in outcomes:
            if failure is None:
                job.after(result)
            if job.future.done():  # the caller was cancelled
                continue
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)


def _outcome(job: _Job[Any], connection: sqlite3.Connection) -> _Outcome:
    """One job's result. What is wrong with this job alone must not fail its neighbours."""
    try:
        return job, job.work(connection), None
    except (sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as problem:
        return job, None, problem
    except (ValueError, OverflowError, TypeError) as problem:
        return job, None, cast("BaseException", problem)
