"""Rebuilding: make every projection again from the entries, and say what differed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, delete, select, text, union

from opsbot.store.database import Connection
from opsbot.store.entry_row import ENTRIES_AFTER, read_entries
from opsbot.store.projection import Derived, derive
from opsbot.store.statement import INCIDENT_NUMBER, insert_or_replace
from opsbot.store.tables import counters, entries, incidents, origins, runs

if TYPE_CHECKING:
    from opsbot.store.record import SqlRecord

NOT_DERIVED = (
    "obligations: what is owed is decided by rules at the time of a fact; they are kept as they "
    "are, and a `converge` is owed again by the next fact of each incident",
    "claims: they are no projection; an act that was claimed stays claimed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A stored row that is not what the entries say; None where there is no row."""

    table: str
    key: str
    stored: Mapping[str, Any] | None
    derived: Mapping[str, Any] | None

    def __str__(self) -> str:
        where = f"{self.table} {self.key}"
        if self.stored is None:
            return f"{where}: was missing"
        if self.derived is None:
            return f"{where}: stood for nothing, and is gone"
        changed = [
            f"{name} was {self.stored[name]!r}, is {value!r}"
            for name, value in self.derived.items()
            if self.stored[name] != value
        ]
        return f"{where}: {'; '.join(changed)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """What was looked at, what differed and was put right, and what cannot be derived."""

    incidents: int
    differences: tuple[Difference, ...]
    not_derived: tuple[str, ...] = NOT_DERIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrong:
    """An incident's rows of one table, as they should be."""

    table: Table
    incident_id: str
    rows: Sequence[dict[str, object]]
    differences: Sequence[Difference]


async def rebuild(record: SqlRecord) -> RebuildReport:
    """Recreate the incident index, origins, runs and the counters in one transaction."""
    async with record.database.write() as connection:
        await _keep_writers_out(connection)
        wrong: list[_Wrong] = []
        ids = await _all_ids(connection)
        highest = 0
        for incident_id in ids:
            derived = await _derived(connection, incident_id)
            highest = max(highest, derived.state.number)
            wrong += await _wrong(connection, incident_id, derived)
        await _put_right(connection, wrong)
        found = [difference for one in wrong for difference in one.differences]
        found += await _raise_counter(connection, highest)
    return RebuildReport(incidents=len(ids), differences=tuple(found))


async def _keep_writers_out(connection: Connection) -> None:
    if not connection.is_sqlite:
        await connection.execute(
            text("LOCK TABLE heads, incidents, origins, runs, counters IN SHARE ROW EXCLUSIVE MODE")
        )


async def _all_ids(connection: Connection) -> Sequence[str]:
    named = union(
        select(entries.c.incident_id),
        select(incidents.c.incident_id),
        select(origins.c.incident_id),
        select(runs.c.incident_id),
    )
    return sorted((await connection.execute(named)).scalars())


async def _derived(connection: Connection, incident_id: str) -> Derived:
    result = await connection.execute(ENTRIES_AFTER, {"incident": incident_id, "after": 0})
    return derive(incident_id, read_entries(result.all()))


async def _wrong(connection: Connection, incident_id: str, derived: Derived) -> list[_Wrong]:
    index = [derived.index.values()] if derived.state.seq else []
    alerts = [row.values() for row in derived.origins]
    all_three = [
        await _compare(connection, incidents, incident_id, index),
        await _compare(connection, origins, incident_id, alerts),
        await _compare(connection, runs, incident_id, [row.values() for row in derived.runs]),
    ]
    return [one for one in all_three if one.differences]


async def _compare(
    connection: Connection, table: Table, incident_id: str, rows: Sequence[dict[str, object]]
) -> _Wrong:
    result = await connection.execute(select(table).where(table.c.incident_id == incident_id))
    stored = {_key(table, row): row for row in ({**found} for found in result.mappings())}
    derived = {_key(table, row): row for row in rows}
    differences = [
        Difference(
            table=table.name, key=" ".join(key), stored=stored.get(key), derived=derived.get(key)
        )
        for key in sorted({*stored, *derived})
        if stored.get(key) != derived.get(key)
    ]
    return _Wrong(table=table, incident_id=incident_id, rows=rows, differences=differences)


async def _put_right(connection: Connection, wrong: Sequence[_Wrong]) -> None:
    """All deletions come first: two incidents may hold each other's number."""
    for one in wrong:
        await connection.execute(
            delete(one.table).where(one.table.c.incident_id == one.incident_id)
        )
    for one in wrong:
        for row in one.rows:
            await insert_or_replace(connection, one.table, row)


def _key(table: Table, row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[column.name]) for column in table.primary_key.columns)


async def _raise_counter(connection: Connection, highest: int) -> list[Difference]:
    """A number that was given out is never given out again, so the counter only ever rises."""
    found = select(counters.c.value).where(counters.c.name == INCIDENT_NUMBER)
    stored = (await connection.execute(found)).scalar_one_or_none()
    if (stored or 0) >= highest:
        return []
    await insert_or_replace(connection, counters, {"name": INCIDENT_NUMBER, "value": highest})
    return [
        Difference(
            table="counters",
            key=INCIDENT_NUMBER,
            stored=None if stored is None else {"value": stored},
            derived={"value": highest},
        )
    ]
