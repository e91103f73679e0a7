"""The table `runs`: kept up with what is appended, and asked for what ran lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from opsbot.core.entry import Entry
from opsbot.core.policy import PastRun
from opsbot.store.database import Connection
from opsbot.store.entry_row import micros
from opsbot.store.run_rows import RunRow, asked_since, run_of, run_rows
from opsbot.store.statement import in_slices, insert_or_replace
from opsbot.store.tables import runs as table


async def follow(connection: Connection, incident_id: str, entries: Sequence[Entry]) -> None:
    """Bring the lines of an incident's runs up to date with entries that were just appended."""
    touched = sorted({run_id for entry in entries if (run_id := run_of(entry)) is not None})
    if not touched:
        return
    known = {row.run_id: row for row in await _stored(connection, incident_id, touched)}
    for row in run_rows(entries, known):
        if known.get(row.run_id) != row:
            await insert_or_replace(connection, table, row.values())


async def runs_since(connection: Connection, since: datetime) -> Sequence[PastRun]:
    """The runs of all incidents that were asked for since, or are not over; the oldest first."""
    earliest = micros(since)
    found = select(table).where(
        or_(table.c.requested_at >= earliest, table.c.finished_at.is_(None))
    )
    rows = (await connection.execute(found)).mappings()
    return asked_since([_read(row) for row in rows], earliest)


async def _stored(connection: Connection, incident_id: str, run_ids: Sequence[str]) -> list[RunRow]:
    rows: list[RunRow] = []
    for some in in_slices(run_ids):
        found = select(table).where(table.c.incident_id == incident_id, table.c.run_id.in_(some))
        rows += [_read(row) for row in (await connection.execute(found)).mappings()]
    return rows


def _read(row: Mapping[Any, Any]) -> RunRow:
    return RunRow(**row)
