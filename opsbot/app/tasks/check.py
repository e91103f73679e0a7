"""`opsbot check`: the settings file, offline; what is wrong, what is odd, what could be better."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict

from rich.console import Console

from opsbot.app.settings import read_settings
from opsbot.config import Finding, Weight, check

_MARKS = {
    Weight.ERROR: "[red]error[/]  ",
    Weight.WARNING: "[yellow]warning[/]",
    Weight.ADVICE: "advice ",
}


def run(arguments: Namespace) -> int:
    """Print findings, worst first. Answers 1 when one of them is an error."""
    settings = read_settings(arguments)
    findings = check(settings)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))  # noqa: T201 - the output
    else:
        _print(str(settings.file), findings)
    return 1 if any(finding.weight is Weight.ERROR for finding in findings) else 0


def _print(file: str, findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for finding in findings:
        place = f"{file}:{finding.line}" if finding.line else file
        console.print(f"{_MARKS[finding.weight]}  {finding.key}", end="  ")
        console.print(f"{finding.problem} ({place})", markup=False)
        console.print(f"           {finding.fix}", style="dim", markup=False)
    errors = sum(finding.weight is Weight.ERROR for finding in findings)
    console.print(
        "no errors; opsbot can serve with this file" if not errors else f"{errors} to mend"
    )
