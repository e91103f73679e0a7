"""Tables as JSON lines, the same from either database, so that a record can move between them.

Values are the stored ones: times as microseconds, text with its escapes; bytes as base64.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text

ROWS_AT_ONCE = 500


def dump_table(connection: Connection, name: str, file: Path) -> int:
    """Write a table's rows to `file`; how many."""
    table = Table(name, MetaData(), autoload_with=connection)
    in_order = select(table).order_by(*table.primary_key.columns)
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(in_order).mappings()
    count = 0
    with file.open("w", encoding="ascii") as out:
        for row in rows:
            line = {str(key): _plain(value) for key, value in row.items()}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
            count += 1
    return count


def load_table(connection: Connection, name: str, file: Path) -> int:
    """Insert the rows that `dump_table` wrote; how many."""
    table = Table(name, MetaData(), autoload_with=connection)
    count = 0
    for rows in _batches(file):
        connection.execute(table.insert(), rows)
        count += len(rows)
    if name == "inbox" and connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('inbox', 'id'),"
                " (SELECT coalesce(max(id), 0) + 1 FROM inbox), false)"
            )
        )
    return count


def is_empty(connection: Connection, name: str) -> bool:
    """Whether a table is absent or has no rows."""
    if not inspect(connection).has_table(name):
        return True
    table = Table(name, MetaData(), autoload_with=connection)
    return connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def _batches(file: Path) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    with file.open(encoding="ascii") as lines:
        for line in lines:
            rows.append({key: _stored(value) for key, value in json.loads(line).items()})
            if len(rows) >= ROWS_AT_ONCE:
                yield rows
                rows = []
    if rows:
        yield rows


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    return value


def _stored(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(cast("dict[str, str]", value)["base64"])
    return value
