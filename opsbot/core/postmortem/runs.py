"""The runs of runbooks, read from the record: exactly what ran, who allowed it, what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.measures import exactly
from opsbot.core.policy import Ruling
from opsbot.core.postmortem import Code, RunTold, Sentence, StepTold, says
from opsbot.core.postmortem.material import Material, capital, quoted, unless_at_once
from opsbot.core.postmortem.verified import seen_by
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.run_moves import ROLLED_BACK
from opsbot.core.text import count, inert
from opsbot.core.told import name_of

_ONE = "one approval"
MOST_PREVIEW = 40  # lines of what ran; a runbook has a handful

Of = (
    e.RunApproved | e.RunDenied | e.RunStarted | e.StepStarted | e.StepFinished | e.RunVerified
    | e.RunFinished | e.RunJudged
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class RunRead:
    """One run's entries, by what they are."""

    entry: Entry
    request: e.RunRequested
    approved: list[tuple[Entry, e.RunApproved]] = field(
        default_factory=list[tuple[Entry, e.RunApproved]]
    )
    denied: tuple[Entry, e.RunDenied] | None = None
    started: tuple[Entry, e.RunStarted] | None = None
    begun: list[tuple[Entry, e.StepStarted]] = field(
        default_factory=list[tuple[Entry, e.StepStarted]]
    )
    steps: list[tuple[Entry, e.StepFinished]] = field(
        default_factory=list[tuple[Entry, e.StepFinished]]
    )
    verified: tuple[Entry, e.RunVerified] | None = None
    finished: tuple[Entry, e.RunFinished] | None = None
    judged: tuple[Entry, e.RunJudged] | None = None

    @property
    def name(self) -> str:
        """The runbook's name."""
        return inert(self.request.plan.runbook, 80)

    @property
    def outcome(self) -> str:
        """How it ended; `running` or `waiting` for what has not."""
        if self.finished is not None:
            return str(self.finished[1].outcome)
        return "running" if self.started is not None else "waiting"

    @property
    def unjudged(self) -> bool:
        """Whether nobody can say what came of it, and nobody has found out."""
        return self.outcome == RunOutcome.UNKNOWN and self.judged is None

    @property
    def useless(self) -> bool:
        """Whether a metric says that it did not help; of what failed on its way none can."""
        return self.verified is not None and self.verified[1].outcome is CheckOutcome.FAILED

    @property
    def helped(self) -> bool:
        """Whether a metric says that it helped."""
        passed = self.verified is not None and self.verified[1].outcome is CheckOutcome.PASSED
        return passed and self.outcome == RunOutcome.SUCCEEDED

    @property
    def seen(self) -> str:
        """What its verification saw, to be read behind a sentence; empty when that is nothing."""
        told = seen_by(self.request, self.verified[1]) if self.verified else ""
        return f": {told}" if told else ""


def runs_read(record: Sequence[Entry]) -> tuple[RunRead, ...]:
    """Every run of a record, in the order in which they were asked for."""
    found: dict[str, RunRead] = {}
    for entry in record:
        body = entry.body
        if isinstance(body, e.RunRequested):
            found[body.run_id] = RunRead(entry=entry, request=body)
        elif isinstance(body, Of) and body.run_id in found:
            _take(found[body.run_id], entry, body)
    return tuple(found.values())


def _take(run: RunRead, entry: Entry, body: Of) -> None:
    match body:
        case e.RunApproved():
            run.approved.append((entry, body))
        case e.RunDenied():
            run.denied = (entry, body)
        case e.RunStarted():
            run.started = (entry, body)
        case e.StepStarted():
            run.begun.append((entry, body))
        case e.StepFinished():
            run.steps.append((entry, body))
        case e.RunVerified():
            run.verified = (entry, body)
        case e.RunFinished():
            run.finished = (entry, body)
        case e.RunJudged():
            run.judged = (entry, body)


def runs_told(about: Material) -> tuple[RunTold, ...]:
    """Every run for the reader."""
    return tuple(_told(about, run) for run in runs_read(about.entries))


def _told(about: Material, run: RunRead) -> RunTold:
    request = run.request
    shown = tuple(Code(text=inert(line, 400)) for line in request.preview[:MOST_PREVIEW])
    sentences = (*_asked(about, run), *_allowed(about, run), *_came_of_it(about, run))
    verdict, warnings = _verdict(run), _warnings(run)
    everything = (*sentences, *warnings, *((verdict,) if verdict else ()))
    because = [seq for one in everything for seq in one.because]
    return RunTold(
        run_id=request.run_id, runbook=run.name, title=inert(request.title, 160),
        service=inert(request.plan.service, 80), preview=shown, sentences=sentences,
        steps=_steps(run), outcome=run.outcome, verdict=verdict,
        break_glass=inert(request.break_glass, 300), unjudged=run.unjudged,
        because=tuple(dict.fromkeys(because)), warnings=warnings,
    )  # fmt: skip


def arguments_of(run: RunRead) -> str:
    """`service=session-validation, replicas=3`; empty without arguments."""
    given = run.request.plan.arguments
    return ", ".join(f"{inert(k, 40)}={inert(str(v), 80)}" for k, v in sorted(given.items()))


