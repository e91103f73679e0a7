"""Obligations: rows that owe the next short flow, under a key that is owed once.

open -> done        settled by the engine after the flow
open -> cancelled   made moot by a fact; owing the same key again opens it anew
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from opsbot.core.codec import stored_text
from opsbot.core.moment import from_micros
from opsbot.ports import Obligation
from opsbot.store.database import Connection
from opsbot.store.entry_row import micros
from opsbot.store.statement import in_slices, insert_new, insert_or_replace
from opsbot.store.tables import claims, obligations

OPEN, DONE, CANCELLED = "open", "done", "cancelled"
PROBE = "probe"  # no act: acts are claimed under an incident's id
_T = obligations.c
_IN_ORDER = (_T.due_at, _T.key)

# Made once: these run for every flow, and building a statement costs more than running it.
_DUE = (
    select(obligations)
    .where(_T.state == OPEN, _T.due_at <= bindparam("now"))
    .order_by(*_IN_ORDER)
    .limit(bindparam("most"))
)
_NEXT = select(func.min(_T.due_at)).where(_T.state == OPEN, _T.due_at > bindparam("after"))
_SETTLE = (
    update(obligations)
    .where(_T.key.in_(bindparam("keys", expanding=True)), _T.state == OPEN)
    .values(state=DONE)
)


@cache
def _owe(sqlite_dialect: bool) -> Any:
    """The insert in one dialect; a cancelled obligation of the same key opens anew."""
    new = (sqlite if sqlite_dialect else postgresql).insert(obligations)
    columns = {column.name: new.excluded[column.name] for column in _T if column.name != "key"}
    return new.on_conflict_do_update(
        index_elements=["key"], set_=columns, where=_T.state == CANCELLED
    )


async def owe(connection: Connection, owed: Obligation, now: datetime) -> None:
    """Write an obligation; one that is open or done under this key stays as it is."""
    values = {
        "key": owed.key,
        "incident_id": owed.incident_id,
        "purpose": owed.purpose,
        "due_at": micros(owed.due_at),
        "first_due_at": micros(owed.due_at),
        "arguments": stored_text(dict(owed.arguments)),
        "attempt": owed.attempt,
        "state": OPEN,
        "created_at": micros(now),
    }
    await connection.execute(_owe(connection.is_sqlite), values)


async def cancel(connection: Connection, incident_id: str, purpose: str) -> int:
    """Cancel what is open for this purpose; how many were."""
    moot = update(obligations).where(
        _T.incident_id == incident_id, _T.purpose == purpose, _T.state == OPEN
    )
    return (await connection.execute(moot.values(state=CANCELLED))).rowcount


async def due(connection: Connection, now: datetime, limit: int) -> list[Obligation]:
    """What is open and due, the longest overdue first."""
    result = await connection.execute(_DUE, {"now": micros(now), "most": limit})
    return [_read(row) for row in result]


async def next_due(connection: Connection, after: datetime | None) -> datetime | None:
    """When the next open obligation is due, later than `after`; None when nothing is owed."""
    later = {"after": micros(after) if after else -(2**63)}
    at = (await connection.execute(_NEXT, later)).scalar_one()
    return None if at is None else from_micros(at)


async def settle(connection: Connection, keys: Sequence[str]) -> None:
    """Mark open obligations as done."""
    for some in in_slices(keys):
        await connection.execute(_SETTLE, {"keys": list(some)})


async def postpone(connection: Connection, key: str, due_at: datetime) -> None:
    """Move an open obligation to another time and count the attempt."""
    later = update(obligations).where(_T.key == key, _T.state == OPEN)
    await connection.execute(later.values(due_at=micros(due_at), attempt=_T.attempt + 1))


async def overdue(connection: Connection, purpose: str, before: datetime) -> list[Obligation]:
    """What is open for `purpose` and was first due before `before`, however often postponed."""
    late = select(obligations).where(
        _T.state == OPEN, _T.purpose == purpose, _T.first_due_at < micros(before)
    )
    in_order = late.order_by(_T.first_due_at, _T.key)
    return [_read(row) for row in await connection.execute(in_order)]


async def claim(connection: Connection, key: str, now: datetime) -> datetime | None:
    """Claim an act; None when this call made the claim, else when it was first made."""
    if await insert_new(connection, claims, {"key": key, "at": micros(now)}):
        return None
    first = select(claims.c.at).where(claims.c.key == key)
    return from_micros((await connection.execute(first)).scalar_one())


async def probe(connection: Connection, now: datetime) -> None:
    """Write the one claim that nobody asks about: what fails here fails for every write."""
    await insert_or_replace(connection, claims, {"key": PROBE, "at": micros(now)})


def _read(row: Row[Any]) -> Obligation:
    return Obligation(
        key=row.key,
        incident_id=row.incident_id,
        purpose=row.purpose,
        due_at=from_micros(row.due_at),
        arguments=json.loads(row.arguments),
        attempt=row.attempt,
        owed_since=from_micros(row.first_due_at),
    )
