"""`opsbot backup FOLDER`: record and inbox, copied while opsbot runs.

The engine's database is not in it: it is disposable, and what is owed stands in the record.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import places
from opsbot.store.backup import BackupRefused, backup


def run(arguments: Namespace) -> int:
    """Copy and list what was copied. Answers 1 when it cannot be done."""
    where = places(read_settings(arguments))
    folder = Path(arguments.folder)
    try:
        made = backup(
            where.record_url,
            where.inbox_url,
            folder,
            now=SystemClock().now(),
            portable=arguments.portable,
        )
    except BackupRefused as refused:
        print(f"opsbot: {refused}", file=sys.stderr)  # noqa: T201 - the command line's own error
        return 1
    for name, file in made.files.items():
        rows = "" if file.rows is None else f", {file.rows:,} rows"
        print(f"{folder / name}  {file.bytes:,} bytes{rows}")  # noqa: T201 - the output
    return 0
