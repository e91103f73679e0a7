"""`opsbot check`: the settings file, offline; what is wrong, what is odd, what could be better.

With --ask also how much of the catalogue has logs, metrics and traces, which only those can say.
"""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.executors import build_executors
from opsbot.app.names_seen import Seen, coverage_seen, names_seen
from opsbot.app.own_commands import command_findings
from opsbot.app.own_runbooks import runbook_findings
from opsbot.app.own_templates import template_findings
from opsbot.app.paper import say
from opsbot.app.policy_runbooks import unknown_runbooks
from opsbot.app.settings import read_settings
from opsbot.config import Finding, Settings, Weight, check
from opsbot.config.coverage import Coverage, coverage
from opsbot.core.text import listed
from opsbot.http_client import AiohttpClient
from opsbot.ports import Executor

_MARKS = {
    Weight.ERROR: "[red]error[/]  ",
    Weight.WARNING: "[yellow]warning[/]",
    Weight.ADVICE: "advice ",
}


def run(arguments: Namespace) -> int:
    """Print findings, worst first. Answers 1 when one of them is an error."""
    settings = read_settings(arguments)
    findings = [
        *check(settings, SystemClock().now()), *command_findings(settings),
        *unknown_runbooks(settings), *runbook_findings(settings, _executors(settings)),
        *template_findings(settings),
    ]  # fmt: skip
    seen = asyncio.run(_ask(settings)) if arguments.ask else ()
    rows = (*coverage(settings), *coverage_seen(settings, seen))
    if arguments.json:
        print(json.dumps(_as_data(findings, rows, seen, arguments.ask), indent=2))  # noqa: T201 - the output
    else:
        console = Console(highlight=False)
        _print(console, str(settings.file), findings)
        _print_coverage(console, rows, seen)
        _print_result(console, findings)
    return 1 if any(finding.weight is Weight.ERROR for finding in findings) else 0


def _executors(settings: Settings) -> Mapping[str, Executor]:
    """The executors, for what they can say of a call without asking anybody."""
    return build_executors(settings, _client(settings), SystemClock())


def _client(settings: Settings) -> AiohttpClient:
    return AiohttpClient(
        environ=settings.http.environ, ca_bundle=str(settings.http.ca_bundle or "")
    )


async def _ask(settings: Settings) -> tuple[Seen, ...]:
    http = _client(settings)
    try:
        await http.start()
        return await names_seen(settings, http, SystemClock())
    finally:
        await http.close()


def _as_data(
    findings: Sequence[Finding], rows: Sequence[Coverage], seen: Sequence[Seen], asked: bool
) -> object:
    """The list of findings; with --ask an object, because there is more to tell."""
    told = [asdict(finding) for finding in findings]
    if not asked:
        return told
    covered = [
        {
            "what": row.what, "source": row.needed_by, "services": row.services,
            "covered": row.covered, "lacking": list(row.lacking),
        }
        for row in rows
    ]  # fmt: skip
    silent = {one.source: one.problem for one in seen if one.problem}
    return {"findings": told, "coverage": covered, "not_answered": silent}


def _print(console: Console, file: str, findings: Sequence[Finding]) -> None:
    for finding in findings:
        place = f"{file}:{finding.line}" if finding.line else file
        console.print(f"{_MARKS[finding.weight]}  {finding.key}", end="  ")
        console.print(f"{finding.problem} ({place})", markup=False)
        console.print(f"           {finding.fix}", style="dim", markup=False)


def _print_coverage(console: Console, rows: Sequence[Coverage], seen: Sequence[Seen]) -> None:
    if not rows and not seen:
        return
    console.print("\ncoverage", style="bold")
    for row in rows:
        share = "green" if not row.lacking else "yellow" if row.covered else "red"
        asked = any(one.source == row.needed_by for one in seen)
        lacking = f"; not {listed(row.lacking)}" if asked and row.lacking else ""
        source = f" ({row.needed_by})" if asked else ""
        say(console, f"  {row}{source}{lacking}", hang=4, style=share)
    for one in seen:
        if one.problem:
            say(console, f"  {one.kind} are not known: {one.problem}", hang=4, style="red")
    console.print()


def _print_result(console: Console, findings: Sequence[Finding]) -> None:
    errors = sum(finding.weight is Weight.ERROR for finding in findings)
    console.print(
        "no errors; opsbot can serve with this file" if not errors else f"{errors} to mend"
    )
