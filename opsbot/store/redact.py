"""Redaction: an entry's words leave the record, and the chain still verifies.

The body and its salt are deleted, the blobs that it alone named are forgotten, and a `Redacted`
entry is appended. What remains of a body that carries state (`core/redaction.py`) is kept without
a salt; its hash stands in the key of the `Redacted` entry, which the chain covers, so what remains
cannot be changed unnoticed either.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, update

from opsbot.core.codec import stored_text
from opsbot.core.entry import Draft, Entry, Gone, Redacted
from opsbot.core.named_blobs import blobs_it_alone_named
from opsbot.core.people import Actor
from opsbot.core.redaction import what_remains
from opsbot.store.entry_row import ENTRIES_AFTER, envelope, read_entries
from opsbot.store.projection import derive
from opsbot.store.state_cache import Folded
from opsbot.store.statement import HEAD, insert_or_replace
from opsbot.store.tables import bodies, incidents, origins, runs

if TYPE_CHECKING:
    from opsbot.store.transaction import SqlTransaction


class NoSuchEntry(LookupError):
    """The incident has no entry with this number."""


def redaction_key(seq: int, remains: str) -> str:
    """The key of the `Redacted` entry for entry `seq`, binding what remains of its body."""
    if not remains:
        return f"redacted:{seq}"
    return f"redacted:{seq}:{hashlib.sha256(remains.encode()).hexdigest()}"


def remains_text(entry: Entry) -> str:
    """What stays stored of an entry's body, as text; empty when nothing does."""
    body = what_remains(entry.body)
    return "" if isinstance(body, Gone) else stored_text(envelope("", body))


async def redact(
    transaction: SqlTransaction, incident_id: str, seq: int, actor: Actor, reason: str
) -> Entry:
    """Remove the body of entry `seq`, and the blobs that it alone named, and return the `Redacted`
    entry that says so.

    Doing it again returns the first one. Raises NoSuchEntry.
    """
    await transaction.incident(incident_id)  # locks it
    found = await transaction.connection.execute(
        ENTRIES_AFTER, {"incident": incident_id, "after": 0}
    )
    before = read_entries(found.all())
    entry = next((one for one in before if one.seq == seq), None)
    if entry is None:
        raise NoSuchEntry(f"incident {incident_id} has no entry {seq}")
    for earlier in before:
        if isinstance(earlier.body, Redacted) and earlier.body.seq == seq:
            return earlier
    remains = remains_text(entry)
    await _take_out(transaction, entry, remains)
    await transaction.forget_blobs(incident_id, blobs_it_alone_named(before, seq))
    draft = Draft(
        key=redaction_key(seq, remains),
        occurred_at=transaction.clock.now(),
        actor=actor,
        source="opsbot",
        body=Redacted(seq=seq, reason=reason),
    )
    (said,) = await transaction.append(incident_id, [draft])
    await _forget_words(transaction, incident_id)
    return said


async def _take_out(transaction: SqlTransaction, entry: Entry, remains: str) -> None:
    here = (bodies.c.incident_id == entry.incident_id) & (bodies.c.seq == entry.seq)
    if remains:
        change = update(bodies).where(here).values(salt=None, data=remains)
    else:
        change = delete(bodies).where(here)
    await transaction.connection.execute(change)


async def _forget_words(transaction: SqlTransaction, incident_id: str) -> None:
    """Make the incident's projections again from what is left of its record."""
    connection = transaction.connection
    result = await connection.execute(ENTRIES_AFTER, {"incident": incident_id, "after": 0})
    derived = derive(incident_id, read_entries(result.all()))
    await insert_or_replace(connection, incidents, derived.index.values())
    for table, rows in ((origins, derived.origins), (runs, derived.runs)):
        await connection.execute(delete(table).where(table.c.incident_id == incident_id))
        if rows:
            await connection.execute(insert(table), [row.values() for row in rows])
    head = (await connection.execute(HEAD, {"incident": incident_id})).one()
    transaction.refolded(Folded(state=derived.state, hash=head.hash))
