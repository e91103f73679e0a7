"""The moments of a chart that tell how it ended: what was run against it, when users no longer
noticed, and when it was over."""

from __future__ import annotations

from opsbot.core.entry import Closure, Status
from opsbot.core.evidence import Window
from opsbot.core.incident_state import Incident
from opsbot.core.picture import Mark, MarkKind
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Risk
from opsbot.core.text import inert

MOST_RUNS = 2  # of several, the last ones: what came before them did not end it
# Something was wrong and is right again, by somebody's hand or by itself.
_RECOVERED = (None, Closure.FIXED, Closure.EXTERNAL, Closure.SELF_RECOVERED)


def has_recovered(incident: Incident) -> bool:
    """Whether the incident ended because it was right again: not cancelled, merged or a mistake."""
    ended = incident.status in (Status.RESOLVED, Status.CLOSED)
    return ended and incident.over_at is not None and incident.closure in _RECOVERED


def ending_marks(incident: Incident, window: Window) -> list[Mark]:
    """Runs that changed something, the mitigation, and the end; those inside the window."""
    mitigated, over_at = incident.living.mitigated, incident.over_at
    found = _runs(incident, window)
    if mitigated is not None:
        found.append(Mark(at=mitigated.at, kind=MarkKind.MITIGATED, label="mitigated"))
    if over_at is not None and has_recovered(incident):
        by_itself = incident.closure is Closure.SELF_RECOVERED
        label = "recovered" if by_itself else "resolved"
        found.append(Mark(at=over_at, kind=MarkKind.RESOLVED, label=label))
    return [mark for mark in found if window.start <= mark.at <= window.end]


def _runs(incident: Incident, window: Window) -> list[Mark]:
    found = [
        Mark(at=run.started_at, kind=MarkKind.RUN, label=_called(run))
        for run in incident.runs.values()
        if run.started_at is not None and run.risk is not Risk.NONE
    ]
    inside = [mark for mark in found if window.start <= mark.at <= window.end]
    return sorted(inside, key=lambda mark: (mark.at, mark.label))[-MOST_RUNS:]


def _called(run: Run) -> str:
    """The runbook's name, with how the run ended where it did not succeed."""
    name = inert(run.plan.runbook, 40)
    if run.outcome in (None, RunOutcome.SUCCEEDED):
        return name
    return f"{name} ({run.outcome.value.replace('_', ' ')})"
