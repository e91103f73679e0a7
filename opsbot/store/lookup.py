"""Look-ups that the record and its transactions share: incidents by number, channel and state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from opsbot.core.entry import Entry
from opsbot.store.database import Connection
from opsbot.store.entry_row import ENTRIES_AFTER, micros, read_entries
from opsbot.store.tables import entries, incidents, origins


async def head_at(connection: Connection, incident_id: str, seq: int) -> str:
    """The hash of an incident's chain at entry `seq`; empty when there is no such entry."""
    found = select(entries.c.hash).where(entries.c.incident_id == incident_id, entries.c.seq == seq)
    return (await connection.execute(found)).scalar_one_or_none() or ""


async def by_number(connection: Connection, number: int) -> str | None:
    """The id of incident `number`."""
    found = select(incidents.c.incident_id).where(incidents.c.number == number)
    return (await connection.execute(found)).scalar_one_or_none()


async def holder_of_channel(connection: Connection, channel_id: str) -> str | None:
    """The id of the incident whose own room the channel is; the newest, if several."""
    if not channel_id:
        return None  # incidents without a room have none, too
    if not channel_id:
        return None  # every incident without a room has that one
    found = select(incidents.c.incident_id).where(incidents.c.channel_id == channel_id)
    newest = found.order_by(incidents.c.number.desc()).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def open_incidents(connection: Connection) -> Sequence[str]:
    """The ids of all incidents that were opened and are not over, the oldest number first."""
    found = select(incidents.c.incident_id).where(
        incidents.c.number.is_not(None), incidents.c.over_at.is_(None)
    )
    return (await connection.execute(found.order_by(incidents.c.number))).scalars().all()


async def ended_incidents(connection: Connection, since: datetime, limit: int) -> Sequence[str]:
    """The ids of incidents that ended since then and are not open again, the newest end first."""
    found = select(incidents.c.incident_id).where(
        incidents.c.number.is_not(None), incidents.c.over_at >= micros(since)
    )
    newest = found.order_by(incidents.c.over_at.desc(), incidents.c.number.desc()).limit(limit)
    return (await connection.execute(newest)).scalars().all()


async def open_alerts(connection: Connection, source: str) -> Sequence[str]:
    """The ids of the alerts of `source` that incidents hold which are not over, sorted."""
    held = origins.join(incidents, origins.c.incident_id == incidents.c.incident_id)
    found = (
        select(origins.c.origin_id)
        .select_from(held)
        .where(
            origins.c.source == source,
            incidents.c.number.is_not(None),
            incidents.c.over_at.is_(None),
        )
    )
    return sorted((await connection.execute(found)).scalars().all())


async def entries_of(connection: Connection, incident_id: str) -> Sequence[Entry]:
    """The whole record of an incident, in the order it was written."""
    result = await connection.execute(ENTRIES_AFTER, {"incident": incident_id, "after": 0})
    return read_entries(result.all())
