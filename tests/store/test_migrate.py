"""Migrations: the tables are what the code believes, whoever migrates first."""

from __future__ import annotations

import importlib.resources
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from opsbot.store.database import UnusableUrl, database_url
from opsbot.store.database import database_url as url_of  # in tests that ask for the fixture
from opsbot.store.migrate import (
    HEAD,
    REVISIONS,
    RecordTooNew,
    current_revision,
    migrate,
    needs_migration,
    sync_engine,
    tables_of,
    upgrade,
)
from opsbot.store.rebuild import rebuild
from tests.fakes.clock import ManualClock
from tests.store.conftest import record_at
from tests.store.drafts import T0


def _differences(url: str) -> list[object]:
    where = database_url(url)
    with sync_engine(where) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection)
        tables = tables_of(connection.dialect.name)
        return list(compare_metadata(context, tables))  # type: ignore[arg-type] # a list will do


def test_the_revisions_give_the_tables_of_the_code(store_url: str) -> None:
    """A change of `tables.py` without a revision fails here, and so does the reverse."""
    assert _differences(store_url) == []


def test_a_difference_would_be_seen(store_url: str) -> None:
    with sync_engine(database_url(store_url), writes=True) as engine, engine.begin() as connection:
        connection.execute(text("ALTER TABLE entries ADD COLUMN extra TEXT"))
        connection.execute(text("DROP INDEX ix_incidents_channel_id"))
    assert len(_differences(store_url)) == 2


def test_an_empty_database_is_migrated_once(database_url: str) -> None:
    assert needs_migration(database_url)
    assert migrate(database_url)
    assert (current_revision(database_url), needs_migration(database_url)) == (HEAD, False)
    assert not migrate(database_url)


@pytest.mark.parametrize("revision", REVISIONS[:-1])
async def test_a_record_of_an_earlier_opsbot_goes_on(
    database_url: str, clock: ManualClock, revision: str
) -> None:
    """Nothing it says is lost, and its projections are what its entries say."""
    where = url_of(database_url)
    with sync_engine(where, writes=True) as engine, engine.begin() as connection:
        upgrade(connection, revision)
        connection.execute(text("INSERT INTO counters (name, value) VALUES ('incident_number', 7)"))
    assert needs_migration(database_url)
    assert migrate(database_url)
    assert _differences(database_url) == []
    record = record_at(database_url, clock)
    async with record.transaction() as transaction:
        assert await transaction.next_number() == 8
        assert list(await transaction.runs(T0)) == []
    assert (await rebuild(record)).differences == ()
    await record.close()


def test_looking_at_an_absent_file_creates_none(tmp_path: Path) -> None:
    assert needs_migration(f"sqlite:///{tmp_path}/record.db")
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_a_new_record(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/data/record.db")
    assert (tmp_path / "data" / "record.db").stat().st_mode & 0o077 == 0


def test_two_that_start_at_once_migrate_once(database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(migrate, [database_url] * 4)) == [False, False, False, True]


def test_a_database_of_a_newer_opsbot_is_refused(store_url: str) -> None:
    with sync_engine(database_url(store_url), writes=True) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordTooNew, match="9999"):
        migrate(store_url)


def test_the_revisions_known_to_the_code_are_those_there_are() -> None:
    config = Config()
    folder = importlib.resources.files("opsbot.store") / "migrations"
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    found = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(found)) == REVISIONS
    assert script.get_heads() == [HEAD]


def test_a_start_with_nothing_to_do_does_not_load_alembic(sqlite_url: str) -> None:
    code = (
        "import sys; from opsbot.store.migrate import migrate; "
        f"assert not migrate({sqlite_url!r}); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),  # as Heroku writes it
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:////data/record.db", "sqlite:////data/record.db"),
        ("sqlite+aiosqlite:////data/record.db", "sqlite:////data/record.db"),
    ],
)
def test_urls_are_read_as_hosts_write_them(given: str, read: str) -> None:
    assert database_url(given).render_as_string(hide_password=False) == read


@pytest.mark.parametrize("given", ["mysql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:",
                                   "no url", "://u:hunter2@h"])  # fmt: skip
def test_a_url_that_names_no_place_for_a_record_is_refused(given: str) -> None:
    with pytest.raises(UnusableUrl) as refused:
        database_url(given)
    assert "hunter2" not in str(refused.value)
