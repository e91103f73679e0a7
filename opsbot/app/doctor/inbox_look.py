"""A look into the inbox of the store, beside a running opsbot: what came in, what waits."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from opsbot.app.store import places
from opsbot.config import Settings
from opsbot.core.moment import from_micros
from opsbot.store.database import Database, sqlite_path
from opsbot.store.inbox_gate import ASIDE, PENDING
from opsbot.store.tables import inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits, since when the oldest of it does, and how many were put aside."""

    pending: int
    aside: int
    oldest: datetime | None = None


class InboxLook:
    """Reads only; raises what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, door: str) -> int:
        """The id of the newest delivery at this door; 0 when there is none."""
        asked = select(func.max(inbox.c.id)).where(inbox.c.door == door)
        async with self._database.read() as connection:
            return int((await connection.execute(asked)).scalar_one_or_none() or 0)

    async def state_of(self, body_sha256: str) -> str:
        """The state of the delivery with this body: pending, handled, aside; "" without one."""
        asked = select(inbox.c.state).where(inbox.c.body_sha256 == body_sha256).limit(1)
        async with self._database.read() as connection:
            return str((await connection.execute(asked)).scalar_one_or_none() or "")

    async def backlog(self) -> Backlog:
        """Everything that is not handled."""
        counted = (
            select(inbox.c.state, func.count(), func.min(inbox.c.received_at))
            .where(inbox.c.state.in_((PENDING, ASIDE)))
            .group_by(inbox.c.state)
        )
        async with self._database.read() as connection:
            found = [tuple(row) for row in (await connection.execute(counted)).all()]
        rows = {state: (number, oldest) for state, number, oldest in found}
        pending, oldest = rows.get(PENDING, (0, None))
        aside, _ = rows.get(ASIDE, (0, None))
        since = from_micros(oldest) if oldest is not None else None
        return Backlog(pending=pending, aside=aside, oldest=since)


@asynccontextmanager
async def open_look(settings: Settings) -> AsyncGenerator[InboxLook | None]:
    """The inbox of these settings; None while there is no file of it yet."""
    database = Database(places(settings).inbox_url)
    sqlite = database.url.get_backend_name() == "sqlite"
    try:
        absent = sqlite and not sqlite_path(database.url).exists()
        yield None if absent else InboxLook(database)
    finally:
        await database.close()
