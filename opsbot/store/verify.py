"""Verification: recompute every hash of the record and say what does not agree.

What this proves and what it cannot prove is said in `core/chain.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, union

from opsbot.store.chain_check import Verdict, check_chain
from opsbot.store.database import Connection
from opsbot.store.entry_row import ENTRIES_AFTER
from opsbot.store.statement import HEAD
from opsbot.store.tables import blobs, bodies, entries, heads, incidents

if TYPE_CHECKING:
    from opsbot.store.record import SqlRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """The verdict on every incident that was looked at, and on the blobs."""

    ok: bool
    incidents: tuple[Verdict, ...]
    blobs: int
    problems: tuple[str, ...]  # that belong to no incident


async def verify(record: SqlRecord, incident_ids: Sequence[str] | None = None) -> VerifyReport:
    """Check the named incidents, or all of them and the blobs, as of one moment."""
    async with record.database.read(snapshot=True) as connection:
        everything = incident_ids is None
        ids = await _all_ids(connection) if incident_ids is None else incident_ids
        verdicts = [await _verdict(connection, one) for one in ids]
        count, problems = await _check_blobs(connection) if everything else (0, [])
    verdicts.sort(key=lambda verdict: (verdict.number or 0, verdict.incident_id))
    return VerifyReport(
        ok=not problems and all(verdict.ok for verdict in verdicts),
        incidents=tuple(verdicts),
        blobs=count,
        problems=tuple(problems),
    )


async def _all_ids(connection: Connection) -> Sequence[str]:
    named = union(
        select(entries.c.incident_id), select(bodies.c.incident_id), select(heads.c.incident_id)
    )
    return (await connection.execute(named)).scalars().all()


async def _verdict(connection: Connection, incident_id: str) -> Verdict:
    here = {"incident": incident_id}
    # Numbers below 1 are no places in a record; they must be seen all the same.
    rows = (await connection.execute(ENTRIES_AFTER, {**here, "after": -(2**31)})).all()
    head = (await connection.execute(HEAD, here)).first()
    number = select(incidents.c.number).where(incidents.c.incident_id == incident_id)
    known = {row.seq for row in rows}
    loose = select(bodies.c.seq).where(bodies.c.incident_id == incident_id)
    return check_chain(
        incident_id,
        rows,
        head=None if head is None else (head.seq, head.hash),
        number=(await connection.execute(number)).scalar_one_or_none(),
        loose=sorted(set((await connection.execute(loose)).scalars()) - known),
    )


async def _check_blobs(connection: Connection) -> tuple[int, list[str]]:
    keys = (await connection.execute(select(blobs.c.hash))).scalars().all()
    problems: list[str] = []
    for key in keys:  # one at a time: they are large
        found = await connection.execute(select(blobs.c.data).where(blobs.c.hash == key))
        if hashlib.sha256(found.scalar_one()).hexdigest() != key:
            problems.append(f"blob {key[:12]} was changed")
    return len(keys), problems
