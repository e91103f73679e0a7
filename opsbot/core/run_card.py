"""What people see of a run: the preview for who asks, and the one message in the room that asks for
approval, tells every step, and ends with the verdict."""

from __future__ import annotations

from opsbot.core.announcement import who
from opsbot.core.card import At, Button, Card, Line, Piece, Tone, line
from opsbot.core.moment import lasting
from opsbot.core.policy import Ruling, Verdict
from opsbot.core.policy_decision import who_approves
from opsbot.core.run import Run, StepState
from opsbot.core.run_entry import Phase, RunOutcome, StepOutcome
from opsbot.core.run_preview import exactly, seconds
from opsbot.core.run_request import Ready
from opsbot.core.runbook import Risk, Scalar
from opsbot.core.runbook.arguments import typed
from opsbot.core.runbook.asked import AGAIN, CONFIRM, FORM, GLASS, RUNBOOK
from opsbot.core.runbook.rendered import RenderedRun
from opsbot.core.text import count, cut, inert

RUN = "run:"  # slot of a run's message
_MARKS = {
    StepOutcome.SUCCEEDED: "✓", StepOutcome.FAILED: "✗", StepOutcome.SKIPPED: "–",
    StepOutcome.UNKNOWN: "?", None: "…",
}  # fmt: skip
_ENDS = {
    RunOutcome.SUCCEEDED: "succeeded", RunOutcome.FAILED: "failed",
    RunOutcome.ROLLED_BACK: "failed and was rolled back", RunOutcome.UNKNOWN: "outcome unknown",
    RunOutcome.DENIED: "denied", RunOutcome.EXPIRED: "expired", RunOutcome.WITHDRAWN: "withdrawn",
}  # fmt: skip
_ASKED_AGAIN = (RunOutcome.EXPIRED, RunOutcome.FAILED, RunOutcome.ROLLED_BACK)
_TAIL_SHOWN = 6


def carried(ready: Ready) -> tuple[tuple[str, str], ...]:
    """What a button about a run brings back: runbook and arguments as they are typed."""
    runbook = ready.prepared.runbook
    return ((RUNBOOK, runbook.name), *typed(runbook, ready.plan.arguments).items())


def preview_card(ready: Ready, *, changed: bool = False, may_break_glass: bool = False) -> Card:
    """Exactly what would run, what to know before, and who has to say yes; for who asks."""
    plan, verdict = ready.plan, ready.verdict
    lines: list[Line] = []
    if changed:
        lines.append(line("What would run has changed since you looked.", tone=Tone.LOUD))
    lines += shown_whole(ready.prepared.preview, ready.prepared.warnings)
    lines.append(_decision_line(verdict, plan))
    if ready.prepared.staffing_problem:
        lines.append(
            line(f"Who is on call is not known: {inert(ready.prepared.staffing_problem, 200)}",
                 tone=Tone.LOUD)
        )  # fmt: skip
    alone = verdict.ruling is Ruling.ALLOWED
    label = "Run it now" if alone else "Ask for approval"
    ask = Button(
        action="run:do-way=ask", label=label, primary=True,
        carries=((CONFIRM, plan.digest), *carried(ready),
                 *(((GLASS, ready.glass),) if ready.glass else ())),
    )  # fmt: skip
    edit = Button(
        action="run:do-way=change", label="Change...", carries=((FORM, "yes"), *carried(ready))
    )
    buttons = [ask, edit]
    if may_break_glass and not alone:
        buttons.append(
            Button(action="run:do-way=glass", label="Break the glass...",
                   carries=((FORM, "yes"), (GLASS, ""), *carried(ready)))
        )  # fmt: skip
    return Card(header=f"{ready.prepared.runbook.title}: preview", lines=tuple(lines),
                buttons=tuple(buttons), footer=(_hash_line(plan),))  # fmt: skip


def shown_whole(preview: tuple[str, ...], warnings: tuple[str, ...]) -> list[Line]:
    """Exactly what will run, and what to know before somebody says yes."""
    return exactly(preview) + [line(warning, label="Know", tone=Tone.LOUD) for warning in warnings]


