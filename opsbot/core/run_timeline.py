"""What a human reads of runs of runbooks."""

from __future__ import annotations

from opsbot.core import run_entry as r
from opsbot.core.entry import Entry
from opsbot.core.policy import Ruling
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.text import inert

_LOUD = (StepOutcome.FAILED, StepOutcome.UNKNOWN)


def run_line(entry: Entry) -> tuple[str, int] | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others."""
    who = inert(entry.actor.name or entry.actor.id, 80)
    match entry.body:
        case r.RunRequested() as body:
            return _requested(body, who)
        case r.RunApproved(standing=standing):
            return f"{who} approved the run ({inert(standing, 120)})", 2
        case r.RunDenied(reason=reason):
            by = who if entry.actor.is_person else "a rule"
            return f"the run was denied by {by}: {inert(reason, 300)}", 2
        case r.StepStarted(name=name, phase=phase):
            return f"{_back(phase)}step {inert(name, 80)} began", 0
        case r.StepFinished(name=name, phase=phase, outcome=outcome, said=said):
            why = f": {inert(said, 300)}" if said else ""
            loud = outcome in _LOUD
            return f"{_back(phase)}step {inert(name, 80)} {outcome}{why}", 2 if loud else 1
        case r.RunVerified(outcome=outcome, said=said):
            word = {CheckOutcome.PASSED: "verified", CheckOutcome.FAILED: "verification failed"}
            return f"{word.get(outcome, 'not verified')}: {inert(said, 300)}", 2
        case r.RunFinished(outcome=outcome, said=said):
            return f"the run {_ENDED.get(outcome, outcome)}: {inert(said, 300)}", 2
        case r.RunJudged(happened=happened):
            found = "it was done" if happened else "it was not done"
            return f"{who} looked what came of the run: {found}", 2
        case _:
            return None


_ENDED = {
    RunOutcome.SUCCEEDED: "succeeded", RunOutcome.FAILED: "failed",
    RunOutcome.ROLLED_BACK: "was rolled back", RunOutcome.UNKNOWN: "ended, outcome unknown",
    RunOutcome.EXPIRED: "expired",
}  # fmt: skip


def _back(phase: Phase) -> str:
    return "rollback " if phase is Phase.ROLLBACK else ""


def _requested(body: r.RunRequested, who: str) -> tuple[str, int]:
    what = inert(body.title or body.plan.runbook, 100)
    of = f" of {inert(body.plan.service, 80)}" if body.plan.service else ""
    verdict = body.verdict
    rule = f"{verdict.ruling} by “{inert(verdict.rule, 80)}”"
    if verdict.ruling is Ruling.DENIED:
        return f"{who} asked to run {what}{of}: {rule}, {inert(verdict.reason, 200)}", 1
    glass = f"; THE GLASS WAS BROKEN: “{inert(body.break_glass, 300)}”" if body.break_glass else ""
    return f"{who} asked to run {what}{of}: {rule}{glass}", 2
