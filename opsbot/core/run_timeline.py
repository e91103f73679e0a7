"""What a human reads of runs of runbooks."""

from __future__ import annotations

from opsbot.core import run_entry as r
from opsbot.core.entry import Entry
from opsbot.core.policy import Ruling
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.run_moves import ROLLED_BACK
from opsbot.core.text import inert

_LOUD = (StepOutcome.FAILED, StepOutcome.UNKNOWN)


def run_line(entry: Entry, of: str = "") -> tuple[str, int] | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others. `of`
    is the runbook's name, where a reader cannot see which run is meant."""
    who = inert(entry.actor.name or entry.actor.id, 80)
    run = f"the run of {of}" if of else "the run"
    match entry.body:
        case r.RunRequested() as body:
            return _requested(body, who)
        case r.RunApproved(standing=standing):
            why = f" ({inert(standing, 120)})" if standing else ""
            return f"{who} approved {run}{why}", 2
        case r.RunDenied(reason=reason):
            by = who if entry.actor.is_person else "a rule"
            return f"{run} was denied by {by}{_why(reason)}", 2
        case r.RunVerified(outcome=outcome, said=said):
            return f"{_checked(outcome, of)}{_why(said)}", 2
        case r.RunFinished(outcome=outcome, said=said):
            why = _why(said.removesuffix(ROLLED_BACK))
            return f"{run} {_ENDED.get(outcome, outcome)}{why}", 2
        case r.RunJudged(happened=happened):
            found = "it was done" if happened else "it was not done"
            return f"{who} looked what came of {run}: {found}", 2
        case r.RunStarted() | r.RunOutputShared():
            return _unknown_of(entry, run)
        case _:
            return _of_step(entry, f" of {of}" if of else "")


def _unknown_of(entry: Entry, run: str) -> tuple[str, int] | None:
    """What nobody knows of a run, or cannot read where they look for it."""
    match entry.body:
        case r.RunStarted(unread=unread) if unread:
            return f"what the metric said before {run} is not known{_why(unread)}", 1
        case r.RunOutputShared(problem=problem, unsure=unsure) if problem:
            there = "may or may not be in Slack" if unsure else "is not in Slack"
            return f"the whole output of {run} {there}{_why(problem)}", 1
        case _:
            return None


def _of_step(entry: Entry, of: str) -> tuple[str, int] | None:
    match entry.body:
        case r.StepStarted(name=name, phase=phase):
            return f"{_back(phase)}step {inert(name, 80)}{of} began", 0
        case r.StepFinished(name=name, phase=phase, outcome=outcome, said=said):
            how = "ended, outcome unknown" if outcome is StepOutcome.UNKNOWN else outcome
            step = f"{_back(phase)}step {inert(name, 80)}{of} {how}"
            return f"{step}{_why(said)}", 2 if outcome in _LOUD else 1
        case _:
            return None


def _checked(outcome: CheckOutcome, of: str) -> str:
    if of:
        return f"the verification of {of} {_CHECKED[outcome]}"
    known = {CheckOutcome.PASSED: "verified", CheckOutcome.FAILED: "verification failed"}
    return known.get(outcome, "not verified")


_CHECKED = {
    CheckOutcome.PASSED: "passed",
    CheckOutcome.FAILED: "failed",
    CheckOutcome.UNREADABLE: "could not be read",
}
_ENDED = {
    RunOutcome.SUCCEEDED: "succeeded", RunOutcome.FAILED: "failed",
    RunOutcome.ROLLED_BACK: "was rolled back", RunOutcome.UNKNOWN: "ended, outcome unknown",
    RunOutcome.EXPIRED: "expired",
}  # fmt: skip


def _why(said: str) -> str:
    return f": {inert(said, 300)}" if said else ""


def _back(phase: Phase) -> str:
    return "rollback " if phase is Phase.ROLLBACK else ""


_RULED = {
    Ruling.ALLOWED: "allows it", Ruling.DENIED: "denies it", Ruling.NEEDS_APPROVAL:
    "asks for approval",
}  # fmt: skip


def _requested(body: r.RunRequested, who: str) -> tuple[str, int]:
    verdict, service = body.verdict, inert(body.plan.service, 80)
    what = f"“{inert(body.title or body.plan.runbook, 100)}”"
    on = f" on {service}" if service else ""
    asked = f"{who} asked for {what}{on}: the rule “{inert(verdict.rule, 80)}”"
    said = f"{asked} {_RULED[verdict.ruling]}"
    if verdict.ruling is Ruling.DENIED:
        return f"{said}, {inert(verdict.reason, 200)}", 1
    glass = f"; THE GLASS WAS BROKEN: “{inert(body.break_glass, 300)}”" if body.break_glass else ""
    return f"{said}{glass}", 2
