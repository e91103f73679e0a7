"""The record: one append-only, hash-chained list of entries per incident.

Implements `ports.Record` on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import select

from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import Incident
from opsbot.core.people import Actor
from opsbot.core.policy import PastRun
from opsbot.core.scrub import Scrubber
from opsbot.ports import Clock, Obligation
from opsbot.store import lookup, obligations
from opsbot.store.database import Database
from opsbot.store.folding import caught_up
from opsbot.store.runs import runs_since
from opsbot.store.state_cache import StateCache
from opsbot.store.statement import take_lock
from opsbot.store.tables import blobs
from opsbot.store.transaction import SqlTransaction


class SqlRecord:
    """The record in a database that `migrate` has brought up to date.

    `on_commit` is called after each commit that wrote something, e.g. to wake whoever runs
    obligations; it must not block. `cache_size` incidents are kept folded in memory. Secrets
    rotate: `scrubber` may be replaced while the record is in use.
    """

    def __init__(
        self, database: Database, *, clock: Clock, scrubber: Scrubber,
        on_commit: Sequence[Callable[[], None]] = (), cache_size: int = 256,
    ) -> None:  # fmt: skip
        self.database = database
        self._clock = clock
        self.scrubber = scrubber
        self._on_commit = tuple(on_commit)
        self._cache = StateCache(cache_size)

    @asynccontextmanager
    async def transaction(self, lock: str = "") -> AsyncGenerator[SqlTransaction]:
        """A record transaction, alone under `lock` among all processes that use this record."""
        async with self.database.write() as connection:
            await take_lock(connection, lock)
            transaction = SqlTransaction(
                connection, cache=self._cache, scrubber=self.scrubber, clock=self._clock
            )
            yield transaction
        for folded in transaction.folded:
            self._cache.put(folded)
        if transaction.wrote:
            for call in self._on_commit:
                call()

    async def append(self, incident_id: str, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Append in a transaction of its own; see `SqlTransaction.append`."""
        async with self.transaction() as transaction:
            return await transaction.append(incident_id, drafts)

    async def incident(self, incident_id: str) -> Incident:
        """The incident as its record tells it now; empty (`seq` 0) when there is none."""
        async with self.database.read() as connection:
            folded = await caught_up(connection, self._cache.get(incident_id))
        if folded.state.seq:
            self._cache.put(folded)
        return folded.state

    async def entries(self, incident_id: str) -> Sequence[Entry]:
        """The whole record of an incident, in the order it was written."""
        async with self.database.read() as connection:
            return await lookup.entries_of(connection, incident_id)

    async def head(self, incident_id: str, seq: int) -> str:
        """The hash of the chain at entry `seq`; empty when there is no such entry."""
        async with self.database.read() as connection:
            return await lookup.head_at(connection, incident_id, seq)

    async def by_number(self, number: int) -> str | None:
        """The id of incident `number`."""
        async with self.database.read() as connection:
            return await lookup.by_number(connection, number)

    async def open_incidents(self) -> Sequence[str]:
        """The ids of all incidents that were opened and are not over, the oldest number first."""
        async with self.database.read() as connection:
            return await lookup.open_incidents(connection)

    async def runs(self, since: datetime) -> Sequence[PastRun]:
        """The runs of all incidents that were asked for since, or are not over; oldest first."""
        async with self.database.read() as connection:
            return await runs_since(connection, since)

    async def ended_incidents(self, since: datetime, limit: int) -> Sequence[str]:
        """The ids of incidents that ended since then, the newest end first."""
        async with self.database.read() as connection:
            return await lookup.ended_incidents(connection, since, limit)

    async def open_alerts(self, source: str) -> Sequence[str]:
        """The ids of the alerts of `source` that incidents hold which are not over, sorted."""
        async with self.database.read() as connection:
            return await lookup.open_alerts(connection, source)

    async def holder_of_channel(self, channel_id: str) -> str | None:
        """The id of the incident whose own room the Slack channel is; the newest, if several."""
        async with self.database.read() as connection:
            return await lookup.holder_of_channel(connection, channel_id)

    async def redact(self, incident_id: str, seq: int, actor: Actor, reason: str) -> Entry:
        """Remove the words of entry `seq` for good; see `redact.redact`. Raises NoSuchEntry."""
        async with self.transaction() as transaction:
            said = await transaction.redact(incident_id, seq, actor, reason)
        await self.database.truncate_log()
        return said

    async def due(self, now: datetime, limit: int = 100) -> Sequence[Obligation]:
        """What is open and due, the longest overdue first."""
        async with self.database.read() as connection:
            return await obligations.due(connection, now, limit)

    async def next_due(self, after: datetime | None = None) -> datetime | None:
        """When the next open obligation is due, later than `after`; None when nothing is owed."""
        async with self.database.read() as connection:
            return await obligations.next_due(connection, after)

    async def overdue(self, purpose: str, before: datetime) -> Sequence[Obligation]:
        """What is open for `purpose` and was first due before `before`, however postponed."""
        async with self.database.read() as connection:
            return await obligations.overdue(connection, purpose, before)

    async def settle(self, keys: Sequence[str]) -> None:
        """Mark open obligations as done."""
        async with self.database.write() as connection:
            await obligations.settle(connection, keys)

    async def postpone(self, key: str, due_at: datetime) -> None:
        """Move an open obligation to another time and count the attempt."""
        async with self.database.write() as connection:
            await obligations.postpone(connection, key, due_at)

    async def claim(self, key: str, now: datetime) -> datetime | None:
        """Claim an act, durably; None when this call made the claim, else when it was made."""
        async with self.database.write() as connection:
            return await obligations.claim(connection, key, now)

    async def probe(self) -> None:
        """Write a row that means nothing, durably; raises what a real write would raise now."""
        async with self.database.write() as connection:
            await obligations.probe(connection, self._clock.now())

    async def scour(self) -> None:
        """Empty the write-ahead log, which still holds what was just redacted."""
        await self.database.truncate_log()

    def clean(self, text: str) -> str:
        """The words without what the scrubber takes out of every entry."""
        return self.scrubber.clean(text)[0]

    async def blob(self, key: str) -> bytes | None:
        """What `keep_blob` kept."""
        found = select(blobs.c.data).where(blobs.c.hash == key)
        async with self.database.read() as connection:
            return (await connection.execute(found)).scalar_one_or_none()

    async def close(self) -> None:
        """Close every connection."""
        await self.database.close()
