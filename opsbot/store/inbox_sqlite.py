"""The inbox on SQLite: a file of its own, quarantine for deliveries until they are handled.

pending -> handled   the body is blanked; key and hash stay, so that a repeat is recognised
pending -> aside     could not be taken: kept whole until somebody releases it
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from opsbot.ports import Clock, Delivery, InboxUnavailable, Pending
from opsbot.store.column import readable, storable
from opsbot.store.entry_row import micros
from opsbot.store.group_commit import GroupCommit
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

VERSION = 1  # of the file's tables, kept in SQLite's user_version
_INSERT = (
    "INSERT INTO inbox (door, key, lane, received_at, headers, body, body_sha256, state, note) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', '') ON CONFLICT (door, key) DO NOTHING"
)
_SELECT = "SELECT id, door, key, lane, received_at, headers, body FROM inbox WHERE state = "
_SETTLE = "UPDATE inbox SET state = ?, settled_at = ?, note = ?"


class SqliteInbox:
    """Implements `ports.Inbox` with group commit: durable when `put` returns."""

    def __init__(
        self, path: Path, *, clock: Clock, max_backlog: int = 50_000, max_queue: int = 5_000
    ) -> None:
        self._clock = clock
        self._gate = Gate(max_backlog, max_queue)
        self._writer = GroupCommit(path, prepare)

    @property
    def commits(self) -> int:
        """How many transactions were committed; fewer than deliveries while there is a storm."""
        return self._writer.commits

    async def open(self) -> None:
        """Open the file and count what is still pending. Raises InboxUnavailable."""
        count = "SELECT count(*) FROM inbox WHERE state = 'pending'"
        try:
            self._gate.came(await self._writer.run(lambda c: int(c.execute(count).fetchone()[0])))
        except InboxUnavailable:
            await self.close()
            raise

    async def put(self, delivery: Delivery) -> bool:
        """Keep a delivery; False when its door and key were here before.

        Raises InboxFull, and InboxUnavailable when nothing can be made durable right now.
        """
        self._gate.admit(self._writer.waiting)
        row = kept(delivery)
        values = (row.door, row.key, row.lane, row.received_at, row.headers, row.body)

        def work(connection: sqlite3.Connection) -> bool:
            return connection.execute(_INSERT, (*values, row.body_sha256)).rowcount == 1

        return await self._writer.run(work, after=self._gate.came)

    async def pending(self, limit: int = 100, lane: str = "") -> Sequence[Pending]:
        """What waits in `lane`, or in all of them: people's deliveries first, then the oldest."""
        within = "AND lane = ? " if lane else ""
        values = (lane, limit) if lane else (limit,)

        def work(connection: sqlite3.Connection) -> list[Pending]:
            order = f"'pending' {within}ORDER BY lane DESC, id LIMIT ?"
            return _read(connection.execute(_SELECT + order, values))

        return await self._writer.run(work)

    async def handled(self, ids: Sequence[int], note: str = "") -> None:
        """Blank the bodies of these deliveries and remember that they were here."""
        blank = ", headers = '{}', body = x'' WHERE id = ? AND state = 'pending'"
        await self._settle(HANDLED, ids, note, blank)

    async def quarantine(self, id: int, note: str) -> None:
        """Put a delivery aside, whole, that could not be taken."""
        await self._settle(ASIDE, [id], note, " WHERE id = ? AND state = 'pending'")

    async def quarantined(self, limit: int = 100) -> Sequence[tuple[Pending, str]]:
        """What was put aside, in the same order, each with its note."""

        def work(connection: sqlite3.Connection) -> list[tuple[Pending, str]]:
            order = "'aside' ORDER BY lane DESC, id LIMIT ?"
            found = _read(connection.execute(_SELECT + order, (limit,)))
            return [(one, _note(connection, one.id)) for one in found]

        return await self._writer.run(work)

    async def release(self, ids: Sequence[int]) -> int:
        """Make what was put aside pending again; how many were."""
        again = _SETTLE + " WHERE id = ? AND state = 'aside'"

        def work(connection: sqlite3.Connection) -> int:
            rows = [(PENDING, None, "", number) for number in ids]
            return connection.executemany(again, rows).rowcount

        return await self._writer.run(work, after=self._gate.came)

    async def backlog(self) -> int:
        """How many deliveries are pending; a count kept in memory."""
        return self._gate.unhandled

    async def forget(self, before: datetime) -> int:
        """Delete what was handled before `before`; how many."""
        old = "DELETE FROM inbox WHERE state = 'handled' AND settled_at < ?"
        return await self._writer.run(lambda c: c.execute(old, (micros(before),)).rowcount)

    async def wait(self, timeout: float) -> None:
        """Return when something was committed since the last call, or after `timeout` seconds."""
        await self._gate.wait(timeout)

    async def probe(self) -> None:
        """Write a row that means nothing in the next transaction. Raises InboxUnavailable."""
        values = {"now": micros(self._clock.now()), "body": b""}
        await self._writer.run(lambda c: c.execute(PROBE, values).rowcount)

    async def close(self) -> None:
        """Refuse new deliveries, finish what is queued, close the file."""
        self._gate.closed = True
        await self._writer.close()

    async def _settle(self, state: str, ids: Sequence[int], note: str, rest: str) -> None:
        rows = [(state, micros(self._clock.now()), storable(note), number) for number in ids]

        def work(connection: sqlite3.Connection) -> int:
            return connection.executemany(_SETTLE + rest, rows).rowcount

        await self._writer.run(work, after=self._gate.went)


def prepare(connection: sqlite3.Connection) -> None:
    """Create the tables of a new file. Raises InboxUnavailable for a newer opsbot's file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise sqlite3.DatabaseError("it was written by a newer opsbot")
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in _tables():
        connection.execute(statement)
    connection.execute("COMMIT")


def create_inbox(connection: Connection) -> None:
    """The same through SQLAlchemy, for restoring into a new file."""
    for statement in _tables():
        connection.exec_driver_sql(statement)


def _tables() -> list[str]:
    made: list[CreateTable | CreateIndex] = [CreateTable(table, if_not_exists=True)]
    made += [CreateIndex(index, if_not_exists=True) for index in table.indexes]
    statements = [str(one.compile(dialect=sqlite.dialect())) for one in made]
    return [*statements, f"PRAGMA user_version = {VERSION}"]


def _note(connection: sqlite3.Connection, number: int) -> str:
    (note,) = connection.execute("SELECT note FROM inbox WHERE id = ?", (number,)).fetchone()
    return readable(note)


def _read(rows: sqlite3.Cursor) -> list[Pending]:
    """Rows as deliveries, stopping before an answer that would fill the memory."""
    found: list[Pending] = []
    size = 0
    for number, door, key, lane, received_at, headers, body in rows:
        size += len(body)
        if found and size > LARGEST_ANSWER:
            break
        row = Kept(
            door=door, key=key, lane=lane, received_at=received_at, headers=headers, body=body
        )
        found.append(pending_of(number, row))
    return found
