"""Whether a run may begin: the same runbook, the same hash and the same world that were approved,
and nothing else at work on its target."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from opsbot.core import policy_decision
from opsbot.core.entry import RunStarted
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.policy import Attempt
from opsbot.core.rules import Rules
from opsbot.core.run import Run
from opsbot.core.run_request import environment_of
from opsbot.core.runbook.arguments import typed
from opsbot.core.runbook.lookups import deferred
from opsbot.core.runbook.render import with_bindings
from opsbot.core.severity import Severity
from opsbot.flows.prepare_run import named_steps, plans_of, rendered
from opsbot.ports import Done, Plan, Ports, Transaction

BASELINE_WITHIN = 3.0  # seconds for the metric before the run
RUNS_LOOK_BACK = timedelta(days=8)  # as far as limits of runs count
AGAIN = "Ask for it again, so that people approve what it would do now."


async def may_begin(ports: Ports, incident: Incident, run: Run) -> RunStarted | str:
    """The fact that it begins, with what the metric says before; or why it must not."""
    runbook = ports.rules.runbook(run.plan.runbook)
    if runbook is None:
        return f"the runbook {run.plan.runbook} is not there any more"
    if runbook.version != run.plan.version:
        return f"the runbook was edited since it was asked for. {AGAIN}"
    _, fresh = rendered(ports, incident, runbook, typed(runbook, run.plan.arguments))
    if isinstance(fresh, tuple):
        return f"its arguments do not fit any more: {fresh[0].sentence}"
    if with_bindings(fresh, _bindings(run)).digest != run.plan.digest:
        return f"what it would do has changed since it was asked for. {AGAIN}"
    plans, before = await asyncio.gather(plans_of(ports, run.plan), _baseline(ports, run))
    return _changed(run, plans) or RunStarted(run_id=run.run_id, before=before)


def _bindings(run: Run) -> dict[str, dict[str, str | int | float | bool]]:
    return {name: dict(step.binding) for name, step in named_steps(run.plan)}


def _changed(run: Run, plans: Mapping[str, Plan]) -> str:
    """Whether the world is still the one that was approved."""
    for name, step in named_steps(run.plan):
        plan = plans[name]
        if plan.refused:
            return f"it cannot be done any more: {plan.refused}"
        if not deferred(step.call) and dict(plan.binding) != dict(step.binding):
            return f"it would do something else by now: {plan.shown}. {AGAIN}"
    return ""


async def _baseline(ports: Ports, run: Run) -> float | None:
    check = run.plan.check
    gauge = ports.gauges.get(check.source) if check else None
    if check is None or gauge is None:
        return None
    try:
        found = await asyncio.wait_for(gauge.read(check), BASELINE_WITHIN)
    except TimeoutError:
        return None
    return found.value if isinstance(found, Done) else None


async def in_the_way(
    tx: Transaction, run: Run, severity: Severity, rules: Rules, now: datetime
) -> str:
    """What keeps the run from beginning at this moment, under the lock; empty for nothing."""
    cooldown = timedelta(seconds=run.plan.cooldown_s)
    recent = await tx.runs(shifted(now, -max(cooldown, RUNS_LOOK_BACK)))
    attempt = Attempt(
        run_id=run.run_id, runbook=run.plan.runbook, risk=run.risk, service=run.plan.service,
        environment=environment_of(run.plan.service, rules), severity=severity,
        requester=run.requester.id, break_glass=run.break_glass, recent=tuple(recent),
    )  # fmt: skip
    return policy_decision.in_the_way(
        attempt, rules.policy, now, rules.zone, target=run.plan.target, cooldown=cooldown
    )
