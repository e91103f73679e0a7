"""Examples of a runbook, tried: what a file says about itself, proved by the code that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from opsbot.core.runbook import Example, Runbook, Scalar
from opsbot.core.runbook.arguments import read_arguments
from opsbot.core.runbook.lookups import STEPS, Unresolved, late_values, resolve
from opsbot.core.runbook.render import render
from opsbot.core.runbook.rendered import RenderedRun, Surroundings
from opsbot.core.runbook.surroundings import KNOWN, SELECTOR, service_argument
from opsbot.core.text import cut

AT = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
"""When every example runs: `${run.now}` is noon of that day."""

_INCIDENT: Mapping[str, Scalar] = {
    "incident.id": "example", "incident.number": 42, "incident.severity": "SEV2",
}  # fmt: skip


def try_example(runbook: Runbook, example: Example) -> str:
    """Why the example does not come out as it says; empty when it does."""
    unknown = [name for name in example.surroundings if not _is_known(name)]
    if unknown:
        return f"nothing looks up {unknown[0]}"
    service = example.arguments.get("service", "")
    services = example.services or ((service,) if service else ())
    arguments, problems = read_arguments(runbook, example.arguments, services)
    if example.refused:
        refused = {problem.parameter for problem in problems}
        if example.refused in refused:
            return ""
        other = f"; what is refused is: {problems[0].sentence}" if problems else ""
        return f"{example.refused} is not refused{other}"
    if problems:
        return problems[0].sentence
    run = render(runbook, arguments, _surroundings(runbook, example, arguments))
    if not isinstance(run, RenderedRun):
        return run[0].sentence
    return _compared(example, run)


def _is_known(name: str) -> bool:
    return name in KNOWN or name.startswith((SELECTOR, STEPS))


def _surroundings(
    runbook: Runbook, example: Example, arguments: Mapping[str, Scalar]
) -> Surroundings:
    service = service_argument(runbook, arguments)
    named = {"service.name": service, "incident.service": service} if service else {}
    return Surroundings(
        incident_id="example", values={**_INCIDENT, **named, **example.surroundings}
    )


def _compared(example: Example, run: RenderedRun) -> str:
    if not example.renders:
        return ""
    values = late_values("example", run.arguments, AT)
    values |= {name.removeprefix(STEPS): value for name, value in example.surroundings.items()}
    try:
        calls = [resolve(step.call, values) for step in run.steps]
    except Unresolved as missing:
        return f"{missing}: give it under `surroundings:`, as {STEPS}<step>.<value>"
    wanted: list[Any] = list(example.renders)
    if len(calls) != len(wanted):
        return f"it renders {len(calls)} calls, and the example says {len(wanted)}"
    for step, call, said in zip(run.steps, calls, wanted, strict=True):
        if call != said:
            return f"step {step.name} is {cut(repr(call), 300)}, not {cut(repr(said), 300)}"
    return ""
