"""Runbooks and what they would do, as a terminal shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from opsbot.app.paper import cell, say
from opsbot.app.run_verdict import OnPaper
from opsbot.catalog.runbooks import Shelf
from opsbot.core.run_prepared import Prepared
from opsbot.core.runbook import Runbook, RunParameter, Step, Verification
from opsbot.core.runbook.argument import bounds
from opsbot.core.runbook.arguments import line_of, typed
from opsbot.core.runbook.duration import written_duration
from opsbot.core.text import inert


def say_list(console: Console, shelf: Shelf) -> None:
    """One row a runbook; then what was left out."""
    table = Table(show_edge=False, pad_edge=False)
    for heading in ("runbook", "risk", "what it does", "here"):
        table.add_column(heading, overflow="fold")
    for one in shelf.runbooks:
        here = one.unavailable or "can be run"
        table.add_row(one.name, one.risk.value, cell(one.title), cell(here))
    console.print(table)
    for problem in shelf.aside:
        say(console, f"left out: {inert(str(problem), 1_500)}", hang=10, style="yellow")


def say_runbook(console: Console, runbook: Runbook) -> None:
    """Everything about one runbook."""
    say(console, f"{runbook.name}: {runbook.title}", hang=4, style="bold")
    if runbook.description:
        say(console, runbook.description, hang=0)
    rows = {
        "risk": runbook.risk.value, "owner": runbook.owner, "file": runbook.origin,
        "version": runbook.version, "offered": runbook.offered.when.value,
        "one run at a time on": runbook.guard.target,
        "again after": _length(runbook.guard.cooldown) if runbook.guard.cooldown else "",
        "cannot be run here": runbook.unavailable,
    }  # fmt: skip
    for label, text in rows.items():
        if text:
            say(console, f"{label}: {text}", hang=4)
    console.print("\nasks for", style="bold")
    for parameter in runbook.parameters:
        say(console, f"  {_parameter(runbook, parameter)}", hang=4)
    for heading, steps in (("runs", runbook.steps), ("takes it back with", runbook.rollback)):
        if steps:
            console.print(f"\n{heading}", style="bold")
        for number, step in enumerate(steps, start=1):
            say(console, f"  {number}. {_step(step)}", hang=5)
    if runbook.verification is not None:
        console.print("\nis verified by", style="bold")
        say(console, f"  {_check(runbook.verification)}", hang=4)


def say_prepared(console: Console, prepared: Prepared, verdicts: OnPaper | None) -> None:
    """What would run, what the policy would say to whom, or why it would not."""
    for problem in prepared.problems:
        say(console, problem.sentence, hang=2, style="red")
    if why := prepared.runbook.unavailable or prepared.refused:
        say(console, f"cannot be run: {why}", hang=2, style="red")
    if prepared.plan is None:
        return
    say(console, f"{prepared.runbook.title}, on {prepared.plan.target}", hang=2, style="bold")
    for line in prepared.preview:
        say(console, f"  {line}", hang=5)
    for warning in prepared.warnings:
        say(console, f"  ! {warning}", hang=4, style="yellow")
    for one in verdicts.said if verdicts else ():
        say(console, f"to {one.whom}: {one.sentence}", hang=2)
    if verdicts:
        say(console, f"assumed: {verdicts.assumed}", hang=2, style="dim")
    say(console, f"hash {prepared.plan.digest}", hang=2, style="dim")
    line = line_of(prepared.runbook, prepared.arguments)
    if line:
        say(console, f"Nothing was done. In Slack: {line}", hang=2)


def _parameter(runbook: Runbook, parameter: RunParameter) -> str:
    default = typed(runbook, {parameter.name: parameter.default or ""}).get(parameter.name, "")
    facts = [
        parameter.kind.value,
        bounds(parameter),
        f"one of {', '.join(parameter.choices)}" if parameter.choices else "",
        f"all of it like {parameter.pattern}" if parameter.pattern else "",
        f"otherwise {default}" if parameter.default is not None else "",
        "" if parameter.required or parameter.default is not None else "may be left out",
    ]
    said = f"{parameter.name} ({', '.join(fact for fact in facts if fact)})"
    return f"{said}: {parameter.hint}" if parameter.hint else said


def _step(step: Step) -> str:
    call = json.dumps(_plain(step.call), ensure_ascii=False)
    parts = [f"{step.name}: {step.executor} {call}", f"at most {_length(step.timeout)}"]
    if step.when is not None:
        equals = "" if step.when.equals is None else f" = {step.when.equals}"
        parts.append(f"only when {step.when.value}{equals}")
    if step.register:
        parts.append(f"gives {', '.join(step.register)}")
    return ", ".join(parts)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {key: _plain(item) for key, item in items}
    return value


def _check(check: Verification) -> str:
    what = f"{check.signal} of {check.service}" if check.signal else check.query
    limits = [
        f"below {check.below:g}" if check.below is not None else "",
        f"above {check.above:g}" if check.above is not None else "",
    ]
    held = f" for {_length(check.holds)}" if check.holds else ""
    limit = " and ".join(part for part in limits if part)
    return f"{what} at {check.source}: {limit}{held}, within {_length(check.within)}"


def _length(length: timedelta) -> str:
    return written_duration(int(length.total_seconds()))
