"""The inbox on PostgreSQL: a table beside the record, written in batches by one task.

Several replicas may share it; each counts its own backlog and looks again every few seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, delete, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from opsbot.ports import Clock, Delivery, InboxUnavailable, Pending
from opsbot.store.column import readable, storable
from opsbot.store.database import Connection, Database
from opsbot.store.entry_row import micros
from opsbot.store.inbox_gate import (
    ASIDE,
    HANDLED,
    LARGEST_ANSWER,
    PENDING,
    PROBE,
    Gate,
    Kept,
    kept,
    pending_of,
)
from opsbot.store.tables import inbox as table

LARGEST_BATCH = 500
LARGEST_BYTES = 16_000_000
RECOUNT_S = 5.0
PATIENCE_S = 10.0  # for one batch; a database that is silent for longer is taken to be away
_T = table.c
# One statement for any number of rows, so that it is prepared once.
_INSERT = text(
    "INSERT INTO inbox"
    " (door, key, lane, received_at, headers, body, body_sha256, state, note)"
    " SELECT *, 'pending', '' FROM unnest(CAST(:door AS text[]), CAST(:key AS text[]),"
    " CAST(:lane AS text[]), CAST(:received_at AS bigint[]), CAST(:headers AS text[]),"
    " CAST(:body AS bytea[]), CAST(:body_sha256 AS text[]))"
    " ON CONFLICT (door, key) DO NOTHING RETURNING door, key"
)
_PROBE = text(PROBE)
_FIELDS = ("door", "key", "lane", "received_at", "headers", "body", "body_sha256")


@dataclass(slots=True, kw_only=True)
class _Waiting:
    row: Kept
    answer: asyncio.Future[bool]


class PostgresInbox:
    """Implements `ports.Inbox` with group commit: durable when `put` returns."""

    def __init__(
        self, database: Database, *, clock: Clock, max_backlog: int = 50_000,
        max_queue: int = 5_000, owns_database: bool = False,
    ) -> None:  # fmt: skip
        self._database = database
        self._owns_database = owns_database
        self._clock = clock
        self._gate = Gate(max_backlog, max_queue)
        self._queue: list[_Waiting] = []
        self._in_flight = 0
        self._queued = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._recount_at = 0.0
        self.commits = 0

    async def open(self) -> None:
        """Count what is pending and start the writer. Raises InboxUnavailable."""
        try:
            async with self._database.read() as connection:
                self._gate.came(await self._count(connection))
        except (SQLAlchemyError, OSError) as problem:
            await self.close()
            raise _unavailable(problem) from problem
        self._writer = asyncio.create_task(self._write_all(), name="inbox writer")

    async def put(self, delivery: Delivery) -> bool:
        """Keep a delivery; False when its door and key were here before.

        Raises InboxFull, and InboxUnavailable when nothing can be made durable right now.
        """
        self._gate.admit(len(self._queue) + self._in_flight)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(row=kept(delivery), answer=answer))
        self._queued.set()
        return await answer

    async def pending(self, limit: int = 100, lane: str = "") -> Sequence[Pending]:
        """What waits in `lane`, or in all of them: people's deliveries first, then the oldest."""
        rows = await self._first(PENDING, limit, lane)
        return [pending_of(row.id, _kept(row)) for row in rows]

    async def handled(self, ids: Sequence[int], note: str = "") -> None:
        """Blank the bodies of these deliveries and remember that they were here."""
        done = self._settling(HANDLED, ids, note).values(body=b"", headers="{}")
        self._gate.went(await self._change(done))

    async def quarantine(self, id: int, note: str) -> None:
        """Put a delivery aside, whole, that could not be taken."""
        self._gate.went(await self._change(self._settling(ASIDE, [id], note)))

    async def quarantined(self, limit: int = 100) -> Sequence[tuple[Pending, str]]:
        """What was put aside, in the same order, each with its note."""
        rows = await self._first(ASIDE, limit)
        return [(pending_of(row.id, _kept(row)), readable(row.note)) for row in rows]

    async def release(self, ids: Sequence[int]) -> int:
        """Make what was put aside pending again; how many were."""
        again = update(table).where(_T.id.in_(ids), _T.state == ASIDE)
        count = await self._change(again.values(state=PENDING, settled_at=None, note=""))
        self._gate.came(count)
        return count

    async def backlog(self) -> int:
        """How many deliveries are pending, at most some seconds old where others write, too."""
        if self._clock.monotonic() >= self._recount_at:
            async with self._database.read() as connection:
                self._gate.unhandled = await self._count(connection)
        return self._gate.unhandled

    async def forget(self, before: datetime) -> int:
        """Delete what was handled before `before`; how many."""
        old = delete(table).where(_T.state == HANDLED, _T.settled_at < micros(before))
        async with self._database.write() as connection:
            return (await connection.execute(old)).rowcount

    async def wait(self, timeout: float) -> None:
        """Return when something was committed here since the last call, or after `timeout`."""
        await self._gate.wait(timeout)

    async def probe(self) -> None:
        """Write a row that means nothing, beside the batches. Raises InboxUnavailable."""
        if self._gate.closed or self._writer is None or self._writer.done():
            raise InboxUnavailable("the inbox is closed")
        values = {"now": micros(self._clock.now()), "body": b""}
        try:
            async with asyncio.timeout(PATIENCE_S), self._database.write() as connection:
                await connection.execute(_PROBE, values)
        except (SQLAlchemyError, OSError) as problem:  # TimeoutError is an OSError
            raise _unavailable(problem) from problem

    async def close(self) -> None:
        """Refuse new deliveries and finish what is queued."""
        self._gate.closed = True
        self._queued.set()
        if self._writer is not None:
            await self._writer
        if self._owns_database:
            await self._database.close()

    async def _write_all(self) -> None:
        while not (self._gate.closed and not self._queue):
            await self._queued.wait()
            self._queued.clear()
            while self._queue:
                await self._write(self._next_batch())

    def _next_batch(self) -> list[_Waiting]:
        count, size = 0, 0
        for one in self._queue[:LARGEST_BATCH]:
            size += len(one.row.body)
            if count and size > LARGEST_BYTES:
                break
            count += 1
        batch, self._queue = self._queue[:count], self._queue[count:]
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        self._in_flight = len(batch)
        try:
            async with asyncio.timeout(PATIENCE_S):
                new = await self._insert(batch)
        except (SQLAlchemyError, OSError) as problem:  # TimeoutError is an OSError
            failure = _unavailable(problem)
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(failure)
            return
        finally:
            self._in_flight = 0
        self.commits += 1
        self._gate.came(len(new))
        for one in batch:
            place = (one.row.door, one.row.key)
            fresh = place in new
            new.discard(place)  # the second of two in one batch was here before
            if not one.answer.done():
                one.answer.set_result(fresh)

    async def _insert(self, batch: Sequence[_Waiting]) -> set[tuple[str, str]]:
        unique = {(one.row.door, one.row.key): one.row for one in reversed(batch)}
        rows = list(unique.values())
        columns = {name: [getattr(row, name) for row in rows] for name in _FIELDS}
        async with self._database.write() as connection:
            result = await connection.execute(_INSERT, columns)
            return {(row.door, row.key) for row in result}

    def _settling(self, state: str, ids: Sequence[int], note: str) -> Update:
        change = update(table).where(_T.id.in_(ids), _T.state == PENDING)
        return change.values(state=state, settled_at=micros(self._clock.now()), note=storable(note))

    async def _change(self, change: Update) -> int:
        async with self._database.write() as connection:
            return (await connection.execute(change)).rowcount

    async def _first(self, state: str, limit: int, lane: str = "") -> Sequence[Any]:
        """The first rows in this state, stopping before an answer that would fill the memory."""
        in_order = (_T.lane.desc(), _T.id)
        wanted = select(table).where(_T.state == state)
        if lane:
            wanted = wanted.where(_T.lane == lane)
        some = wanted.order_by(*in_order).limit(limit).subquery()
        order = (some.c.lane.desc(), some.c.id)
        so_far = func.sum(func.octet_length(some.c.body)).over(order_by=order).label("so_far")
        place = func.row_number().over(order_by=order).label("place")
        sized = select(some, so_far, place).subquery()
        fitting = select(sized).where((sized.c.so_far <= LARGEST_ANSWER) | (sized.c.place == 1))
        async with self._database.read() as connection:
            return (await connection.execute(fitting.order_by(sized.c.place))).all()

    async def _count(self, connection: Connection) -> int:
        self._recount_at = self._clock.monotonic() + RECOUNT_S
        waiting = select(func.count()).select_from(table).where(_T.state == PENDING)
        return (await connection.execute(waiting)).scalar_one()


def _kept(row: Any) -> Kept:
    return Kept(
        door=row.door, key=row.key, lane=row.lane, received_at=row.received_at,
        headers=row.headers, body=row.body,
    )  # fmt: skip


def _unavailable(problem: BaseException) -> InboxUnavailable:
    return InboxUnavailable(f"nothing can be stored in the database: {type(problem).__name__}")
