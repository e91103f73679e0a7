"""What the index tables say of an incident, derived from its entries and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Visibility
from opsbot.core.event import NO_SERVICE, Origin
from opsbot.core.incident import Incident, evolve, new_incident
from opsbot.core.moment import to_micros
from opsbot.store.column import bounded
from opsbot.store.run_rows import RunRow, run_row


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """The line of `incidents`."""

    incident_id: str
    number: int | None  # None until an entry opened the incident
    title: str
    status: str
    severity: str
    placement: str
    visibility: str
    mode: str
    service: str
    service_id: str
    service_key: str
    channel_id: str
    opened_at: int | None
    over_at: int | None

    def values(self) -> dict[str, object]:
        """Column values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRow:
    """A line of `origins`: an alert that is part of the incident."""

    source: str
    origin_id: str
    incident_id: str
    dedup_key: str
    service_id: str

    def values(self) -> dict[str, object]:
        """Column values by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Everything stored about one incident that can be made again from its entries."""

    state: Incident
    index: IndexRow
    origins: tuple[OriginRow, ...]
    runs: tuple[RunRow, ...]


def index_row(state: Incident) -> IndexRow:
    """The incident's line in the index; of a private one it holds no words."""
    private = state.visibility is Visibility.PRIVATE
    service = NO_SERVICE if private else state.service
    return IndexRow(
        incident_id=state.id,
        number=state.number or None,
        title="" if private else state.title,
        status=state.status.value,
        severity=state.severity.value,
        placement=state.placement.value,
        visibility=state.visibility.value,
        mode=state.mode.value,
        service=service.name,
        service_id=bounded(service.source_id),
        service_key=service.key,
        channel_id=state.surface.channel_id,
        opened_at=None if state.opened_at is None else to_micros(state.opened_at),
        over_at=None if state.over_at is None else to_micros(state.over_at),
    )


def origin_row(after: Incident, entry: Entry) -> OriginRow | None:
    """The alert that `entry` brought in, if it did; `after` is the state with the entry in it."""
    match entry.body:
        case e.Opened(origin=origin, service=service):
            return _row(entry.incident_id, origin, service.source_id)
        case e.Joined(origin=origin):
            return _row(entry.incident_id, origin, after.service.source_id)
        case _:
            return None


def _row(incident_id: str, origin: Origin, service_id: str) -> OriginRow:
    return OriginRow(
        source=bounded(origin.source),
        origin_id=bounded(origin.id),
        incident_id=incident_id,
        dedup_key=bounded(origin.dedup_key),
        service_id=bounded(service_id),
    )


def derive(incident_id: str, entries: Sequence[Entry]) -> Derived:
    """Fold a whole record into its state and its projections."""
    state = new_incident(incident_id)
    origins: dict[tuple[str, str], OriginRow] = {}
    runs: dict[str, RunRow] = {}
    for entry in entries:
        state = evolve(state, entry)
        row = origin_row(state, entry)
        if row is not None:
            origins.setdefault((row.source, row.origin_id), row)
        run = run_row(state, entry)
        if run is not None:
            runs[run.run_id] = run
    return Derived(
        state=state,
        index=index_row(state),
        origins=tuple(origins.values()),
        runs=tuple(runs.values()),
    )
