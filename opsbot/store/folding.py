"""From stored rows to the current incident, reading only what is new since it was last folded."""

from __future__ import annotations

from opsbot.core.entry import Redacted
from opsbot.core.incident import evolve
from opsbot.store.database import Connection
from opsbot.store.entry_row import ENTRIES_AFTER, read_entries
from opsbot.store.state_cache import Folded, nothing_yet


async def caught_up(connection: Connection, known: Folded) -> Folded:
    """`known` and every entry since.

    A redaction among them took words out of what `known` was folded from, so then the whole
    record is read again.
    """
    incident_id, after = known.state.id, known.state.seq
    result = await connection.execute(ENTRIES_AFTER, {"incident": incident_id, "after": after})
    rows = result.all()
    if not rows:
        return known
    entries = read_entries(rows)
    if after and any(isinstance(entry.body, Redacted) for entry in entries):
        return await caught_up(connection, nothing_yet(incident_id))
    state = known.state
    for entry in entries:
        state = evolve(state, entry)
    return Folded(state=state, hash=rows[-1].hash)
