"""Forgetting blobs: what they hold leaves the store, unless another incident still names them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlalchemy import delete, or_, select

from opsbot.core.codec import all_kinds, from_data
from opsbot.core.named_blobs import NAMING, named_blobs
from opsbot.store.database import Connection
from opsbot.store.statement import in_slices
from opsbot.store.tables import blobs, bodies, entries

_SLICE = 50  # keys that one statement looks for


async def forget_blobs(connection: Connection, incident_id: str, keys: Collection[str]) -> None:
    """Delete these blobs, but those that an entry of another incident names."""
    for some in in_slices(sorted(set(keys)), _SLICE):
        # Locked first, in one order: who keeps the same bytes right now has written its entry then.
        stored = select(blobs.c.hash).where(blobs.c.hash.in_(some)).order_by(blobs.c.hash)
        stored = stored.with_for_update()
        held = (await connection.execute(stored)).scalars().all()
        named = await _named_elsewhere(connection, incident_id, held)
        if gone := [key for key in held if key not in named]:
            await connection.execute(delete(blobs).where(blobs.c.hash.in_(gone)))


async def _named_elsewhere(
    connection: Connection, incident_id: str, keys: Sequence[str]
) -> frozenset[str]:
    """What entries of other incidents name of these; words that merely quote a key name nothing."""
    if not keys:
        return frozenset()
    named_by = entries.c.kind.in_(NAMING) | entries.c.kind.not_in(all_kinds())
    found = (
        select(entries.c.kind, bodies.c.data)
        .join(
            bodies,
            (bodies.c.incident_id == entries.c.incident_id) & (bodies.c.seq == entries.c.seq),
        )
        .where(
            entries.c.incident_id != incident_id,
            named_by,
            or_(*(bodies.c.data.contains(key, autoescape=True) for key in keys)),
        )
    )
    rows = (await connection.execute(found)).all()
    told = (named_blobs(from_data(row.kind, json.loads(row.data)["body"])) for row in rows)
    return frozenset(keys).intersection(frozenset[str]().union(*told))
