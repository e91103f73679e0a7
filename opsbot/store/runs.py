"""The table `runs`, asked for what ran lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from opsbot.core.policy import PastRun
from opsbot.store.database import Connection
from opsbot.store.entry_row import micros
from opsbot.store.run_rows import RunRow, asked_since
from opsbot.store.tables import runs


async def runs_since(connection: Connection, since: datetime) -> Sequence[PastRun]:
    """The runs of all incidents that were asked for since, or are not over; the oldest first."""
    asked = runs.c.requested_at >= micros(since)
    found = select(runs).where(or_(asked, runs.c.finished_at.is_(None)))
    rows = (await connection.execute(found)).mappings()
    return asked_since([RunRow(**row) for row in rows], since)
