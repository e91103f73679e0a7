"""What entries about runs of runbooks change. An entry that does not fit what was said before
(an approval of another hash, a step of a run that is over) changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.incident_state import Incident, extended
from opsbot.core.policy import Ruling
from opsbot.core.run import Approver, Checked, Run, StepState
from opsbot.core.run_entry import Phase, RunOutcome, StepOutcome

RUNS_KEPT = 40  # of an incident's runs that are settled, the newest; the others are all kept


def apply_runs(state: Incident, entry: Entry) -> Incident:
    """The incident after an entry about a run; others change nothing."""
    match entry.body:
        case e.RunRequested() as body:
            return _kept(state, replace(_requested(entry, body), number=state.number))
        case e.RunApproved(run_id=run_id) as body:
            return _changed(state, run_id, lambda run: _approved(run, entry, body))
        case e.RunDenied(run_id=run_id, reason=reason):
            return _changed(state, run_id, lambda run: _denied(run, entry, reason))
        case e.RunStarted(run_id=run_id) as body:
            return _changed(state, run_id, lambda run: _started(run, entry, body))
        case e.StepStarted(run_id=run_id) as body:
            return _changed(state, run_id, lambda run: _begun(run, entry, body))
        case e.StepProgressed(run_id=run_id) as body:
            return _changed(state, run_id, lambda run: _progressed(run, entry, body))
        case e.StepFinished(run_id=run_id) as body:
            return _changed(state, run_id, lambda run: _step_finished(run, entry, body))
        case _:
            return _ended(state, entry)


def all_runs(entries: Iterable[Entry]) -> tuple[Run, ...]:
    """Every run of a record in the order in which they were asked for, those as well that the
    incident's state has let go."""
    alone: dict[str, Incident] = {}
    for entry in entries:
        run_id = getattr(entry.body, "run_id", "")
        if run_id:
            state = alone.get(run_id) or Incident(id=entry.incident_id)
            alone[run_id] = apply_runs(state, entry)
    return tuple(run for state in alone.values() for run in state.runs.values())


def _ended(state: Incident, entry: Entry) -> Incident:
    match entry.body:
        case e.RunVerified(run_id=run_id) as body:
            return _changed(state, run_id, lambda run: _verified(run, body))
        case e.RunFinished(run_id=run_id, outcome=outcome, said=said):
            return _changed(state, run_id, lambda run: _over(run, entry, outcome, said))
        case e.RunJudged(run_id=run_id, happened=happened):
            held = state.runs.get(run_id)
            if held is None:
                return state
            judged = replace(held, judged=happened, judged_by=entry.actor)
            return replace(state, runs=extended(state.runs, run_id, judged))
        case e.RunOutputShared(run_id=run_id, problem=problem, unsure=unsure):
            held = state.runs.get(run_id)
            if held is None or held.outcome is None:
                return state
            told = replace(held, output_problem=problem, output_unsure=unsure)
            return replace(state, runs=extended(state.runs, run_id, told))
        case _:
            return state


def _kept(state: Incident, run: Run) -> Incident:
    if run.run_id in state.runs:
        return state
    runs = {**state.runs, run.run_id: run}
    over = [key for key, held in runs.items() if _is_settled(held) and key != run.run_id]
    # A request that a rule denied stands on no message; asking often must not push out what does.
    over.sort(key=lambda key: runs[key].verdict.ruling is not Ruling.DENIED)
    for key in over[:-RUNS_KEPT]:
        del runs[key]
    return replace(state, runs=MappingProxyType(runs))


def _is_settled(run: Run) -> bool:
    """Whether it is over, and nobody is asked what came of it."""
    asked = run.outcome is RunOutcome.UNKNOWN and run.judged is None
    return run.outcome is not None and not asked


def _changed(state: Incident, run_id: str, change: Callable[[Run], Run]) -> Incident:
    """The incident with one run changed; a run that is over stays as it ended."""
    run = state.runs.get(run_id)
    if run is None or run.outcome is not None:
        return state
    return replace(state, runs=extended(state.runs, run_id, change(run)))


