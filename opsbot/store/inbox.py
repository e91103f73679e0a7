"""Opens the inbox that a database URL names."""

from __future__ import annotations

from opsbot.ports import Clock
from opsbot.store.database import Database, database_url, sqlite_path
from opsbot.store.inbox_postgres import PostgresInbox
from opsbot.store.inbox_sqlite import SqliteInbox


async def open_inbox(
    url: str, *, clock: Clock, max_backlog: int = 50_000, max_queue: int = 5_000,
    database: Database | None = None,
) -> SqliteInbox | PostgresInbox:  # fmt: skip
    """Open the inbox at `url`: a SQLite file of its own, or a table of a PostgreSQL database,
    through `database` when that is open already.

    Raises InboxUnavailable when nothing can be stored there.
    """
    where = database_url(url)
    if where.get_backend_name() == "sqlite":
        path = sqlite_path(where)
        inbox = SqliteInbox(path, clock=clock, max_backlog=max_backlog, max_queue=max_queue)
    else:
        inbox = PostgresInbox(
            database or Database(url), clock=clock, max_backlog=max_backlog,
            max_queue=max_queue, owns_database=database is None,
        )  # fmt: skip
    await inbox.open()
    return inbox
