"""Runs and runbooks on the incident's card: what runs or waits, and what fits."""

from __future__ import annotations

from opsbot.core.card import At, Button, Line, Piece, Tone, line
from opsbot.core.incident import Incident
from opsbot.core.rules import Rules
from opsbot.core.run import Run
from opsbot.core.run_card import run_title
from opsbot.core.run_entry import RunOutcome
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
    fitting = _fitting(incident, rules)[:1]
    return (*lines, *(line(*offer_pieces(offer), label="Next") for offer in fitting if offer.why))


def offer_pieces(offer: Offer) -> tuple[Piece, ...]:
    """Why a runbook fits, with its time in the reader's own zone."""
    name = offer.runbook.name
    if not offer.why:
        return (f"{name}: {inert(offer.runbook.title, 100)}",)
    when: tuple[Piece, ...] = (" at ", At(moment=offer.at)) if offer.at else ()
    return (f"{name} fits: {inert(offer.why, 300)}", *when)


def run_button(incident: Incident, rules: Rules) -> Button | None:
    """The button that opens the form of what fits best; None when nothing does."""
    waits = any(run.outcome is None for run in incident.runs.values())
    fitting = () if waits or incident.status.is_over else _fitting(incident, rules)
    if not fitting:
        return None
    best = fitting[0]
    name = best.runbook.name
    return Button(
        action=f"run:runbook={name}", label=f"Run {name}...",
        carries=((FORM, "yes"), (RUNBOOK, name), *best.arguments.items()),
    )  # fmt: skip


def _fitting(incident: Incident, rules: Rules) -> tuple[Offer, ...]:
    # A card is drawn from the record alone, so "now" is when the evidence was complete.
    now = incident.evidence_complete_at or incident.opened_at
    return offers(incident, rules, now) if now else ()


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
