"""`opsbot restore FOLDER`: put a backup in place; opsbot must not be running."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from opsbot.app.settings import read_settings
from opsbot.app.store import Places, SingleProcess, Unusable, places
from opsbot.store.backup import BackupRefused
from opsbot.store.restore import restore


def run(arguments: Namespace) -> int:
    """Restore under the lock of the one process. Answers 1 when it cannot be done."""
    where = places(read_settings(arguments))
    lock = SingleProcess(where.lock_file) if where.lock_file else None
    try:
        if lock:
            lock.take()
        made = restore(Path(arguments.folder), where.record_url, where.inbox_url)
        _forget_engine(where)
    except (BackupRefused, Unusable) as refused:
        print(f"opsbot: {refused}", file=sys.stderr)  # noqa: T201 - the command line's own error
        return 1
    finally:
        if lock:
            lock.release()
    print(  # noqa: T201 - the output
        f"the backup of {made.made_at} is in place. Run `opsbot verify`, then `opsbot serve`; "
        "rooms that Slack has since are found again by their names."
    )
    return 0


def _forget_engine(where: Places) -> None:
    """The engine of another life knows flows as done that the restored record still owes."""
    if where.lock_file:
        for file in where.lock_file.parent.glob("engine.db*"):
            file.unlink()
