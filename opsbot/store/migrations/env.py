"""Alembic loads this to run migrations on the connection that `store/migrate.py` hands it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from opsbot.store.migrate import tables_of

connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("run migrations through opsbot.store.migrate, which brings a connection")
context.configure(
    connection=connection,
    target_metadata=tables_of(connection.dialect.name),
    transactional_ddl=True,  # also on SQLite: half a migration is none
    compare_server_default=True,
)
context.run_migrations()
