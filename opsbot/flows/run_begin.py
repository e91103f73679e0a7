"""Whether a run may begin: the same runbook, the same hash and the same world that were approved,
and nothing else at work on its target."""

from __future__ import annotations

import asyncio
import logging
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
from opsbot.core.run_target import same_target
from opsbot.core.runbook.arguments import typed
from opsbot.core.runbook.lookups import deferred
from opsbot.core.runbook.render import with_bindings
from opsbot.core.severity import Severity
from opsbot.core.text import inert
from opsbot.flows.prepare_run import named_steps, plans_of, rendered
from opsbot.ports import Done, Outcome, Plan, Ports, Refused, Transaction, Unsure

log = logging.getLogger(__name__)
BASELINE_WITHIN = 3.0  # seconds for the metric before the run
RUNS_LOOK_BACK = timedelta(days=8)  # as far as limits of runs count
AGAIN = "Ask for it again, so that people approve what it would do now."


async def may_begin(
    ports: Ports, incident: Incident, run: Run, *, baseline_within: float = BASELINE_WITHIN
) -> RunStarted | str:
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
    plans, (before, unread) = await asyncio.gather(
        plans_of(ports, run.plan), _baseline(ports, run, baseline_within)
    )
    return _changed(run, plans) or RunStarted(run_id=run.run_id, before=before, unread=unread)


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


async def _baseline(ports: Ports, run: Run, within: float) -> tuple[float | None, str]:
    """What the metric says before the run, or why that is not known: in words of opsbot's own,
    since those of a source may hold arguments that are redacted later."""
    check = run.plan.check
    if check is None:
        return None, ""
    gauge, source = ports.gauges.get(check.source), inert(check.source, 60)
    if gauge is None:
        return None, f"{source} is not configured"
    try:
        async with asyncio.timeout(within):
            found: Outcome[float | None] = await gauge.read(check)
    except TimeoutError:
        why = f"{source} gave no answer within {within:g} s"
    except Exception as error:  # gauges do not raise; a run begins all the same
        log.exception("the gauge %s raised", source)
        why = f"{source} failed ({type(error).__name__})"
    else:
        match found:
            case Done(value=value):
                return value, "" if value is not None else "there was no data"
            case Refused():
                why = f"{source} refused to say it"
            case Unsure():
                why = f"{source} gave no usable answer"
    log.warning("no value of the metric from before run %s: %s", run.run_id, why)
    return None, why


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
    if not same_target(run.target, target) or run.started_at is None or run.finished_at is not None:
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
