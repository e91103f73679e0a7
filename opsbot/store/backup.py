"""Backup of record and inbox while opsbot runs.

SQLite is copied as files by its online backup; PostgreSQL, or a SQLite record that is to move
there, is written as JSON lines per table, from one snapshot.

**The inbox is copied first.** Deliveries go from the inbox into the record. A delivery that was
handled between the two copies is then pending in the copy of the inbox and known to the copy of
the record, which recognises it by its key. The other way round it would be in neither.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, inspect

from opsbot.store.database import database_url, sqlite_path
from opsbot.store.migrate import current_revision, sync_engine
from opsbot.store.table_dump import dump_table
from opsbot.store.tables import inbox_metadata, metadata

MANIFEST = "manifest.json"
RECORD_TABLES = tuple(table.name for table in metadata.sorted_tables)
INBOX_TABLES = tuple(table.name for table in inbox_metadata.sorted_tables)


class BackupRefused(Exception):
    """A backup cannot be made or put in place like this; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a backup."""

    sha256: str
    bytes: int
    rows: int | None = None  # of a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds; written last, so that a backup without it is unfinished."""

    format: str  # sqlite | jsonl
    made_at: str
    revision: str
    files: Mapping[str, File]


def backup(
    record_url: str, inbox_url: str, folder: Path, *, now: datetime, portable: bool = False
) -> Manifest:
    """Copy record and inbox into `folder`, which must be new or empty, and say what is in it.

    `portable` writes JSON lines for SQLite, too. Raises BackupRefused.
    """
    where, inbox = database_url(record_url), database_url(inbox_url)
    revision = current_revision(record_url)
    if revision is None:
        raise BackupRefused("there is no record to back up yet")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty: name a new folder")
    is_files = where.get_backend_name() == "sqlite" and not portable
    counts = _copy_files(where, inbox, folder) if is_files else _dump(where, inbox, folder)
    manifest = Manifest(
        format="sqlite" if is_files else "jsonl",
        made_at=now.isoformat(),
        revision=revision,
        files={name: _described(folder / name, rows) for name, rows in counts.items()},
    )
    text = json.dumps(asdict(manifest), indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest


def checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _described(path: Path, rows: int | None) -> File:
    path.chmod(0o600)  # what is in it was said in rooms that may be private
    return File(sha256=checksum(path), bytes=path.stat().st_size, rows=rows)


def _copy_files(record: URL, inbox: URL, folder: Path) -> dict[str, int | None]:
    copied: dict[str, int | None] = {}
    for name, source in (("inbox.db", sqlite_path(inbox)), ("record.db", sqlite_path(record))):
        if source.exists():
            _copy_file(source, folder / name)
            copied[name] = None
    return copied


def _copy_file(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        raise BackupRefused(f"{source} is damaged: {verdict}; restore an earlier backup")


def _dump(record: URL, inbox: URL, folder: Path) -> dict[str, int | None]:
    counts: dict[str, int | None] = {}
    places: tuple[tuple[URL, tuple[str, ...]], ...] = (
        (inbox, INBOX_TABLES),
        (record, RECORD_TABLES),
    )
    if record.get_backend_name() == "postgresql":
        places = ((record, (*INBOX_TABLES, *RECORD_TABLES)),)
    for where, names in places:
        _dump_tables(where, names, folder, counts.__setitem__)
    return counts


def _dump_tables(
    where: URL, names: tuple[str, ...], folder: Path, count: Callable[[str, int], None]
) -> None:
    if where.get_backend_name() == "sqlite" and not sqlite_path(where).exists():
        return
    with sync_engine(where) as engine, engine.connect() as connection:
        if where.get_backend_name() == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        present = set(inspect(connection).get_table_names())
        for name in names:
            if name in present:
                file = folder / f"{name}.jsonl"
                count(file.name, dump_table(connection, name, file))