def _decision_line(verdict: Verdict, plan: RenderedRun) -> Line:
    reason = _sentence(verdict.reason, 300)
    said = f"{reason} (rule “{inert(verdict.rule, 80)}”)."
    if verdict.ruling is Ruling.NEEDS_APPROVAL:
        asks = "1 approval" if verdict.approvals == 1 else f"{verdict.approvals} approvals"
        said += f" {asks}: {who_approves(verdict, plan.service)}."
    return line(said, label=str(verdict.ruling).capitalize())


def _sentence(reason: str, limit: int) -> str:
    """A reason as the beginning of a sentence."""
    said = inert(reason, limit).rstrip(".")
    return said[:1].upper() + said[1:]


def _hash_line(plan: RenderedRun) -> Line:
    return line(f"{plan.runbook} {plan.version[:8]} · this run {plan.digest[:12]}", tone=Tone.QUIET)


def run_title(run: Run) -> str:
    """What the run is, in one phrase: `Roll back a deploy (service session-validation)`."""
    return f"{inert(run.title, 100)}{arguments_text(run.plan.arguments)}"


def arguments_text(arguments: dict[str, Scalar]) -> str:
    """Arguments behind a title."""
    if not arguments:
        return ""
    said = ", ".join(f"{name} {inert(_plain(value), 80)}" for name, value in arguments.items())
    return f" ({cut(said, 300)})"


def _plain(value: Scalar) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def run_card(run: Run) -> Card:
    """The run's one message in the room, whatever has become of it by now."""
    lines = [_asked_line(run)]
    if run.break_glass:
        reason = f"“{inert(run.break_glass, 300)}”"
        lines.append(line(f"The glass was broken: {reason}", label="Emergency", tone=Tone.LOUD))
    if run.outcome in (RunOutcome.DENIED, RunOutcome.EXPIRED, RunOutcome.WITHDRAWN):
        lines += exactly(run.preview)
    elif run.started_at is None:
        lines += shown_whole(run.preview, run.warnings)
    else:
        lines += _step_lines(run)
    lines += _approval_lines(run)
    lines += _end_lines(run)
    return Card(
        header=_header(run), lines=tuple(lines), buttons=_buttons(run),
        footer=(_hash_line(run.plan),),
    )  # fmt: skip


def _header(run: Run) -> str:
    if run.outcome is not None:
        return f"{run_title(run)}: {_ENDS[run.outcome]}"
    state = "running" if run.started_at else "waits for approval" if run.waits else "begins"
    return f"{run_title(run)}: {state}"


def _asked_line(run: Run) -> Line:
    risk = "reads only" if run.risk is Risk.NONE else f"risk {run.risk}"
    pieces: list[Piece] = [who(run.requester), f" asked for it, {risk}, "]
    pieces.append(At(moment=run.requested_at))
    return line(*pieces)


def _approval_lines(run: Run) -> list[Line]:
    verdict = run.verdict
    if verdict.ruling is Ruling.ALLOWED:
        return [_decision_line(verdict, run.plan)] if run.started_at is None else []
    lines = [
        line("approved by ", who(one.by), f", {inert(one.standing, 120)}, ", At(moment=one.at))
        for one in run.approvals
    ]
    if run.waits:
        left = verdict.approvals - len(run.approvals)
        lines.append(
            line(f"{count(left, 'approval')} wanted: {who_approves(verdict, run.plan.service)}. "
                 f"{_sentence(verdict.reason, 200)} (rule “{inert(verdict.rule, 80)}”).",
                 label="Needs")
        )  # fmt: skip
        if run.expires_at:
            lines.append(line("expires at ", At(moment=run.expires_at), tone=Tone.QUIET))
    return lines


