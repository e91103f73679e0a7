"""`opsbot inbox`: deliveries that this version could not take; they are kept whole."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import places
from opsbot.config import Settings
from opsbot.store.inbox import open_inbox


def run(arguments: Namespace) -> int:
    """List them, or put them back in line with --retry."""
    settings = read_settings(arguments)
    asyncio.run(_inbox(settings, arguments.retry))
    return 0


async def _inbox(settings: Settings, retry: bool) -> None:
    console = Console(highlight=False)
    inbox = await open_inbox(places(settings).inbox_url, clock=SystemClock())
    try:
        aside = await inbox.quarantined()
        for pending, note in aside:
            delivery = pending.delivery
            console.print(
                f"{pending.id:>6}  {delivery.received_at:%Y-%m-%d %H:%M:%S}  {delivery.door}  "
                f"{len(delivery.body):,} bytes  {note}", markup=False,
            )  # fmt: skip
        if retry and aside:
            back = await inbox.release([pending.id for pending, _ in aside])
            console.print(f"{back} put back; a running opsbot takes them now")
        elif not aside:
            console.print("no delivery is put aside")
    finally:
        await inbox.close()
