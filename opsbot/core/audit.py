"""The audit of runs: who asked for what, which rule said what, who approved, and what came of it;
read from the record alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsbot.core.entry import Entry, Visibility
from opsbot.core.incident import evolve, new_incident
from opsbot.core.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One run with everything that was decided about it; `entries` are its numbers on the record
    of the incident, so that each word of the line can be looked up."""

    incident: int
    run: Run
    entries: tuple[int, ...]
    private: bool = False  # as the incident is by now

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Who approved, and as what."""
        return tuple(f"{one.by.name or one.by.id} ({one.standing})" for one in self.run.approvals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The runs of a time, the oldest first, and how often the glass was broken."""

    lines: tuple[AuditLine, ...]

    @property
    def began(self) -> int:
        """How many began."""
        return sum(line.run.started_at is not None for line in self.lines)

    @property
    def broken_glass(self) -> int:
        """How many of those began without the approval they needed."""
        return sum(bool(line.run.break_glass and line.run.started_at) for line in self.lines)

    @property
    def broken_glass_rate(self) -> float | None:
        """The share of runs that began by breaking the glass; None when none began."""
        return self.broken_glass / self.began if self.began else None


def audit_lines(entries: Sequence[Entry], since: datetime | None = None) -> tuple[AuditLine, ...]:
    """The runs of one incident's whole record."""
    if not entries:
        return ()
    state, runs, numbers = new_incident(entries[0].incident_id), dict[str, Run](), _numbers()
    for entry in entries:
        state = evolve(state, entry)
        run_id = str(getattr(entry.body, "run_id", ""))
        if run_id in state.runs:  # the state itself forgets old runs of a long incident
            runs[run_id] = state.runs[run_id]
            numbers[run_id].append(entry.seq)
    return tuple(
        AuditLine(
            incident=state.number,
            run=run,
            entries=tuple(numbers[run.run_id]),
            private=state.visibility is Visibility.PRIVATE,
        )
        for run in runs.values()
        if since is None or run.requested_at >= since
    )


def audit_of(records: Iterable[Sequence[Entry]], since: datetime | None = None) -> Audit:
    """The runs of many records together."""
    return in_order(line for entries in records for line in audit_lines(entries, since))


def in_order(lines: Iterable[AuditLine]) -> Audit:
    """The audit of these lines, the oldest first."""
    return Audit(lines=tuple(sorted(lines, key=lambda line: line.run.requested_at)))


def _numbers() -> defaultdict[str, list[int]]:
    return defaultdict(list)


def waited(run: Run) -> timedelta | None:
    """From the request to the last approval that it needed."""
    if not run.approvals or not run.approved:
        return None
    return run.approvals[-1].at - run.requested_at
