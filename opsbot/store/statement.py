"""Statements that every part of the store uses, the same on both databases."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from opsbot.store.database import Connection
from opsbot.store.tables import counters, heads

INCIDENT_NUMBER = "incident_number"
HEAD = select(heads.c.seq, heads.c.hash).where(heads.c.incident_id == bindparam("incident"))
MOVE_HEAD = (
    update(heads)
    .where(heads.c.incident_id == bindparam("incident"))
    .values(seq=bindparam("to_seq"), hash=bindparam("to_hash"))
)
HEAD_LOCKED = HEAD.with_for_update()  # SQLite has no such clause, and one writer


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT that understands ON CONFLICT, in the connection's dialect."""
    return (sqlite if connection.is_sqlite else postgresql).insert(table)


async def insert_new(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row; False when one with its key is there already."""
    statement = insert(connection, table).values(**values).on_conflict_do_nothing()
    # Not the row count: for an INSERT the drivers do not agree on it.
    inserted = await connection.execute(statement.returning(*table.primary_key.columns))
    return inserted.first() is not None


async def insert_or_replace(
    connection: Connection, table: Table, values: Mapping[str, object]
) -> None:
    """Insert a row, or give the one with its primary key these values."""
    keys = [column.name for column in table.primary_key.columns]
    statement = insert(connection, table).values(**values)
    rest = {name: value for name, value in values.items() if name not in keys}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


async def take_lock(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds `name`; held until this one ends.

    On SQLite a write transaction is alone anyway.
    """
    if name and not connection.is_sqlite:
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        await connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": number})


async def count_up(connection: Connection, name: str) -> int:
    """The next value of a counter, starting with 1; given back when the transaction fails."""
    statement = insert(connection, counters).values(name=name, value=1)
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"value": counters.c.value + 1}
    ).returning(counters.c.value)
    return (await connection.execute(statement)).scalar_one()


def in_slices(keys: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    """`keys` in pieces that fit into one statement; SQLite allows 32,766 parameters."""
    return [keys[start : start + size] for start in range(0, len(keys), size)]
