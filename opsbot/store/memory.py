"""The record in memory: `opsbot replay` and the flows' unit tests. It keeps the same promises as
the stored one (and passes the same contract suite), but nothing survives the process."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import Incident, evolve, new_incident
from opsbot.core.named_blobs import blobs_it_alone_named, named_blobs
from opsbot.core.people import Actor
from opsbot.core.policy import PastRun
from opsbot.core.redaction import what_remains
from opsbot.core.scrub import Scrubber
from opsbot.ports import Clock, Obligation, Transaction
from opsbot.store.projection import derive
from opsbot.store.run_rows import RunRow, asked_since, run_row


class MemoryRecord:
    """A record whose transactions are undone by restoring what was there before."""

    def __init__(self, clock: Clock, on_commit: Callable[[], None] = lambda: None) -> None:
        self._clock, self._on_commit = clock, on_commit
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._states: dict[str, Incident] = {}
        self._open: dict[str, Obligation] = {}
        self._first_due: dict[str, datetime] = {}
        self._claims: dict[str, datetime] = {}
        self._blobs: dict[str, bytes] = {}
        self._runs: dict[tuple[str, str], RunRow] = {}

    @asynccontextmanager
    async def transaction(self, lock: str = "") -> AsyncGenerator[Transaction]:
        """All or nothing: an exception leaves the record as it was."""
        kept = (
            dict(self._entries), dict(self._states), dict(self._open), dict(self._first_due),
            dict(self._runs),
        )  # fmt: skip
        held = dict(self._blobs)
        try:
            yield self
        except BaseException:
            self._entries, self._states, self._open, self._first_due, self._runs = kept
            self._blobs = held
            raise
        self._on_commit()

    async def append(self, incident_id: str, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Append what is new; a known key gives the stored entry."""
        return [self._append(incident_id, draft) for draft in drafts]

    def _append(self, incident_id: str, draft: Draft) -> Entry:
        held = self._entries.get(incident_id, ())
        for entry in held:
            if entry.key == draft.key:
                return entry
        entry = Entry(
            incident_id=incident_id, seq=len(held) + 1, key=draft.key,
            occurred_at=draft.occurred_at, recorded_at=self._clock.now(), actor=draft.actor,
            source=draft.source, body=draft.body,
        )  # fmt: skip
        self._entries[incident_id] = (*held, entry)
        state = self._states.get(incident_id) or new_incident(incident_id)
        state = self._states[incident_id] = evolve(state, entry)
        if (row := run_row(state, entry)) is not None:
            self._runs[incident_id, row.run_id] = row
        return entry

    async def incident(self, incident_id: str) -> Incident:
        return self._states.get(incident_id) or new_incident(incident_id)

    async def entries(self, incident_id: str) -> Sequence[Entry]:
        return self._entries.get(incident_id, ())

    async def head(self, incident_id: str, seq: int) -> str:
        return ""  # nothing is hashed here

    async def find_origin(self, source: str, origin_id: str) -> str | None:
        for incident_id, entries in self._entries.items():
            for entry in entries:
                match entry.body:
                    case e.Opened(origin=origin) | e.Joined(origin=origin):
                        if (origin.source, origin.id) == (source, origin_id):
                            return incident_id
                    case _:
                        pass
        return None

    async def find_recent(
        self, *, source: str, dedup_key: str, service_id: str, since: datetime
    ) -> Incident | None:
        def fits(state: Incident) -> bool:
            origins = [a.origin for a in state.alerts.values() if a.origin.source == source]
            if dedup_key:
                same = any(origin.dedup_key == dedup_key for origin in origins)
            else:
                same = bool(service_id) and state.service.source_id == service_id
            return same and (state.over_at is None or state.over_at >= since)

        found = [state for state in self._states.values() if state.number and fits(state)]
        return max(found, key=lambda state: state.number, default=None)

    async def next_number(self) -> int:
        return 1 + max((state.number for state in self._states.values()), default=0)

    async def by_number(self, number: int) -> str | None:
        found = (s.id for s in self._states.values() if s.number == number and number)
        return next(found, None)

    async def open_incidents(self) -> Sequence[str]:
        standing = [s for s in self._states.values() if s.number and not s.status.is_over]
        return [s.id for s in sorted(standing, key=lambda s: s.number)]

    async def runs(self, since: datetime) -> Sequence[PastRun]:
        return asked_since(self._runs.values(), since)

    async def ended_incidents(self, since: datetime, limit: int) -> Sequence[str]:
        ended = [
            (s.over_at, s.number, s.id)
            for s in self._states.values()
            if s.number and s.over_at is not None and s.over_at >= since
        ]
        return [one for _, _, one in sorted(ended, reverse=True)[:limit]]

    async def open_alerts(self, source: str) -> Sequence[str]:
        standing = [self._states[one] for one in await self.open_incidents()]
        origins = (alert.origin for state in standing for alert in state.alerts.values())
        return sorted({origin.id for origin in origins if origin.source == source})

    async def holder_of_channel(self, channel_id: str) -> str | None:
        held = [s for s in self._states.values() if s.surface.channel_id == channel_id != ""]
        newest = max(held, key=lambda s: s.number, default=None)
        return newest.id if newest else None

    async def owe(self, obligation: Obligation) -> None:
        if obligation.key not in self._first_due:
            self._first_due[obligation.key] = obligation.due_at
            self._open[obligation.key] = replace(obligation, owed_since=obligation.due_at)

    async def cancel(self, incident_id: str, purpose: str) -> int:
        moot = [
            key
            for key, owed in self._open.items()
            if (owed.incident_id, owed.purpose) == (incident_id, purpose)
        ]
        for key in moot:
            del self._open[key]
            del self._first_due[key]  # owed again, it opens anew
        return len(moot)

    async def due(self, now: datetime, limit: int = 100) -> Sequence[Obligation]:
        due = [owed for owed in self._open.values() if owed.due_at <= now]
        return sorted(due, key=lambda owed: (owed.due_at, owed.key))[:limit]

    async def next_due(self, after: datetime | None = None) -> datetime | None:
        times = [o.due_at for o in self._open.values() if after is None or o.due_at > after]
        return min(times, default=None)

    async def settle(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._open.pop(key, None)

    async def postpone(self, key: str, due_at: datetime) -> None:
        if key in self._open:
            owed = self._open[key]
            self._open[key] = replace(owed, due_at=due_at, attempt=owed.attempt + 1)

    async def overdue(self, purpose: str, before: datetime) -> Sequence[Obligation]:
        return [
            owed
            for owed in self._open.values()
            if owed.purpose == purpose and self._first_due[owed.key] < before
        ]

    async def claim(self, key: str, now: datetime) -> datetime | None:
        if key in self._claims:
            return self._claims[key]
        self._claims[key] = now
        return None

    async def scour(self) -> None:
        """Nothing is logged here."""

    def clean(self, text: str) -> str:
        return Scrubber().clean(text)[0]

    async def keep_blob(self, data: bytes) -> str:
        key = hashlib.sha256(data).hexdigest()
        self._blobs[key] = data
        return key

    async def forget_blobs(self, incident_id: str, keys: Collection[str]) -> None:
        """Forget what was kept, but for what an entry of another incident names."""
        others = [held for other, held in self._entries.items() if other != incident_id]
        named = {key for held in others for entry in held for key in named_blobs(entry.body)}
        for key in set(keys) - named:
            self._blobs.pop(key, None)

    async def blob(self, key: str) -> bytes | None:
        return self._blobs.get(key)

    async def redact(self, incident_id: str, seq: int, actor: Actor, reason: str) -> Entry:
        """Take the words out and fold anew, as the stored record does."""
        held = self._entries.get(incident_id, ())
        if not 1 <= seq <= len(held):
            raise LookupError(f"incident {incident_id} has no entry {seq}")
        await self.forget_blobs(incident_id, blobs_it_alone_named(held, seq))
        left = replace(held[seq - 1], body=what_remains(held[seq - 1].body))
        self._entries[incident_id] = (*held[: seq - 1], left, *held[seq:])
        said = self._append(
            incident_id,
            Draft(
                key=f"redacted:{seq}", occurred_at=self._clock.now(), actor=actor,
                source="opsbot", body=e.Redacted(seq=seq, reason=reason),
            ),
        )  # fmt: skip
        derived = derive(incident_id, self._entries[incident_id])
        self._states[incident_id] = derived.state
        self._runs = {key: row for key, row in self._runs.items() if key[0] != incident_id}
        self._runs |= {(incident_id, row.run_id): row for row in derived.runs}
        return said

    async def probe(self) -> None:
        self._claims["probe"] = self._clock.now()