def _requested(entry: Entry, body: e.RunRequested) -> Run:
    denied = body.verdict.ruling is Ruling.DENIED
    return Run(
        run_id=body.run_id, seq=entry.seq, title=body.title, risk=body.risk, plan=body.plan,
        preview=body.preview, warnings=body.warnings, verdict=body.verdict, requester=entry.actor,
        requested_at=entry.occurred_at, expires_at=body.expires_at, break_glass=body.break_glass,
        again=body.again, outcome=RunOutcome.DENIED if denied else None,
        said=body.verdict.reason if denied else "",
        finished_at=entry.occurred_at if denied else None,
    )  # fmt: skip


def _approved(run: Run, entry: Entry, body: e.RunApproved) -> Run:
    """Only for exactly this hash, once a person, and never by who asked for it."""
    known = {one.by.id for one in run.approvals} | {run.requester.id}
    if body.digest != run.plan.digest or entry.actor.id in known:
        return run
    approver = Approver(by=entry.actor, standing=body.standing, at=entry.occurred_at, seq=entry.seq)
    return replace(run, approvals=(*run.approvals, approver))


def _denied(run: Run, entry: Entry, reason: str) -> Run:
    own = entry.actor.id == run.requester.id
    outcome = RunOutcome.WITHDRAWN if own else RunOutcome.DENIED
    run = replace(run, denied_by=entry.actor if entry.actor.is_person else None)
    return _over(run, entry, outcome, reason)


def _started(run: Run, entry: Entry, body: e.RunStarted) -> Run:
    return replace(run, started_at=entry.occurred_at, before=body.before, unread=body.unread)


def _over(run: Run, entry: Entry, outcome: RunOutcome, said: str) -> Run:
    return replace(run, outcome=outcome, said=said, finished_at=entry.occurred_at)


def _with_step(run: Run, phase: Phase, index: int, state: StepState) -> Run:
    held = run.done(phase)
    if index > len(held):
        return run  # a step before it was never begun
    steps = (*held[:index], state, *held[index + 1 :])
    return replace(run, steps=steps) if phase is Phase.STEPS else replace(run, rollback=steps)


def _begun(run: Run, entry: Entry, body: e.StepStarted) -> Run:
    if body.step != len(run.done(body.phase)):
        return run
    begun = StepState(name=body.name, started_at=entry.occurred_at, boot=body.boot, seq=entry.seq)
    return _with_step(run, body.phase, body.step, begun)


def _progressed(run: Run, entry: Entry, body: e.StepProgressed) -> Run:
    if body.step < 0:
        check = run.check or Checked(since=entry.occurred_at)
        return replace(run, check=replace(check, said=body.tail))
    held = run.done(body.phase)
    if body.step >= len(held) or held[body.step].outcome is not None:
        return run
    now = replace(held[body.step], tail=body.tail, lines=body.lines, seq=entry.seq)
    return _with_step(run, body.phase, body.step, now)


def _step_finished(run: Run, entry: Entry, body: e.StepFinished) -> Run:
    held = run.done(body.phase)
    skipped = body.outcome is StepOutcome.SKIPPED and body.step == len(held)
    if skipped:
        begun = StepState(name=body.name, started_at=entry.occurred_at, boot="")
    elif 0 <= body.step < len(held) and held[body.step].outcome is None:
        begun = held[body.step]
    else:
        return run
    done = replace(
        begun, outcome=body.outcome, said=body.said, output=body.output, tail=body.tail,
        lines=body.lines, cut=body.cut, values=MappingProxyType(dict(body.values)),
        took_s=body.took_s, seq=entry.seq, acted=body.acted,
    )  # fmt: skip
    return _with_step(run, body.phase, body.step, done)


def _verified(run: Run, body: e.RunVerified) -> Run:
    since = run.check.since if run.check else None
    checked = Checked(
        outcome=body.outcome, said=body.said, before=body.before, after=body.after,
        took_s=body.took_s, since=since,
    )  # fmt: skip
    return replace(run, check=checked)
