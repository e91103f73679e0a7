"""The line of `runs` that each run of a runbook has, derived from its entries and nothing else.

It holds ids, times, and what was run on what at which risk; nobody's words, whatever the incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.moment import from_micros, to_micros
from opsbot.core.policy import PastRun
from opsbot.core.run import Run
from opsbot.core.run_entry import RunDenied, RunFinished, RunRequested, RunStarted
from opsbot.core.runbook import Risk
from opsbot.store.column import bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A line of `runs`; times in microseconds since 1970."""

    incident_id: str
    run_id: str
    runbook: str
    target: str
    service: str
    risk: str
    requester: str  # actor id
    requested_at: int
    started_at: int | None
    finished_at: int | None
    outcome: str  # empty while it waits or runs
    break_glass: bool

    def values(self) -> dict[str, object]:
        """Column values by name."""
        return asdict(self)

    @property
    def past_run(self) -> PastRun:
        """The run as policies look at it."""
        return PastRun(
            run_id=self.run_id,
            incident_id=self.incident_id,
            runbook=self.runbook,
            target=self.target,
            service=self.service,
            risk=Risk(self.risk),
            requester=self.requester,
            requested_at=from_micros(self.requested_at),
            started_at=None if self.started_at is None else from_micros(self.started_at),
            finished_at=None if self.finished_at is None else from_micros(self.finished_at),
            outcome=self.outcome,
            break_glass=self.break_glass,
        )


def run_row(after: Incident, entry: Entry) -> RunRow | None:
    """The line of the run that `entry` is about, if it is one that the line depends on; `after`
    is the state with the entry in it."""
    match entry.body:
        case RunRequested() | RunDenied() | RunStarted() | RunFinished() as body:
            run = after.runs.get(body.run_id)
            return None if run is None else _row(after.id, run)
        case _:
            return None


def _row(incident_id: str, run: Run) -> RunRow:
    return RunRow(
        incident_id=incident_id,
        run_id=bounded(run.run_id),
        runbook=run.plan.runbook,
        target=run.plan.target,
        service=run.plan.service,
        risk=run.risk.value,
        requester=run.requester.id,
        requested_at=to_micros(run.requested_at),
        started_at=_micros(run.started_at),
        finished_at=_micros(run.finished_at),
        outcome=run.outcome.value if run.outcome else "",
        break_glass=bool(run.break_glass),
    )


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def asked_since(rows: Iterable[RunRow], since: datetime) -> list[PastRun]:
    """The runs that were asked for since, or are not over; the oldest first."""
    earliest = to_micros(since)
    told = [row for row in rows if row.requested_at >= earliest or row.finished_at is None]
    told.sort(key=lambda row: (row.requested_at, row.incident_id, row.run_id))
    return [row.past_run for row in told]
