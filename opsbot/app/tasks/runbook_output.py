"""`opsbot runbook output NUMBER [RUN]`: the whole output of a run, as the record keeps it."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from opsbot.app.clock import SystemClock
from opsbot.app.paper import cell
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.app.tasks.show import incident_number
from opsbot.config import Settings
from opsbot.core.incident_runs import all_runs
from opsbot.core.run import Run
from opsbot.core.text import inert, listed
from opsbot.flows.run_output import StepOutput, as_one_text, outputs_of

Found = tuple[Run, tuple[StepOutput, ...]]


def run(arguments: Namespace) -> int:
    """Print it. Answers 1, and says why, when there is none."""
    number = incident_number(arguments.incident)
    found = asyncio.run(_read(read_settings(arguments), number, arguments.run))
    if isinstance(found, str):
        return _none(found)
    held, outputs = found
    if arguments.json:
        json.dump(_as_data(number, held, outputs), sys.stdout, indent=2)
        sys.stdout.write("\n")
    elif outputs:
        lines = as_one_text(outputs).split("\n")
        sys.stdout.write("\n".join(cell(line).plain for line in lines))
    if any(one.text for one in outputs):
        return 0
    return _none(f"nothing is kept of run {held.run_id} of INC-{number}: {_why(outputs)}")


def _none(why: str) -> int:
    sys.stderr.write(f"opsbot: {why}\n")
    return 1


async def _read(settings: Settings, number: int, named: str) -> Found | str:
    """The run with what is kept of it, or why there is none."""
    async with open_record(settings, SystemClock()) as record:
        incident_id = await record.by_number(number)
        if incident_id is None:
            return f"there is no INC-{number} on the record"
        runs = all_runs(await record.entries(incident_id))
        held = _chosen(runs, named)
        if held is None:
            return _no_run(runs, number, named)
        return held, await outputs_of(record, await record.incident(incident_id), held)


def _chosen(runs: Sequence[Run], named: str) -> Run | None:
    if named:
        return next((one for one in runs if one.run_id == named), None)
    return next((one for one in reversed(runs) if one.started_at is not None), None)


def _no_run(runs: Sequence[Run], number: int, named: str) -> str:
    if not runs:
        return f"INC-{number} has no run on the record"
    known = tuple(f"{one.run_id} ({inert(one.plan.runbook, 60)})" for one in reversed(runs))
    if not named:
        return f"no run of INC-{number} has begun; asked for: {listed(known)}"
    return f"INC-{number} has no run {inert(named, 60)!r}; it has {listed(known, 10)}"


def _why(outputs: Sequence[StepOutput]) -> str:
    """Why nothing can be read, the sorts of it once each."""
    if not outputs:
        return "no step of it was begun"
    return " and ".join(dict.fromkeys(one.missing for one in outputs))


def _as_data(number: int, held: Run, outputs: Sequence[StepOutput]) -> dict[str, Any]:
    return {
        "incident": number,
        "run": held.run_id,
        "runbook": held.plan.runbook,
        "outcome": str(held.outcome or ("running" if held.started_at else "waiting")),
        "not_in_slack": held.output_problem,
        "unsure": held.output_unsure,
        "steps": [
            {
                "phase": str(one.phase), "name": one.name, "outcome": one.outcome,
                "output": one.text, "lines": one.lines, "cut": one.cut, "missing": one.missing,
            }
            for one in outputs
        ],
    }  # fmt: skip
