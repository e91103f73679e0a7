"""Restoring a backup into an empty place; opsbot must not be running.

The record is put in place before the inbox: should it stop in between, what is missing are
deliveries nobody handled yet, never facts that a delivery's "handled" mark relies on.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import URL

from opsbot.store.backup import (
    INBOX_TABLES,
    MANIFEST,
    RECORD_TABLES,
    BackupRefused,
    Manifest,
    checksum,
)
from opsbot.store.database import database_url, private_file, sqlite_path
from opsbot.store.inbox_sqlite import create_inbox
from opsbot.store.migrate import REVISIONS, RecordTooNew, sync_engine, upgrade
from opsbot.store.table_dump import is_empty, load_table


def restore(folder: Path, record_url: str, inbox_url: str) -> Manifest:
    """Put the backup in `folder` in place and say what it held.

    A backup of an older opsbot is migrated by the next start. Raises BackupRefused when the
    backup is damaged or the place is not empty, and RecordTooNew.
    """
    manifest = read_manifest(folder)
    record, inbox = database_url(record_url), database_url(inbox_url)
    if manifest.format == "jsonl":
        _load(folder, manifest, record, inbox)
    elif record.get_backend_name() == "sqlite":
        _put_files(folder, manifest, record, inbox)
    else:
        raise BackupRefused(
            "these are SQLite files: restore them to SQLite, then back that up as portable"
        )
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read and check a backup without touching anything. Raises BackupRefused, RecordTooNew."""
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = TypeAdapter(Manifest).validate_python(json.loads(text))
    except (OSError, ValueError, ValidationError) as problem:
        raise BackupRefused(f"{folder} holds no finished backup") from problem
    if manifest.revision not in REVISIONS:
        raise RecordTooNew(
            f"this backup is at revision {manifest.revision}, which this opsbot does not know: "
            "restore it with the opsbot that made it"
        )
    for name, file in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file() or checksum(path) != file.sha256:
            raise BackupRefused(f"{name} is missing or was changed since the backup was made")
    return manifest


def _put_files(folder: Path, manifest: Manifest, record: URL, inbox: URL) -> None:
    targets = {"record.db": sqlite_path(record), "inbox.db": sqlite_path(inbox)}
    for target in targets.values():
        if target.exists():
            raise BackupRefused(f"{target} exists: stop opsbot and move it away first")
    for name, target in targets.items():
        if name in manifest.files:
            _put_file(folder / name, target)


def _put_file(source: Path, target: Path) -> None:
    partial = target.with_name(target.name + ".restoring")
    private_file(partial)
    shutil.copyfile(source, partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _load(folder: Path, manifest: Manifest, record: URL, inbox: URL) -> None:
    one_database = record.get_backend_name() == "postgresql"
    first = (*RECORD_TABLES, *INBOX_TABLES) if one_database else RECORD_TABLES
    _load_tables(folder, manifest, record, first)
    if not one_database:
        _load_tables(folder, manifest, inbox, INBOX_TABLES)


def _load_tables(folder: Path, manifest: Manifest, where: URL, names: tuple[str, ...]) -> None:
    with sync_engine(where, writes=True) as engine, engine.begin() as connection:
        if not all(is_empty(connection, name) for name in names):
            raise BackupRefused(f"{where.database} is not empty: name an empty database")
        if names == INBOX_TABLES:
            create_inbox(connection)
        else:
            upgrade(connection, manifest.revision)
        for name in names:
            file = f"{name}.jsonl"
            if file in manifest.files:
                load_table(connection, name, folder / file)
