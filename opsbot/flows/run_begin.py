"""Whether a run may begin: the same runbook, the same hash and the same world that were approved,
and nothing else at work on its target."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from opsbot.core import policy_decision
from opsbot.core.entry import RunStarted, Visibility
from opsbot.core.incident import Incident
from opsbot.core.moment import lasting, shifted
from opsbot.core.policy import Attempt, PastRun
from opsbot.core.rules import Rules
from opsbot.core.run import Run
from opsbot.core.run_approval import is_whole
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
    if not is_whole(run.plan):
        return f"what it would do does not stand on the record any more. {AGAIN}"
    if stale := _stale(run, ports.clock.now()):
        return stale
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


def _stale(run: Run, now: datetime) -> str:
    """An answer counts for as long as the question would have waited for it: people have moved on
    since, and may have mended it another way."""
    said_yes_at = run.approvals[-1].at if run.approvals else run.requested_at
    waited = now - said_yes_at
    if waited <= run.verdict.expires:
        return ""
    what = "approved" if run.approvals else "asked for"
    return f"it was {what} {lasting(waited)} ago and could not begin until now. {AGAIN}"


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
        async with asyncio.timeout(BASELINE_WITHIN):
            found = await gauge.read(check)
    except Exception:  # noqa: BLE001 - a gauge does not raise; if it does, there is no baseline
        return None
    return found.value if isinstance(found, Done) else None


async def runs_of_late(
    tx: Transaction, since: datetime, incident_id: str, target: str
) -> tuple[PastRun, ...]:
    """The runs that policies look at. One that is under way on `target` is named in what is said,
    so one of another incident that is private loses its name."""
    found = [
        replace(run, runbook="a run", run_id="not shown here")
        if run.incident_id != incident_id and await _is_secret(tx, run, target)
        else run
        for run in await tx.runs(since)
    ]
    return tuple(found)


async def _is_secret(tx: Transaction, run: PastRun, target: str) -> bool:
    if run.target != target or run.started_at is None or run.finished_at is not None:
        return False
    return (await tx.incident(run.incident_id)).visibility is Visibility.PRIVATE


async def in_the_way(
    tx: Transaction, run: Run, severity: Severity, rules: Rules, now: datetime
) -> str:
    """What keeps the run from beginning at this moment, under the lock; empty for nothing."""
    cooldown = timedelta(seconds=run.plan.cooldown_s)
    since = shifted(now, -max(cooldown, RUNS_LOOK_BACK))
    recent = await runs_of_late(tx, since, run.plan.incident_id, run.plan.target)
    attempt = Attempt(
        run_id=run.run_id, runbook=run.plan.runbook, risk=run.risk, service=run.plan.service,
        environment=environment_of(run.plan.service, rules), severity=severity,
        requester=run.requester.id, break_glass=run.break_glass, recent=recent,
    )  # fmt: skip
    return policy_decision.in_the_way(
        attempt, rules.policy, now, rules.zone, target=run.plan.target, cooldown=cooldown
    )