def _step_lines(run: Run) -> list[Line]:
    lines: list[Line] = []
    for phase in (Phase.STEPS, Phase.ROLLBACK):
        for index, state in enumerate(run.done(phase)):
            name = f"roll back: {state.name}" if phase is Phase.ROLLBACK else state.name
            shown = run.preview[index] if phase is Phase.STEPS and index < len(run.preview) else ""
            lines += _state_lines(state, name, shown)
    waiting = run.plan.steps[len(run.steps) :] if run.outcome is None and not run.rollback else ()
    lines += [line(f"   {step.name}", tone=Tone.QUIET) for step in waiting]
    if run.unread:
        told = f"what the metric said before the run is not known: {inert(run.unread, 200)}"
        lines.append(line(told, tone=Tone.QUIET))
    if run.check is not None and run.check.outcome is None and run.outcome is None:
        lines.append(line(f"… {inert(run.check.said, 300)}"))
    return lines


def _state_lines(state: StepState, name: str, shown: str) -> list[Line]:
    took = f" ({seconds(round(state.took_s, 1))})" if state.outcome and state.took_s else ""
    said = f": {inert(state.said, 300)}" if state.said else ""
    loud = state.outcome in (StepOutcome.FAILED, StepOutcome.UNKNOWN)
    tone = Tone.LOUD if loud else Tone.PLAIN
    lines = [line(f"{_MARKS[state.outcome]} {inert(name, 80)}{took}{said}", tone=tone)]
    if state.outcome is None and shown:
        lines += exactly((shown,))
    tail = state.tail.splitlines()[-_TAIL_SHOWN:]
    lines += [line(inert(row, 200) or " ", tone=Tone.CODE) for row in tail]
    if state.cut:
        lines.append(line("the output was longer than its limit; the rest was dropped",
                          tone=Tone.QUIET))  # fmt: skip
    return lines


def _end_lines(run: Run) -> list[Line]:
    if run.outcome is None:
        return []
    loud = run.outcome in (RunOutcome.UNKNOWN, RunOutcome.FAILED, RunOutcome.ROLLED_BACK)
    tone = Tone.LOUD if loud else Tone.PLAIN
    pieces: list[Piece] = [inert(run.said, 500)]
    if run.denied_by is not None:
        pieces += [" - ", who(run.denied_by)]
    length = _length(run)
    lines = [line(*pieces, length, label=_ENDS[run.outcome].capitalize(), tone=tone)]
    if run.outcome is RunOutcome.UNKNOWN and run.judged is None:
        ask = "Look at the target, then say what came of it. It is not tried again by itself."
        lines.append(line(ask))
    if run.judged is not None and run.judged_by is not None:
        found = "it was done" if run.judged else "it was not done"
        lines.append(line(who(run.judged_by), f" looked: {found}"))
    if run.output_problem:
        lines.append(_output_line(run))
    return lines


def _output_line(run: Run) -> Line:
    """Where the whole output is to be had, since it does not stand below the message."""
    there = "may or may not be in Slack" if run.output_unsure else "is not in Slack"
    why = inert(run.output_problem, 300).rstrip(".")
    command = f"opsbot runbook output {run.number} {run.run_id}"
    return line(f"the whole output {there}: {why}; `{command}` prints it", tone=Tone.LOUD)


def _length(run: Run) -> str:
    if run.started_at is None or run.finished_at is None:
        return ""
    return f" (in {lasting(run.finished_at - run.started_at)})"


def _buttons(run: Run) -> tuple[Button, ...]:
    about = (("run", run.run_id),)
    if run.waits:
        yes = Button(action="approve", label="Approve", primary=True,
                     carries=(*about, ("digest", run.plan.digest)))  # fmt: skip
        return (yes, Button(action="deny", label="Deny...", carries=about))
    if run.outcome is RunOutcome.UNKNOWN and run.judged is None:
        return (
            Button(action="judge:found=done", label="It was done", carries=about),
            Button(action="judge:found=not-done", label="It was not done", carries=about),
        )
    by_a_rule = run.outcome is RunOutcome.DENIED and run.denied_by is None
    if by_a_rule or run.outcome in _ASKED_AGAIN:
        again = Button(action="run", label="Ask again", carries=((AGAIN, run.run_id),))
        return (again,)
    return ()