def _asked(about: Material, run: RunRead) -> list[Sentence]:
    entry, request = run.entry, run.request
    with_ = f" with {arguments_of(run)}" if request.plan.arguments else ""
    again = ", once more" if request.again else ""
    who, when = name_of(entry.actor), about.say(entry.occurred_at)
    told = [says(f"{who} asked for it at {when}{with_}{again}.", entry.seq)]
    if request.break_glass:
        why = quoted(request.break_glass)
        told.append(says(f"The glass was broken: nobody else was asked. The reason given: {why}.",
                         entry.seq))  # fmt: skip
    return told


def _warnings(run: RunRead) -> tuple[Sentence, ...]:
    """What people were warned of before they said yes, each a sentence of its own."""
    lines = (inert(warning, 400) for warning in run.request.warnings)
    return tuple(
        says(f"{capital(line)}{'' if line.endswith(('.', '…')) else '.'}", run.entry.seq)
        for line in lines if line
    )  # fmt: skip


def _allowed(about: Material, run: RunRead) -> list[Sentence]:
    """What the policy said, and who said yes or no."""
    entry, verdict = run.entry, run.request.verdict
    needed = max(verdict.approvals, 1)
    ruled = {
        Ruling.ALLOWED: "allowed it",
        Ruling.DENIED: "denied it",
        Ruling.NEEDS_APPROVAL: f"asked for {count(needed, 'approval') if needed > 1 else _ONE}",
    }[verdict.ruling]
    rule, reason = quoted(verdict.rule, 80), inert(verdict.reason, 200)
    told = [says(f"The rule {rule} {ruled}{f': {reason}' if reason else ''}.", entry.seq)]
    for by, body in run.approved:
        length = exactly(by.occurred_at - entry.occurred_at)
        waited = unless_at_once(length, f"{length} later")
        standing = f" ({inert(body.standing, 120)})" if body.standing else ""
        when = about.say(by.occurred_at)
        told.append(says(f"{name_of(by.actor)}{standing} approved it at {when}, {waited}.", by.seq))
    if run.denied:
        by, body = run.denied
        who = f"by {name_of(by.actor)}" if by.actor.is_person else "by a rule"
        when = about.say(by.occurred_at)
        told.append(says(f"It was refused at {when} {who}: {quoted(body.reason)}.", by.seq))
    return told


_ENDS = {
    RunOutcome.SUCCEEDED: "It succeeded",
    RunOutcome.FAILED: "It failed",
    RunOutcome.ROLLED_BACK: "It was rolled back",
    RunOutcome.UNKNOWN: "Its outcome was unknown when it ended",
    RunOutcome.DENIED: "It was denied",
    RunOutcome.EXPIRED: "It expired unapproved",
    RunOutcome.WITHDRAWN: "It was withdrawn",
}


def _came_of_it(about: Material, run: RunRead) -> list[Sentence]:
    if run.finished is None:
        state = "It was running" if run.started else "It was waiting for approval"
        return [says(f"{state} when this was written.", run.entry.seq)]
    entry, body = run.finished
    said = body.said.removesuffix(ROLLED_BACK)
    again = run.verified is not None and run.verified[1].said == said  # the verdict says it
    why = f": {inert(said, 300)}" if said and not again else ""
    end = _ENDS[body.outcome]
    if body.outcome is RunOutcome.ROLLED_BACK and run.useless:
        end = "It had not helped, and was rolled back"
    told = [says(f"{end} at {about.say(entry.occurred_at)}{why}.", entry.seq)]
    if run.judged:
        by, judged = run.judged
        what = "it had happened" if judged.happened else "it had not happened"
        said = f": {quoted(judged.said)}" if judged.said else ""
        when = about.say(by.occurred_at)
        told.append(says(f"{name_of(by.actor)} found out at {when} that {what}{said}.", by.seq))
    elif run.unjudged:
        told.append(says("Nobody has found out since.", entry.seq))
    return told


def _verdict(run: RunRead) -> Sentence | None:
    """What the metric said before and after."""
    if run.verified is None:
        return None
    entry, body = run.verified
    known = {
        CheckOutcome.PASSED: "The verification passed",
        CheckOutcome.FAILED: "The verification failed",
        CheckOutcome.UNREADABLE: "The verification could not be read",
    }[body.outcome]
    return says(f"{known}{run.seen}.", entry.seq)


def _steps(run: RunRead) -> tuple[StepTold, ...]:
    """Every step that was begun; one without an end is unknown, whatever else is known."""
    ended = {(body.phase, body.step): body for _, body in run.steps}
    told: list[StepTold] = []
    for _, begun in run.begun:
        body = ended.pop((begun.phase, begun.step), None)
        told.append(_step(begun.phase, begun.name, body))
    told += [_step(body.phase, body.name, body) for body in ended.values()]  # skipped ones
    return tuple(told)


def _step(phase: Phase, name: str, body: e.StepFinished | None) -> StepTold:
    outcome = body.outcome if body else StepOutcome.UNKNOWN
    return StepTold(
        name=inert(name, 80),
        phase="rollback" if phase is Phase.ROLLBACK else "step",
        outcome=str(outcome),
        said=inert(body.said, 300) if body else "no end of it is on the record",
        took=f"{body.took_s:.1f} s" if body and body.took_s else "",
    )
