"""`opsbot verify`: prove that no record was changed since its head was written."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from dataclasses import asdict

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.app.tasks.show import incident_number
from opsbot.config import Settings
from opsbot.store.verify import VerifyReport, verify


def run(arguments: Namespace) -> int:
    """Print what was checked. Answers 1 when anything does not verify."""
    settings = read_settings(arguments)
    number = incident_number(arguments.incident) if arguments.incident else None
    report = asyncio.run(_verify(settings, number))
    if arguments.json:
        print(json.dumps(asdict(report), indent=2))  # noqa: T201 - the output
    else:
        _print(report)
    return 0 if report.ok else 1


async def _verify(settings: Settings, number: int | None) -> VerifyReport:
    async with open_record(settings, SystemClock()) as record:
        incident_id = await record.by_number(number) if number else None
        if number and incident_id is None:
            raise SystemExit(f"opsbot: there is no INC-{number} on the record")
        return await verify(record, [incident_id] if incident_id else None)


def _print(report: VerifyReport) -> None:
    console = Console(highlight=False)
    for checked in report.incidents:
        mark = "[green]ok [/]" if checked.ok else "[red]BAD[/]"
        name = f"INC-{checked.number}" if checked.number else checked.incident_id
        redacted = f", {checked.redacted} redacted" if checked.redacted else ""
        said = f"{checked.entries} entries{redacted}, head {checked.head}"
        console.print(f"{mark}  {name:<10} {said}")
        for problem in checked.problems:
            console.print(f"     {problem}", style="red", markup=False)
    for problem in report.problems:
        console.print(f"BAD  {problem}", style="red", markup=False)
    result = "all verify" if report.ok else "NOT all verify"
    console.print(f"{len(report.incidents)} records checked: {result}")
