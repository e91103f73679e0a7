"""Runs and runbooks on the incident's card: what runs or waits, and what fits."""

from __future__ import annotations

from opsbot.core.card import At, Button, Line, Piece, Tone, line
from opsbot.core.incident import Incident
from opsbot.core.rules import Rules
from opsbot.core.run import Run
from opsbot.core.run_card import run_title
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook.arguments import typed
from opsbot.core.runbook.asked import FORM, RUNBOOK
from opsbot.core.runbook.offers import Offer, offers
from opsbot.core.text import inert

_TOLD = (
    RunOutcome.SUCCEEDED, RunOutcome.FAILED, RunOutcome.ROLLED_BACK, RunOutcome.UNKNOWN,
)  # fmt: skip


def run_lines(incident: Incident, rules: Rules) -> tuple[Line, ...]:
    """What runs or waits now, else what ran last; and what could be done next."""
    runs = sorted(incident.runs.values(), key=lambda run: run.seq)
    live = [run for run in runs if run.outcome is None]
    ended = [run for run in runs if run.outcome in _TOLD]
    shown = live[-2:] or ended[-1:]
    lines = [_line(run) for run in shown]
    if live or incident.status.is_over:
        return tuple(lines)
    return (*lines, *(line(inert(o.why, 300), label="Next") for o in _fitting(incident, rules)[:1]))


def run_button(incident: Incident, rules: Rules) -> Button | None:
    """The button that opens the form of what fits best; None when nothing does."""
    waits = any(run.outcome is None for run in incident.runs.values())
    fitting = () if waits or incident.status.is_over else _fitting(incident, rules)
    if not fitting:
        return None
    best = fitting[0]
    book = rules.runbook(best.runbook)
    given = typed(book, best.arguments) if book else {}
    return Button(
        action=f"run:runbook={best.runbook}", label=f"Run {best.runbook}...",
        carries=((FORM, "yes"), (RUNBOOK, best.runbook), *given.items()),
    )  # fmt: skip


def _fitting(incident: Incident, rules: Rules) -> tuple[Offer, ...]:
    """What fits and has not been done already with success."""
    runs = incident.runs.values()
    done = {run.plan.runbook for run in runs if run.outcome is RunOutcome.SUCCEEDED}
    # A card is drawn from the record alone, so "now" is when the evidence was complete.
    now = incident.evidence_complete_at or incident.opened_at
    if now is None:
        return ()
    return tuple(
        offer for offer in offers(incident, rules, now)
        if offer.runbook not in done
    )  # fmt: skip


def _line(run: Run) -> Line:
    pieces: list[Piece] = [run_title(run)]
    if run.outcome is not None:
        said = inert(run.said, 160)
        loud = run.outcome is not RunOutcome.SUCCEEDED
        pieces.append(f": {run.outcome.value.replace('_', ' ')}, {said}")
        return line(*pieces, label="Ran", tone=Tone.LOUD if loud else Tone.PLAIN)
    if run.waits:
        pieces.append(": waits for approval")
        if run.expires_at:
            pieces += [" until ", At(moment=run.expires_at)]
        return line(*pieces, label="Waits")
    return line(*pieces, ": running", label="Runs")
