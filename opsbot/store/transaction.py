"""One record transaction: facts and what they owe become true together or not at all."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select

from opsbot.core.chain import GENESIS
from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import Incident, evolve
from opsbot.core.people import Actor
from opsbot.core.policy import PastRun
from opsbot.core.scrub import Scrubber
from opsbot.ports import Clock, Obligation
from opsbot.store import lookup, obligations
from opsbot.store.column import bounded
from opsbot.store.database import Connection
from opsbot.store.entry_row import ENTRIES_BY_KEY, Sealed, micros, read_entry, seal
from opsbot.store.folding import caught_up
from opsbot.store.forget import forget_blobs
from opsbot.store.projection import OriginRow, index_row, origin_row
from opsbot.store.redact import redact
from opsbot.store.run_rows import RunRow, run_row
from opsbot.store.runs import runs_since
from opsbot.store.state_cache import Folded, StateCache, nothing_yet
from opsbot.store.statement import (
    HEAD_LOCKED,
    INCIDENT_NUMBER,
    MOVE_HEAD,
    count_up,
    in_slices,
    insert_new,
    insert_or_replace,
)
from opsbot.store.tables import blobs, bodies, entries, heads, incidents, origins, runs

_INSERT_ENTRIES, _INSERT_BODIES = insert(entries), insert(bodies)


class OriginTaken(Exception):
    """An alert belongs to one incident. Look for it with `find_origin`, under a lock, first."""


class SqlTransaction:
    """Implements `ports.Transaction`. An incident that was read or appended to stays locked until
    the end, so what is decided on its state is still true when it is written."""

    def __init__(
        self, connection: Connection, *, cache: StateCache, scrubber: Scrubber, clock: Clock
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.wrote = False
        self._cache = cache
        self._scrubber = scrubber
        self._folded: dict[str, Folded] = {}

    @property
    def folded(self) -> tuple[Folded, ...]:
        """The states as this transaction leaves them."""
        return tuple(self._folded.values())

    async def incident(self, incident_id: str) -> Incident:
        """The incident with what this transaction appended; empty when there is none."""
        return (await self._standing(incident_id)).state

    async def append(self, incident_id: str, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Append `drafts` in order and return their entries; one whose key is known returns the
        entry that stands under it. Raises OriginTaken when an alert is part of another incident.
        """
        if not drafts:
            return ()
        folded = await self._locked(incident_id)
        known = await self._known(folded, [bounded(draft.key) for draft in drafts])
        fresh: list[Sealed] = []
        alerts: list[OriginRow] = []
        moved: dict[str, RunRow] = {}
        now, state, place = self.clock.now(), folded.state, folded.place
        for draft in drafts:
            if bounded(draft.key) in known:
                continue
            sealed = seal(
                draft, incident_id, after=place, recorded_at=now, scrubber=self._scrubber,
                salt=secrets.token_bytes(16),
            )  # fmt: skip
            state, place = evolve(state, sealed.entry), (sealed.entry.seq, sealed.hash)
            known[sealed.entry.key] = sealed.entry
            fresh.append(sealed)
            alert = origin_row(state, sealed.entry)
            alerts += [alert] if alert else []
            run = run_row(state, sealed.entry)
            moved |= {run.run_id: run} if run else {}
        if fresh:
            await self._write(folded, Folded(state=state, hash=place[1]), fresh)
            await self._write_rows(alerts, moved.values())
        return [known[bounded(draft.key)] for draft in drafts]

    async def find_origin(self, source: str, origin_id: str) -> str | None:
        """The incident that an alert is part of."""
        found = select(origins.c.incident_id).where(
            origins.c.source == bounded(source), origins.c.origin_id == bounded(origin_id)
        )
        return (await self.connection.execute(found)).scalar_one_or_none()

    async def find_recent(
        self, *, source: str, dedup_key: str, service_id: str, since: datetime
    ) -> Incident | None:
        """The newest incident of the same alert that is open, or was over no earlier than `since`.

        The same alert is one with the same dedup key; one without is told by its service.
        """
        if dedup_key:
            same = origins.c.dedup_key == bounded(dedup_key)
        elif service_id:
            same = origins.c.service_id == bounded(service_id)
        else:
            return None
        standing = or_(incidents.c.over_at.is_(None), incidents.c.over_at >= micros(since))
        found = (
            select(origins.c.incident_id)
            .join(incidents, incidents.c.incident_id == origins.c.incident_id)
            .where(origins.c.source == bounded(source), same, standing)
            .order_by(incidents.c.number.desc())
            .limit(1)
        )
        incident_id = (await self.connection.execute(found)).scalar_one_or_none()
        return None if incident_id is None else await self.incident(incident_id)

    async def next_number(self) -> int:
        """The next incident number; given back when the transaction fails."""
        self.wrote = True
        return await count_up(self.connection, INCIDENT_NUMBER)

    async def by_number(self, number: int) -> str | None:
        """The id of incident `number`."""
        return await lookup.by_number(self.connection, number)

    async def holder_of_channel(self, channel_id: str) -> str | None:
        """The id of the incident whose room the Slack channel is."""
        return await lookup.holder_of_channel(self.connection, channel_id)

    async def open_incidents(self) -> Sequence[str]:
        """The ids of all incidents that are not over, the oldest number first."""
        return await lookup.open_incidents(self.connection)

    async def runs(self, since: datetime) -> Sequence[PastRun]:
        """The runs that were asked for since, or are not over; the oldest first."""
        return await runs_since(self.connection, since)

    async def entries(self, incident_id: str) -> Sequence[Entry]:
        """The whole record of an incident, in the order it was written."""
        return await lookup.entries_of(self.connection, incident_id)

    async def redact(self, incident_id: str, seq: int, actor: Actor, reason: str) -> Entry:
        """Remove the words of entry `seq` for good; see `redact.redact`. Raises NoSuchEntry."""
        return await redact(self, incident_id, seq, actor, reason)

    async def keep_blob(self, data: bytes) -> str:
        """Keep something large under its SHA-256, and return that."""
        self.wrote = True
        key = hashlib.sha256(data).hexdigest()
        # Replaced by itself if it is there: that locks the row until the entry is written, and
        # whoever would forget it waits and sees the entry.
        await insert_or_replace(self.connection, blobs, {"hash": key, "data": data})
        return key

    async def forget_blobs(self, incident_id: str, keys: Collection[str]) -> None:
        """Delete what was kept under `keys`, but for what an entry of another incident names."""
        self.wrote = True
        await forget_blobs(self.connection, incident_id, keys)

    async def owe(self, obligation: Obligation) -> None:
        """Owe a flow; a key that is open or done already stays as it is."""
        self.wrote = True
        await obligations.owe(self.connection, obligation, self.clock.now())

    async def cancel(self, incident_id: str, purpose: str) -> int:
        """Cancel what is open for this purpose; how many were."""
        self.wrote = True
        return await obligations.cancel(self.connection, incident_id, purpose)

    def refolded(self, folded: Folded) -> None:
        """Take `folded` for the state from here on: words left the record underneath."""
        self._folded[folded.state.id] = folded
        self._cache.drop(folded.state.id)

    async def _standing(self, incident_id: str) -> Folded:
        """The state at the locked head, or an empty one while there is no head to lock."""
        if incident_id in self._folded:
            return self._folded[incident_id]
        result = await self.connection.execute(HEAD_LOCKED, {"incident": incident_id})
        head = result.first()
        if head is None:
            return nothing_yet(incident_id)
        folded = self._cache.get(incident_id)
        if folded.place != (head.seq, head.hash):
            if folded.state.seq >= head.seq:  # a restored database: what we knew never happened
                self._cache.drop(incident_id)
                folded = nothing_yet(incident_id)
            folded = await caught_up(self.connection, folded)
        self._folded[incident_id] = folded
        return folded

    async def _locked(self, incident_id: str) -> Folded:
        folded = await self._standing(incident_id)
        if incident_id in self._folded:
            return folded
        first = {"incident_id": incident_id, "seq": 0, "hash": GENESIS}
        await insert_new(self.connection, heads, first)
        return await self._standing(incident_id)  # somebody else may have been quicker

    async def _known(self, folded: Folded, keys: Sequence[str]) -> dict[str, Entry]:
        known: dict[str, Entry] = {}
        for some in in_slices(keys) if folded.state.seq else ():
            given = {"incident": folded.state.id, "keys": some}
            for row in await self.connection.execute(ENTRIES_BY_KEY, given):
                known[row.key] = read_entry(row)
        return known

    async def _write(self, before: Folded, after: Folded, fresh: Sequence[Sealed]) -> None:
        self.wrote = True
        connection, incident_id = self.connection, after.state.id
        head = {"incident": incident_id, "to_seq": after.state.seq, "to_hash": after.hash}
        await connection.execute_all(
            [
                (_INSERT_ENTRIES, [one.entry_values() for one in fresh]),
                (_INSERT_BODIES, [one.body_values() for one in fresh]),
                (MOVE_HEAD, head),
            ]
        )
        index = index_row(after.state)
        if before.state.seq == 0 or index != index_row(before.state):
            await insert_or_replace(connection, incidents, index.values())
        self._folded[incident_id] = after

    async def _write_rows(self, alerts: Iterable[OriginRow], moved: Iterable[RunRow]) -> None:
        for alert in alerts:
            await self._write_origin(alert)
        for run in moved:
            await insert_or_replace(self.connection, runs, run.values())

    async def _write_origin(self, row: OriginRow) -> None:
        if await insert_new(self.connection, origins, row.values()):
            return
        holder = await self.find_origin(row.source, row.origin_id)
        if holder != row.incident_id:
            raise OriginTaken(f"{row.source} {row.origin_id} is part of incident {holder}")
