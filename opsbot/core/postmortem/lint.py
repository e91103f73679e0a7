"""What a postmortem still lacks before people can learn from it, each with its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from opsbot.core.measures import exactly
from opsbot.core.points import PointName
from opsbot.core.postmortem import Postmortem

QUIET, QUIET_PART = timedelta(minutes=30), 10
"""How long an open, unmitigated incident may go without a line before somebody has to explain it:
the usual cadence of updates, or a tenth of its own length, whichever is longer."""

MOST_GAPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding of the lint. `code` never changes its meaning; `text` says what to do."""

    code: str
    text: str
    entries: tuple[int, ...] = ()


def lint(document: Postmortem, *, quiet: timedelta = QUIET) -> tuple[Problem, ...]:
    """Every problem of a document, in the order of its sections; none when it is fit to be read."""
    found = [problem for rule in _RULES for problem in rule(document)]
    if not document.measures.excluded:
        found += _gaps(document, quiet)
    return tuple(found)


def _impact_start(document: Postmortem) -> Iterator[Problem]:
    started = document.measures.points[PointName.IMPACT_STARTED]
    if document.measures.excluded or (started.at and not started.estimated):
        return
    cure = "say it with /incident onset TIME"
    if started.at is None:
        yield Problem(code="impact_start_missing", text=f"Impact start is missing: {cure}.")
    else:
        yield Problem(
            code="impact_start_estimated",
            text=f"Impact start {started.at:%H:%M} UTC is only estimated from the evidence: "
            f"confirm it, or {cure}.",
            entries=started.entries,
        )


def _detection(document: Postmortem) -> Iterator[Problem]:
    detected = document.measures.points[PointName.DETECTED]
    if detected.at is None:
        yield Problem(code="detection_missing",
                      text="The record does not say how the incident was noticed: note which alert "
                      "or who it was.")  # fmt: skip


def _order(document: Postmortem) -> Iterator[Problem]:
    for measure in document.measures.measures:
        if measure.out_of_order:
            yield Problem(
                code="out_of_order",
                text=f"{measure.title}: {measure.why_not}. Correct one of the two times.",
                entries=measure.entries,
            )


def _factors(document: Postmortem) -> Iterator[Problem]:
    """A clear suspect will do, and so will what a person said that it was."""
    clear = any(factor.confidence == "likely" for factor in document.factors)
    if not (clear or document.identified or document.measures.excluded):
        yield Problem(code="no_contributing_factor",
                      text="No contributing factor is named: neither does the evidence point at "
                      "one, nor has a person said what it was; write it down.")  # fmt: skip


def _runs(document: Postmortem) -> Iterator[Problem]:
    for run in document.runs:
        if run.unjudged:
            yield Problem(
                code="run_unjudged",
                text=f"Nobody has said what came of the run of {run.runbook}: find out whether it "
                "happened.",
                entries=run.because,
            )


def _actions(document: Postmortem) -> Iterator[Problem]:
    for action in document.actions:
        missing = [word for word, held in (("owner", action.owner), ("date", action.due))
                   if not held]  # fmt: skip
        if missing and not action.done:
            yield Problem(
                code="action_incomplete",
                text=f"Action {action.item} has no {' and no '.join(missing)}: {action.text}",
                entries=action.because,
            )


_RULES: tuple[Callable[[Postmortem], Iterable[Problem]], ...] = (
    _impact_start, _factors, _detection, _order, _runs, _actions,
)  # fmt: skip


def _gaps(document: Postmortem, quiet: timedelta) -> list[Problem]:
    """Stretches without a line while it was open and not mitigated, the longest first."""
    found: list[tuple[timedelta, datetime, datetime]] = []
    for start, end in _to_explain(document):
        inside = sorted(line.at for line in document.timeline
                        if line.weight and start < line.at < end)  # fmt: skip
        bearable = max(quiet, (end - start) / QUIET_PART)
        found += [
            (after - before, before, after)
            for before, after in pairwise((start, *inside, end))
            if after - before > bearable
        ]
    found.sort(key=lambda one: (-one[0], one[1]))
    told = [
        Problem(
            code="unexplained_gap",
            text=f"Nothing is on the record from {_stamp(before)} to {_stamp(after)} "
            f"({exactly(length)}), while it was open: note what happened, with its time.",
        )
        for length, before, after in found[:MOST_GAPS]
    ]  # fmt: skip
    if len(found) > MOST_GAPS:
        text = f"And {len(found) - MOST_GAPS:,} more such stretches."
        told.append(Problem(code="unexplained_gap", text=text))
    return told


def _to_explain(document: Postmortem) -> Iterator[tuple[datetime, datetime]]:
    """From detection (or return) until users no longer noticed, else until the end; a stretch that
    is still open ends with the last line."""
    points = document.measures.points
    detected, mitigated = points[PointName.DETECTED].at, points[PointName.MITIGATED].at
    newest = max((line.at for line in document.timeline), default=None)
    spells = points.episodes
    for index, spell in enumerate(spells):
        start = detected if index == 0 and detected else spell.start
        end = spell.end or newest
        if index == len(spells) - 1 and mitigated is not None and end is not None:
            end = min(end, mitigated)
        if end is not None and end > start:
            yield start, end


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
