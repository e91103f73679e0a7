"""An entry on its way into the record and out again: scrub, seal, link; read and unseal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from opsbot.core.chain import Link, digest, link_hash
from opsbot.core.codec import from_data, kind_of, stored_text, to_data
from opsbot.core.entry import Body, Draft, Entry, Gone
from opsbot.core.moment import EARLIEST, LATEST, from_micros, to_micros
from opsbot.core.people import Actor, ActorKind
from opsbot.core.scrub import Scrubber
from opsbot.store.column import bounded
from opsbot.store.tables import bodies, entries

_ACTOR_KINDS = frozenset(kind.value for kind in ActorKind)
_ENDS = to_micros(EARLIEST), to_micros(LATEST)


def micros(at: datetime) -> int:
    """`at` as stored; a time whose offset leads out of the calendar stops at its end."""
    return min(max(to_micros(at), _ENDS[0]), _ENDS[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A new entry with everything that is stored of it."""

    entry: Entry
    digest: str
    hash: str
    salt: bytes
    data: str

    def entry_values(self) -> dict[str, object]:
        """The row of `entries`."""
        entry = self.entry
        return {
            "incident_id": entry.incident_id,
            "seq": entry.seq,
            "key": entry.key,
            "kind": kind_of(entry.body),
            "occurred_at": to_micros(entry.occurred_at),
            "recorded_at": to_micros(entry.recorded_at),
            "actor_kind": entry.actor.kind.value,
            "actor_id": entry.actor.id,
            "source": entry.source,
            "digest": self.digest,
            "hash": self.hash,
            "removed": stored_text(list(entry.removed)),
        }

    def body_values(self) -> dict[str, object]:
        """The row of `bodies`."""
        return {
            "incident_id": self.entry.incident_id,
            "seq": self.entry.seq,
            "salt": self.salt,
            "data": self.data,
        }


def envelope(actor_name: str, body: Body) -> dict[str, Any]:
    """What is hashed and stored as the body: the words, and the name of who said them."""
    return {"actor_name": actor_name, "body": to_data(body)}


def seal(
    draft: Draft, incident_id: str, *, after: tuple[int, str], recorded_at: datetime,
    scrubber: Scrubber, salt: bytes,
) -> Sealed:  # fmt: skip
    """Give `draft` its place behind the entry whose seq and hash are `after`.

    The entry is what will be read back later, scrubbed and through its stored form, not what was
    handed in: so a state folded now equals one folded after a restart.
    """
    data, removed = scrubber.clean_data(envelope(draft.actor.name, draft.body))
    kind = kind_of(draft.body)
    entry = Entry(
        incident_id=incident_id,
        seq=after[0] + 1,
        key=bounded(draft.key),
        occurred_at=from_micros(micros(draft.occurred_at)),
        recorded_at=from_micros(micros(recorded_at)),
        actor=Actor(kind=draft.actor.kind, id=draft.actor.id, name=data["actor_name"]),
        source=draft.source,
        body=from_data(kind, data["body"]),
        removed=removed,
    )
    sealed_digest = digest(salt, data)
    return Sealed(
        entry=entry,
        digest=sealed_digest,
        hash=link_hash(after[1], link_of(entry, kind, sealed_digest)),
        salt=salt,
        data=stored_text(data),
    )


def link_of(entry: Entry, kind: str, body_digest: str) -> Link:
    """The entry's hashed metadata."""
    return Link(
        incident_id=entry.incident_id,
        seq=entry.seq,
        key=entry.key,
        kind=kind,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        actor_kind=entry.actor.kind.value,
        actor_id=entry.actor.id,
        source=entry.source,
        digest=body_digest,
        removed=entry.removed,
    )


# Entries with their bodies, whether redacted or not.
_stored = select(entries, bodies.c.salt, bodies.c.data).outerjoin_from(
    entries,
    bodies,
    (bodies.c.incident_id == entries.c.incident_id) & (bodies.c.seq == entries.c.seq),
)
ENTRIES_AFTER = _stored.where(
    entries.c.incident_id == bindparam("incident"), entries.c.seq > bindparam("after")
).order_by(entries.c.seq)

ENTRIES_BY_KEY = _stored.where(
    entries.c.incident_id == bindparam("incident"),
    entries.c.key.in_(bindparam("keys", expanding=True)),
)


def read_entry(row: Row[Any]) -> Entry:
    """The entry a row holds; a redacted one with what remains of its body."""
    data = json.loads(row.data) if row.data is not None else None
    return Entry(
        incident_id=row.incident_id,
        seq=row.seq,
        key=row.key,
        occurred_at=from_micros(row.occurred_at),
        recorded_at=from_micros(row.recorded_at),
        actor=Actor(
            kind=_actor_kind(row.actor_kind),
            id=row.actor_id,
            name=data["actor_name"] if data else "",
        ),
        source=row.source,
        body=from_data(row.kind, data["body"]) if data else Gone(),
        removed=tuple(json.loads(row.removed)),
    )


def _actor_kind(stored: str) -> ActorKind:
    """A kind that a newer version wrote reads as a system, never as a person."""
    return ActorKind(stored) if stored in _ACTOR_KINDS else ActorKind.SYSTEM


def read_entries(rows: Sequence[Row[Any]]) -> list[Entry]:
    """`read_entry` of each."""
    return [read_entry(row) for row in rows]
