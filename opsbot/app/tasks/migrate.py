"""`opsbot migrate`: bring the database up to this version. `serve` does it by itself."""

from __future__ import annotations

from argparse import Namespace

from opsbot.app.settings import read_settings
from opsbot.app.store import places
from opsbot.store.migrate import migrate


def run(arguments: Namespace) -> int:
    """Migrate under a lock and say whether anything was to do."""
    settings = read_settings(arguments)
    if places(settings).is_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    changed = migrate(places(settings).record_url)
    print("migrated" if changed else "nothing to do")  # noqa: T201 - the output
    return 0
