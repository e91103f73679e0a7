"""`opsbot rebuild`: recreate every projection from the entries, and say what differed."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.config import Settings
from opsbot.core.text import count
from opsbot.store.rebuild import RebuildReport, rebuild


def run(arguments: Namespace) -> int:
    """Rebuild and print the differences; finding some is no failure, they are put right."""
    report = asyncio.run(_rebuild(read_settings(arguments)))
    console = Console(highlight=False)
    for difference in report.differences:
        console.print(f"{difference}", markup=False)
    said = count(len(report.differences), "difference")
    console.print(f"{count(report.incidents, 'record')} read, {said} put right")
    for what in report.not_derived:
        console.print(f"not derived: {what}", style="dim", markup=False)
    return 0


async def _rebuild(settings: Settings) -> RebuildReport:
    async with open_record(settings, SystemClock()) as record:
        return await rebuild(record)
