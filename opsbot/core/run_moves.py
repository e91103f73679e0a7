"""What a run owes next: the next step, the verification, the way back, or its end.

A failed step or verification is followed by the rollback, where there is one and something was
changed, be it by the step that failed; an outcome that nobody knows ends the run and asks a person.
Nothing is tried twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Visibility
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.run import Run
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.text import count, inert
from opsbot.core.unfolding import Owed, Unfolding

STEP, VERIFY, EXPIRE, NAG, OUTPUT = (
    "run_step", "verify_run", "expire_run", "nag_approval", "share_output",
)  # fmt: skip

ROLLED_BACK = "; it was rolled back"  # behind why; whoever names the outcome leaves it out


@dataclass(frozen=True, slots=True, kw_only=True)
class DoStep:
    """Begin this step."""

    phase: Phase
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """Watch the metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """It is over, like this."""

    outcome: RunOutcome
    said: str


Move = DoStep | Verify | Finish


def next_move(run: Run) -> Move | None:
    """What is to be done now; None while it waits, while a step runs, and after the end."""
    if run.outcome is not None or not run.approved:
        return None
    if any(state.outcome is None for state in (*run.steps, *run.rollback)):
        return None
    forward = _forward(run)
    if not isinstance(forward, Finish) or forward.outcome is not RunOutcome.FAILED:
        return forward
    return _back(run, forward.said)


def _forward(run: Run) -> Move | None:
    for index, step in enumerate(run.steps):
        match step.outcome:
            case None:
                return None
            case StepOutcome.FAILED:
                return Finish(outcome=RunOutcome.FAILED, said=_failed(step.name, step.said))
            case StepOutcome.UNKNOWN:
                said = f"nobody knows what came of step {index + 1} ({step.name}): {step.said}"
                return Finish(outcome=RunOutcome.UNKNOWN, said=said)
            case _:
                pass
    if len(run.steps) < len(run.plan.steps):
        return DoStep(phase=Phase.STEPS, step=len(run.steps))
    if run.plan.check is None:
        done = sum(step.outcome is StepOutcome.SUCCEEDED for step in run.steps)
        said = f"{count(done, 'step')} done; nothing was verified"
        return Finish(outcome=RunOutcome.SUCCEEDED, said=said)
    return _verdict(run)


def _verdict(run: Run) -> Move:
    check = run.check
    match check.outcome if check else None:
        case CheckOutcome.PASSED:
            return Finish(outcome=RunOutcome.SUCCEEDED, said=check.said if check else "")
        case CheckOutcome.FAILED:
            return Finish(outcome=RunOutcome.FAILED, said=check.said if check else "")
        case CheckOutcome.UNREADABLE:
            said = f"the steps are done, but {check.said if check else ''}"
            return Finish(outcome=RunOutcome.UNKNOWN, said=said)
        case None:
            return Verify()


def _back(run: Run, why: str) -> Move | None:
    """The way back after a failure; there is none when nothing had been changed."""
    acted = any(step.acted or step.outcome is StepOutcome.SUCCEEDED for step in run.steps)
    if not run.plan.rollback or not acted:
        return Finish(outcome=RunOutcome.FAILED, said=why)
    for step in run.rollback:
        match step.outcome:
            case None:
                return None
            case StepOutcome.FAILED:
                said = f"{why}; the rollback failed too: {_failed(step.name, step.said)}"
                return Finish(outcome=RunOutcome.FAILED, said=said)
            case StepOutcome.UNKNOWN:
                said = f"{why}; nobody knows what came of the rollback ({step.name}): {step.said}"
                return Finish(outcome=RunOutcome.UNKNOWN, said=said)
            case _:
                pass
    if len(run.rollback) < len(run.plan.rollback):
        return DoStep(phase=Phase.ROLLBACK, step=len(run.rollback))
    return Finish(outcome=RunOutcome.ROLLED_BACK, said=f"{why}{ROLLED_BACK}")


def _failed(name: str, said: str) -> str:
    return f"step {name} failed: {said}" if said else f"step {name} failed"


# --- what follows --------------------------------------------------------------------------------


def owes_runs(story: Unfolding, before: Incident) -> None:
    """What every run that has changed owes now (a rule of `consequences.py`)."""
    for run_id, run in story.state.runs.items():
        if run is before.runs.get(run_id):
            continue
        known = before.runs.get(run_id)
        if known is None and run.waits:
            _owe_waiting(story, run)
        if known is None and run.break_glass and run.outcome is None:
            _owe_loud(story, run)
        _owe_move(story, run)


def _owe_waiting(story: Unfolding, run: Run) -> None:
    if run.expires_at is not None:
        _owe(story, run, EXPIRE, "expire", run.expires_at - story.now)
    after = run.verdict.page_after
    if after is not None:
        _owe(story, run, NAG, "nag", after)


def _owe_loud(story: Unfolding, run: Run) -> None:
    """Whoever runs opsbot hears of broken glass, of a private incident without its words."""
    state = story.state
    # Why stands in the room and on the record, where it can be redacted.
    what = f"{inert(run.requester.name, 60)} broke the glass in INC-{state.number}: "
    what += f"{run.plan.runbook}, without the approval it needed. The room says why."
    if state.visibility is Visibility.PRIVATE:
        what = f"Somebody broke the glass in INC-{state.number} (private)."
    owed = Owed(
        purpose="tell_ops", key=f"run:{run.run_id}:glass", due_at=story.now,
        arguments=MappingProxyType({"text": what, "said_at": story.now.isoformat()}),
    )  # fmt: skip
    story.owed.append(owed)


def _owe_move(story: Unfolding, run: Run) -> None:
    match next_move(run):
        case DoStep(phase=phase, step=step):
            arguments = {"phase": phase.value, "step": str(step)}
            _owe(story, run, STEP, f"{phase}:{step}", timedelta(0), arguments)
        case Verify():
            _owe(story, run, VERIFY, "verify", timedelta(0))
        case Finish(outcome=outcome, said=said):
            finished = e.RunFinished(run_id=run.run_id, outcome=outcome, said=said)
            story.add(f"finished:{run.run_id}", finished, f"run {run.run_id}: {outcome}")
            _owe(story, run, OUTPUT, "output", timedelta(0))
        case None:
            pass


def _owe(
    story: Unfolding, run: Run, purpose: str, name: str, after: timedelta,
    arguments: dict[str, str] | None = None,
) -> None:  # fmt: skip
    owed = Owed(
        purpose=purpose, key=f"run:{run.run_id}:{name}", due_at=shifted(story.now, after),
        arguments=MappingProxyType({"run": run.run_id, **(arguments or {})}),
    )  # fmt: skip
    story.owed.append(owed)
