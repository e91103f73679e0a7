"""The line of `runs` that each run of a runbook has, derived from its entries and nothing else.

It holds ids, times, and what was run on what at which risk; nobody's words, whatever the incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from opsbot.core.entry import Entry
from opsbot.core.moment import from_micros, to_micros
from opsbot.core.policy import PastRun
from opsbot.core.run_entry import RunFinished, RunRequested, RunStarted
from opsbot.core.runbook import Risk
from opsbot.store.column import bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A line of `runs`; times in microseconds since 1970."""

    incident_id: str
    run_id: str
    runbook: str
    target: str
    requester: str  # actor id
    requested_at: int
    started_at: int | None = None
    finished_at: int | None = None
    outcome: str = ""  # empty while it waits or runs
    break_glass: bool = False
    service: str = ""
    risk: str = Risk.MEDIUM.value

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
            requester=self.requester,
            requested_at=from_micros(self.requested_at),
            started_at=None if self.started_at is None else from_micros(self.started_at),
            finished_at=None if self.finished_at is None else from_micros(self.finished_at),
            outcome=self.outcome,
            break_glass=self.break_glass,
            service=self.service,
            risk=Risk(self.risk),
        )


def run_of(entry: Entry) -> str | None:
    """The id, as stored, of the run whose line `entry` may change; None for any other entry."""
    match entry.body:
        case RunRequested(run_id=run_id) | RunStarted(run_id=run_id) | RunFinished(run_id=run_id):
            return bounded(run_id)
        case _:
            return None


def run_rows(entries: Iterable[Entry], known: Mapping[str, RunRow] | None = None) -> list[RunRow]:
    """The lines of one incident's runs after these entries, in the order they were asked for.

    `known` are the lines before them. Every fact of a run counts once: the first that says it.
    """
    rows = dict(known or {})
    for entry in entries:
        run_id = run_of(entry)
        row = _after(rows.get(run_id), entry) if run_id is not None else None
        if row is not None:
            rows[row.run_id] = row
    return list(rows.values())


def _after(row: RunRow | None, entry: Entry) -> RunRow | None:
    at = to_micros(entry.occurred_at)
    match entry.body:
        case RunRequested() as asked if row is None:
            return RunRow(
                incident_id=entry.incident_id,
                run_id=bounded(asked.run_id),
                runbook=asked.plan.runbook,
                target=asked.plan.target,
                requester=entry.actor.id,
                requested_at=at,
                break_glass=bool(asked.break_glass),
                service=asked.plan.service,
                risk=asked.risk.value,
            )
        case RunStarted() if row and row.started_at is None and row.finished_at is None:
            return replace(row, started_at=at)
        case RunFinished(outcome=outcome) if row and row.finished_at is None:
            return replace(row, finished_at=at, outcome=outcome.value)
        case _:
            return row


def asked_since(rows: Iterable[RunRow], since: int) -> list[PastRun]:
    """The runs that were asked for at `since` (microseconds) or later, or are not over; the
    oldest first."""
    told = [row for row in rows if row.requested_at >= since or row.finished_at is None]
    told.sort(key=lambda row: (row.requested_at, row.incident_id, row.run_id))
    return [row.past_run for row in told]
