"""The store: is it of this version, does it take writes, is there room, and who uses it."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shutil
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.inbox_look import open_look
from opsbot.app.doctor.means import Means
from opsbot.app.store import Places, SinglePostgres, Unusable, open_record, places
from opsbot.config import disk_refusal
from opsbot.core.moment import lasting
from opsbot.core.text import count
from opsbot.store.database import Database
from opsbot.store.migrate import RecordTooNew, current_revision, needs_migration

MIB, GIB = 1024**2, 1024**3
LITTLE, TOO_LITTLE = GIB, 100 * MIB  # bytes free on the disk of the store
STUCK = timedelta(minutes=2)  # so long nothing waits in the inbox of an opsbot that runs
_TROUBLE = (SQLAlchemyError, psycopg.Error, OSError)
_FLOCK = re.compile(r"^\d+: FLOCK\s+ADVISORY\s+WRITE\s+(?P<pid>\d+)\s+\S+:(?P<inode>\d+)\s")


async def database(means: Means) -> Finding:
    """Whether the record is of this version and takes a write right now."""
    name, where = "store.database", places(means.settings)
    kind = f"SQLite in {means.settings.data_dir}" if where.is_sqlite else "PostgreSQL"
    try:
        revision = await asyncio.to_thread(current_revision, where.record_url)
        if revision is None:
            return skipped(name, f"there is no record in {kind} yet; `opsbot serve` makes one")
        if await asyncio.to_thread(needs_migration, where.record_url):
            fix = "`opsbot serve` migrates it when it starts, or run `opsbot migrate`"
            return warn(name, f"{kind} is at revision {revision}, of an older opsbot", fix)
        async with open_record(means.settings, means.clock) as record:
            await record.probe()
    except RecordTooNew as too_new:
        said, _, fix = str(too_new).partition(": ")
        return bad(name, said, fix[:1].upper() + fix[1:])
    except Unusable as why:
        return bad(name, str(why), "Run `opsbot migrate`")
    except _TROUBLE as error:
        return _away(name, kind, error)
    return ok(name, f"{kind} takes writes and is of this version ({revision})")


async def inbox(means: Means) -> Finding:
    """Whether deliveries wait that should have been handled, or were put aside."""
    name = "store.inbox"
    try:
        async with open_look(means.settings) as look:
            if look is None:
                return skipped(name, "there is no inbox yet; `opsbot serve` makes it")
            seen = await look.backlog()
    except _TROUBLE as error:
        return _away(name, "the inbox", error)
    limit, waits = means.settings.backlog_limit, count(seen.pending, "delivery")
    waits = waits.replace("deliverys", "deliveries")
    if seen.pending >= limit:
        return bad(name, f"{waits} wait and the doors answer 503", "See the log of opsbot")
    since = means.clock.now() - seen.oldest if seen.oldest else timedelta(0)
    if since > STUCK:
        fix = "Start `opsbot serve`; if it runs, its log says what holds it up"
        return bad(name, f"{waits} waiting, the oldest for {lasting(since)}", fix)
    if seen.aside:
        said = f"{seen.aside:,} deliveries were put aside, because they could not be taken"
        return warn(name, said, "`opsbot inbox` says which and why; `--retry` takes them again")
    return ok(name, f"{waits} waiting, none put aside")


async def disk(means: Means) -> Finding:
    """Whether there is room, on a disk that stays."""
    name, settings = "store.disk", means.settings
    if not places(settings).is_sqlite:
        return skipped(name, "PostgreSQL keeps its own disk")
    refusal = disk_refusal(settings, os.environ)
    if refusal:
        said, _, fix = refusal.partition(". ")
        return bad(name, said, fix)
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
    size = f"{free / GIB:,.1f} GiB" if free >= GIB else f"{free / MIB:,.0f} MiB"
    fix = "Free some, or move data_dir: with a full disk no page can be taken"
    if free < TOO_LITTLE:
        return bad(name, f"only {size} free at {folder}", fix)
    if free < LITTLE:
        return warn(name, f"only {size} free at {folder}", fix)
    return ok(name, f"{size} free at {folder}")


async def lock(means: Means) -> Finding:
    """Who uses the store: one opsbot at a time may."""
    where = places(means.settings)
    if where.lock_file:
        return _file_lock(where.lock_file)
    try:
        return await _postgres_lock(where)
    except _TROUBLE as error:
        return _away("store.lock", "PostgreSQL", error)


def _file_lock(path: Path) -> Finding:
    name = "store.lock"
    if not path.exists():
        return ok(name, "no opsbot has used this store yet")
    holder = _holder(path)
    if holder is None:
        return ok(name, "no opsbot runs on this store right now")
    who = f"process {holder}" if holder else "another process"
    return ok(name, f"one opsbot runs on this store: {who} holds {path.name}")


def _holder(path: Path) -> int | None:
    """The process that holds the lock, 0 when that cannot be told, None when nobody does."""
    inode = path.stat().st_ino
    try:
        lines = Path("/proc/locks").read_text("ascii", "replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        found = _FLOCK.match(line)
        if found and int(found["inode"]) == inode:
            return int(found["pid"])
    # A shared lock, for no longer than it takes to learn that it can be had.
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return 0
    return None


async def _postgres_lock(where: Places) -> Finding:
    """An advisory lock's key is shown in two halves (PostgreSQL page "pg_locks")."""
    key = SinglePostgres._KEY  # pyright: ignore[reportPrivateUsage] # the one place that looks on
    asked = text(
        "SELECT a.pid, coalesce(host(a.client_addr), 'this machine'), a.backend_start"
        " FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND l.classid = :high AND l.objid = :low"
    )
    database = Database(where.record_url)
    try:
        async with database.read() as connection:
            halves = {"high": key >> 32, "low": key & 0xFFFFFFFF}
            row = (await connection.execute(asked, halves)).first()
    finally:
        await database.close()
    if row is None:
        return ok("store.lock", "no opsbot runs on this database right now")
    process, machine, since = tuple(row)
    said = f"one opsbot runs on this database: from {machine}, since {since:%Y-%m-%d %H:%M %Z}"
    return ok("store.lock", f"{said} (backend {process})")


def _away(name: str, what: str, error: BaseException) -> Finding:
    """The error's first line; settings keep passwords out of it, and the scrubber looks again."""
    first = str(error).strip().partition("\n")[0] or type(error).__name__
    return bad(name, f"{what} cannot be used: {first}", "See whether it is up, and its rights")
