"""`opsbot policy test` and `explain`: what the policy says of runs, without running any."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from opsbot.app.clock import SystemClock
from opsbot.app.paper import say
from opsbot.app.policy_runbooks import described_runbooks
from opsbot.app.policy_trial import (
    Trial,
    Tried,
    asked_for,
    checked,
    steps_of,
    trial_of,
    tried,
)
from opsbot.app.settings import read_settings
from opsbot.app.store import Unusable
from opsbot.config import ConfigInvalid, Settings
from opsbot.config.policy_cases import GivenSection, read_cases
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.policy_decision import Considered, who_approves
from opsbot.core.text import count

DEFAULT_FILE = "policy-tests.yaml"


def run(arguments: Namespace) -> int:
    """Do what the second word says. Answers 1 when a case does not come out as expected."""
    settings = read_settings(arguments)
    now = SystemClock().now()
    try:
        if arguments.act == "test":
            return _test(arguments, settings, now)
        return _explain(arguments, settings, now)
    except ConfigInvalid as invalid:
        raise Unusable(str(invalid)) from None


# --- a table of cases ----------------------------------------------------------------------------


def _test(arguments: Namespace, settings: Settings, now: datetime) -> int:
    path = Path(arguments.file) if arguments.file else settings.file.parent / DEFAULT_FILE
    runbooks = described_runbooks(settings)
    results: list[Tried] = []
    for case in read_cases(path):
        try:
            results.append(tried(case, settings, trial_of(case.given, settings, runbooks, now)))
        except Unusable as why:
            raise Unusable(f"{path}: case '{case.name}': {why}") from None
    if arguments.json:
        print(json.dumps([_result(one) for one in results], indent=2))  # noqa: T201 - the output
    else:
        _print_results(results)
    return 1 if any(one.wrong for one in results) else 0


def _result(one: Tried) -> dict[str, Any]:
    return {
        "name": one.case.name, "ok": not one.wrong, "wrong": list(one.wrong),
        "ruling": str(one.verdict.ruling), "rule": one.verdict.rule,
        "approvals": one.verdict.approvals, "reason": one.verdict.reason,
    }  # fmt: skip


def _print_results(results: Sequence[Tried]) -> None:
    console = Console(highlight=False)
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("", "case", "ruling", "by the rule", "why"):
        table.add_column(heading, overflow="fold")
    for one in results:
        mark = Text("✗", style="red") if one.wrong else Text("✓", style="green")
        verdict = one.verdict
        said = (one.case.name, str(verdict.ruling), verdict.rule, verdict.reason)
        table.add_row(mark, *(Text(part) for part in said))
    console.print(table)
    failed = [one for one in results if one.wrong]
    for one in failed:
        said = f"✗ {one.case.name}: {'; '.join(one.wrong)}"
        say(console, said, hang=2, style="red")
    total = count(len(results), "case")
    rest = f"{len(failed)} not as expected" if failed else "all as expected"
    console.print(f"{total}, {rest}")


# --- one run explained ---------------------------------------------------------------------------


def _explain(arguments: Namespace, settings: Settings, now: datetime) -> int:
    given = _given(arguments)
    trial = trial_of(given, settings, described_runbooks(settings), now)
    asked = list(steps_of(trial, settings))
    verdict = asked[-1].verdict
    assert verdict is not None  # noqa: S101 - the last one decides
    if arguments.json:
        print(json.dumps(_explained(verdict, asked, trial), indent=2))  # noqa: T201 - the output
    else:
        _print_explained(verdict, asked, trial)
    return 0


def _given(arguments: Namespace) -> GivenSection:
    """What the command line says, checked as a case of the file is."""
    names = ("runbook", "risk", "service", "environment", "severity", "break_glass", "at",
             "target", "cooldown", "on_call", "guest")  # fmt: skip
    written = {name: getattr(arguments, name) for name in names}
    return checked(written | {"groups": arguments.group, "roles": arguments.role})


def _explained(verdict: Verdict, asked: Sequence[Considered], trial: Trial) -> dict[str, Any]:
    paged = verdict.page_after.total_seconds() if verdict.page_after else None
    asks = verdict.ruling is Ruling.NEEDS_APPROVAL
    return {
        "ruling": str(verdict.ruling), "rule": verdict.rule, "reason": verdict.reason,
        "approvals": verdict.approvals,
        "approvers": who_approves(verdict, trial.attempt.service) if asks else None,
        "expires_s": verdict.expires.total_seconds() if asks else None,
        "page_after_s": paged if asks else None,
        "considered": [{"rule": one.rule, "said": one.said} for one in asked],
    }  # fmt: skip


def _print_explained(verdict: Verdict, asked: Sequence[Considered], trial: Trial) -> None:
    console = Console(highlight=False)
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("", "asked", "answer"):
        table.add_column(heading, overflow="fold")
    for one in asked:
        table.add_row("→" if one.verdict else "", Text(one.rule), Text(one.said))
    console.print(table)
    said = f"{verdict.ruling} by '{verdict.rule}': {verdict.reason}"
    say(console, f"\n{said}", hang=2, style="bold")
    if wants := asked_for(verdict, trial.attempt.service):
        say(console, wants, hang=2)
