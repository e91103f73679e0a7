"""The decision on a run: what stands in its way, what holds it up, and which rule says the rest.

In this order: one run a target, cooldown, who may break the glass, freezes, limits, rules. The
first that has something to say decides, and every answer has its rule and its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsbot.core.moment import lasting, shifted
from opsbot.core.policy import (
    Attempt,
    Freeze,
    Limit,
    LimitOf,
    PastRun,
    Policy,
    Ruling,
    Verdict,
)
from opsbot.core.policy_rules import BREAK_GLASS, requester_standing, rules_considered
from opsbot.core.policy_ruling import Considered
from opsbot.core.policy_when import conditions, until_text
from opsbot.core.policy_who import approver_standing, fits, is_nobody, who_approves, who_can
from opsbot.core.run_target import same_target
from opsbot.core.runbook import Risk
from opsbot.core.text import count, inert

__all__ = ["Considered", "approver_standing", "considered", "decide", "fits", "in_the_way",
           "who_approves", "who_can"]  # fmt: skip

ONE_RUN, COOLDOWN = "one run a target", "cooldown"
LEAST_WORDS = 10  # letters and digits of a reason to break the glass


def decide(
    attempt: Attempt, policy: Policy, now: datetime, zone: str, *, target: str, cooldown: timedelta
) -> Verdict:
    """Whether the run may be done, by which rule and why; `zone` is that of hours and days.

    `target` and `cooldown` are those of the rendered run. Decide again at its start with
    `attempt.run_id` set, so that the run is not in its own way.
    """
    asked = considered(attempt, policy, now, zone, target=target, cooldown=cooldown)
    return next(one.verdict for one in asked if one.verdict is not None)


def considered(
    attempt: Attempt, policy: Policy, now: datetime, zone: str, *, target: str, cooldown: timedelta
) -> Iterator[Considered]:
    """Everything `decide` asks, in order; the first with a verdict is the decision."""
    case = _Case(attempt=attempt, policy=policy, now=now, zone=zone, target=target)
    yield _one_run(case)
    yield _cooled_down(case, cooldown)
    if attempt.break_glass:
        yield _may_break_glass(case)
    for freeze in policy.freezes:
        yield _freeze(case, freeze)
    for limit in policy.limits:
        yield _limit(case, limit)
    yield from rules_considered(attempt, policy, now, zone)


def in_the_way(
    attempt: Attempt, policy: Policy, now: datetime, zone: str, *, target: str, cooldown: timedelta
) -> str:
    """Why a run that was allowed or approved must not begin now, whoever asked for it: another run
    on its target, a cooldown, a freeze or a limit; empty when nothing stands in its way."""
    case = _Case(attempt=attempt, policy=policy, now=now, zone=zone, target=target)
    asked = (
        _one_run(case), _cooled_down(case, cooldown),
        *(_freeze(case, freeze) for freeze in policy.freezes),
        *(_limit(case, limit) for limit in policy.limits),
    )  # fmt: skip
    return next((one.verdict.reason for one in asked if one.verdict is not None), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    attempt: Attempt
    policy: Policy
    now: datetime
    zone: str
    target: str

    @property
    def others(self) -> tuple[PastRun, ...]:
        """The runs of late, without the one that is decided on."""
        own = self.attempt.run_id
        return tuple(run for run in self.attempt.recent if not own or run.run_id != own)

    @property
    def begun_here(self) -> tuple[PastRun, ...]:
        """Those of them that began on the same target; a run without a target has none."""
        same = (run for run in self.others if same_target(run.target, self.target))
        return tuple(run for run in same if run.started_at is not None)

    def until(self, at: datetime) -> str:
        return until_text(at, self.now, self.zone)


def _denied(rule: str, reason: str) -> Considered:
    verdict = Verdict(ruling=Ruling.DENIED, rule=rule, reason=reason)
    return Considered(rule=rule, said=reason, verdict=verdict)


# --- what stands in the way of anything ----------------------------------------------------------


def _one_run(case: _Case) -> Considered:
    running = [run for run in case.begun_here if run.finished_at is None]
    where = inert(case.target, 80) or "no target"
    if not running:
        return Considered(rule=ONE_RUN, said=f"nothing runs on {where}")
    run = min(running, key=lambda one: (one.requested_at, one.run_id))
    since = case.until(run.started_at or run.requested_at)
    return _denied(
        ONE_RUN,
        f"{inert(run.runbook, 80)} (run {inert(run.run_id, 40)}) runs on {where} since {since}: "
        "one run a target at a time, so wait for its end",
    )


def _cooled_down(case: _Case, cooldown: timedelta) -> Considered:
    if case.attempt.risk is Risk.NONE:
        return Considered(rule=COOLDOWN, said="what only reads need not wait")
    # What only reads leaves nothing to settle: looking first must not hold up the mending.
    changed = (run for run in case.begun_here if run.risk is not Risk.NONE)
    ended = [run for run in changed if run.finished_at is not None]
    where = inert(case.target, 80) or "no target"
    if not ended or cooldown <= timedelta(0):
        return Considered(rule=COOLDOWN, said=f"nothing to wait for on {where}")
    last = max(run.finished_at or run.requested_at for run in ended)
    free_at = shifted(last, cooldown)
    if free_at <= case.now:
        return Considered(rule=COOLDOWN, said=f"{where} has been left alone long enough")
    return _denied(
        COOLDOWN,
        f"the last run on {where} ended at {case.until(last)}, and it is left alone for "
        f"{lasting(cooldown)}: not before {case.until(free_at)}",
    )


# --- breaking the glass --------------------------------------------------------------------------


def _may_break_glass(case: _Case) -> Considered:
    attempt, who = case.attempt, case.policy.break_glass
    if is_nobody(who):
        return _denied(
            BREAK_GLASS,
            "nobody may break the glass here; `policy: break_glass:` in opsbot.yaml says who may",
        )
    why = requester_standing(attempt, case.policy)
    if not why:
        may = who_can(who, attempt.service)
        return _denied(BREAK_GLASS, f"only {may} may break the glass")
    if sum(char.isalnum() for char in attempt.break_glass) < LEAST_WORDS:
        said = f"say in words, {LEAST_WORDS} letters at least, why this cannot wait"
        return _denied(BREAK_GLASS, f"{said}; it stands in the postmortem")
    return Considered(rule=BREAK_GLASS, said=f"who asks is {why}")


# --- freezes and limits --------------------------------------------------------------------------


def _freeze(case: _Case, freeze: Freeze) -> Considered:
    attempt = case.attempt
    if not freeze.start <= case.now < freeze.end:
        frm, to = case.until(freeze.start), case.until(freeze.end)
        return Considered(rule=freeze.name, said=f"freezes from {frm} to {to}, not now")
    met = conditions(freeze.when, attempt, case.now, case.zone, strict=True)
    off = next((one.said for one in met if not one.holds), "")
    if off:
        return Considered(rule=freeze.name, said=off)
    if attempt.risk is Risk.NONE:
        return Considered(rule=freeze.name, said="what only reads goes through")
    if attempt.break_glass:
        return Considered(rule=freeze.name, said="breaking the glass goes through")
    because = f" ({', '.join(one.said for one in met)})" if met else ""
    glass = "break the glass if you must"
    if is_nobody(case.policy.break_glass):
        glass = "nobody may break the glass here"
    return _denied(
        freeze.name,
        f"nothing that changes anything runs until {case.until(freeze.end)}{because}; {glass}",
    )


def _limit(case: _Case, limit: Limit) -> Considered:
    met = conditions(limit.when, case.attempt, case.now, case.zone, strict=True)
    off = next((one.said for one in met if not one.holds), "")
    if off:
        return Considered(rule=limit.name, said=off)
    counted = [run for run in case.others if _counts(case, limit, run)]
    used = f"at most {count(limit.runs, 'run')}{_of(case, limit)} in {lasting(limit.within)}"
    used += f": {_so_far(counted)}"
    if len(counted) < limit.runs:
        return Considered(rule=limit.name, said=used)
    if limit.break_glass and case.attempt.break_glass:
        return Considered(rule=limit.name, said=f"{used}; breaking the glass goes through")
    return _denied(limit.name, f"{used}{_next_fits(case, limit, counted)}")


def _counts(case: _Case, limit: Limit, run: PastRun) -> bool:
    """Whether a run of late is one of those the limit is about: it began in time, or it waits and
    may begin at any moment."""
    when, attempt = limit.when, case.attempt
    same = {
        LimitOf.ALL: True,
        LimitOf.RUNBOOK: run.runbook == attempt.runbook,
        LimitOf.TARGET: same_target(run.target, case.target),
        LimitOf.REQUESTER: run.requester == attempt.requester,
    }[limit.of]
    meant = (
        (not when.runbooks or run.runbook in when.runbooks)
        and (not when.risks or run.risk in when.risks)
        and (not when.services or run.service in when.services)
    )
    if run.started_at is None:
        in_time = run.finished_at is None
    else:
        in_time = run.started_at > shifted(case.now, -limit.within)
    return same and meant and in_time


def _of(case: _Case, limit: Limit) -> str:
    match limit.of:
        case LimitOf.RUNBOOK:
            return f" of {inert(case.attempt.runbook, 80)}"
        case LimitOf.TARGET:
            return f" on {inert(case.target, 80)}"
        case LimitOf.REQUESTER:
            return " by one person"
        case LimitOf.ALL:
            return ""


def _so_far(counted: list[PastRun]) -> str:
    begun = sum(run.started_at is not None for run in counted)
    waiting = len(counted) - begun
    return f"{begun} began{f', {waiting} waiting for approval' if waiting else ''}"


def _next_fits(case: _Case, limit: Limit, counted: list[PastRun]) -> str:
    """When the next one fits, if only time has to pass."""
    begun = sorted(run.started_at for run in counted if run.started_at is not None)
    if len(counted) - len(begun) >= limit.runs:
        return ""  # those that wait fill it by themselves
    last = begun[len(counted) - limit.runs]
    return f"; the next one fits at {case.until(shifted(last, limit.within))}"
