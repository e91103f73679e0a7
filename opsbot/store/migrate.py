"""Bring a database up to the tables of this version, one process at a time.

Alembic is imported only when there is something to do, so that a start with nothing to do is
quick. The SQLite inbox, a file of its own, keeps its own version (`store/inbox.py`).
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    MetaData,
    NullPool,
    create_engine,
    event,
    inspect,
    text,
)

from opsbot.store.database import database_url, private_file, set_up_sqlite, sqlite_path
from opsbot.store.tables import inbox_metadata, metadata

HEAD = "0002"  # the newest revision in migrations/versions
REVISIONS = ("0001", "0002")  # every revision, the oldest first
_LOCK = 7_046_029_254_386_353_131  # the advisory lock of migrations: any number nobody else uses


class RecordTooNew(Exception):
    """The database was written by a newer opsbot; this one would misread it."""


def tables_of(dialect: str) -> list[MetaData]:
    """The tables of the record's database: on PostgreSQL the inbox lives there, too."""
    return [metadata] if dialect == "sqlite" else [metadata, inbox_metadata]


def current_revision(url: str) -> str | None:
    """The revision a database is at; None for an empty or absent one. Creates nothing."""
    where = database_url(url)
    if where.get_backend_name() == "sqlite" and not sqlite_path(where).exists():
        return None
    with sync_engine(where) as engine, engine.connect() as connection:
        return _revision(connection)


def needs_migration(url: str) -> bool:
    """Whether `migrate` has something to do. Raises RecordTooNew."""
    return _is_behind(current_revision(url))


def migrate(url: str) -> bool:
    """Upgrade the database under a lock, creating a SQLite file that is absent.

    Returns whether anything was changed. Raises RecordTooNew.
    """
    if not needs_migration(url):
        return False
    where = database_url(url)
    with (
        sync_engine(where, writes=True) as engine,
        _alone(where, engine),
        engine.begin() as connection,
    ):
        if not _is_behind(_revision(connection)):  # somebody else was quicker
            return False
        upgrade(connection)
        return True


def upgrade(connection: Connection, revision: str = HEAD) -> None:
    """Run the revisions that are missing up to `revision`, inside the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def sync_engine(where: URL, *, writes: bool = False) -> Generator[Engine]:
    """A plain engine for tools that run before or beside the service."""
    if where.get_backend_name() == "sqlite":
        private_file(sqlite_path(where))
        engine = create_engine(where, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begin_write if writes else _begin_read)
    else:
        engine = create_engine(
            where, poolclass=NullPool, hide_parameters=True, connect_args={"connect_timeout": 5}
        )
    try:
        yield engine
    finally:
        engine.dispose()


def _connected(dbapi_connection: Any, _record: Any) -> None:
    set_up_sqlite(dbapi_connection)


def _begin_write(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_read(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


@contextmanager
def _alone(where: URL, engine: Engine) -> Generator[None]:
    """Hold the migration lock: a file beside a SQLite database, an advisory lock otherwise."""
    if where.get_backend_name() == "sqlite":
        path = sqlite_path(where)
        with path.with_name(path.name + ".migrate.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed, or we die
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _LOCK})
        yield  # released when the connection is closed


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _is_behind(revision: str | None) -> bool:
    if revision == HEAD:
        return False
    if revision is not None and revision not in REVISIONS:
        raise RecordTooNew(
            f"the database is at revision {revision}, which this opsbot (revision {HEAD}) does "
            "not know: install the opsbot that wrote it, or restore a backup"
        )
    return True
