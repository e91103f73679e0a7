"""The incident as its record tells it: `evolve(state, entry)` is the only place state changes.

Entries are folded in record order, but events arrive in any order: what depends on *when things
happened* (is the alert firing?) is decided by event time, so every arrival order gives the same
incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeVar

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Entry, Mode, Placement, Severity, Status, Visibility
from opsbot.core.event import (
    MAINTENANCE,
    NO_SERVICE,
    AlertDetails,
    Origin,
    ServiceRef,
    Transition,
)
from opsbot.core.evidence import SourceReport, Window
from opsbot.core.people import Actor, Person
from opsbot.core.surface import Surface, evolve_surface

FOLD_VERSION = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of the incident, as its source last described it."""

    origin: Origin
    title: str
    status: Transition  # TRIGGERED, ACKNOWLEDGED or RESOLVED
    changed_at: datetime
    status_event: str = ""  # tie-break for two events of the same instant
    by: Actor | None = None
    details: AlertDetails | None = None
    details_at: datetime | None = None

    @property
    def firing(self) -> bool:
        return self.status is not Transition.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something the room was asked; `answer` is empty while it is open."""

    text: str
    asked_at: datetime
    seq: int
    answer: str = ""
    answered_by: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The latest words of a person."""

    text: str
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything derived from a record; nothing here is stored as truth."""

    id: str
    seq: int = 0
    number: int = 0
    title: str = ""
    service: ServiceRef = NO_SERVICE
    severity: Severity = Severity.UNSET
    urgency: str = ""
    priority: str = ""
    teams: tuple[str, ...] = ()
    mode: Mode = Mode.LIVE
    visibility: Visibility = Visibility.PUBLIC
    status: Status = Status.TRIAGE
    closure: Closure | None = None
    opened_at: datetime | None = None
    over_at: datetime | None = None
    reopened: int = 0
    placement: Placement = Placement.IGNORE
    route_rule: str = ""
    route_reason: str = ""
    thread_channel: str = ""
    alerts: Mapping[str, Alert] = field(default_factory=lambda: MappingProxyType({}))
    people: tuple[Person, ...] = ()
    human_acts: int = 0  # since the incident was last opened or reopened
    last_note: Note | None = None
    questions: Mapping[str, Question] = field(default_factory=lambda: MappingProxyType({}))
    window: Window | None = None
    asked_sources: tuple[str, ...] = ()
    reports: Mapping[str, SourceReport] = field(default_factory=lambda: MappingProxyType({}))
    evidence_complete_at: datetime | None = None
    pager_notes: tuple[str, ...] = ()
    surface: Surface = field(default_factory=Surface)

    @property
    def firing(self) -> bool:
        """Whether any alert is not resolved at its source; announced work itself is no alert."""
        return any(a.firing for a in self.alerts.values() if a.origin.source != MAINTENANCE)

    @property
    def origin(self) -> Origin | None:
        """The alert that opened the incident."""
        return next(iter(self.alerts.values())).origin if self.alerts else None

    @property
    def acknowledged_by(self) -> Actor | None:
        """Who acknowledged the alert that is still firing, if anybody did."""
        acked = [a for a in self.alerts.values() if a.status is Transition.ACKNOWLEDGED]
        return acked[0].by if acked else None


def new_incident(incident_id: str) -> Incident:
    """The state before the first entry."""
    return Incident(id=incident_id)


def fold(incident_id: str, entries: Iterable[Entry]) -> Incident:
    """Reduce a whole record; equal to folding it step by step from a cached state."""
    state = new_incident(incident_id)
    for entry in entries:
        state = evolve(state, entry)
    return state


def evolve(state: Incident, entry: Entry) -> Incident:
    """The incident after `entry`. Unknown, redacted and repeated facts change nothing."""
    state = replace(state, seq=entry.seq, surface=evolve_surface(state.surface, entry))
    if _is_human_act(entry):
        state = replace(state, human_acts=state.human_acts + 1)
    return _apply(state, entry)


def _is_human_act(entry: Entry) -> bool:
    """Whether a person did something about the incident; raising the alert is not yet that."""
    if not entry.actor.is_person or isinstance(entry.body, e.Redacted):
        return False
    raised = (Transition.TRIGGERED, Transition.REOPENED)
    return not (isinstance(entry.body, e.AlertChanged) and entry.body.transition in raised)


def _apply(state: Incident, entry: Entry) -> Incident:
    match entry.body:
        case e.Opened() as body:
            return _opened(state, entry, body)
        case e.Joined() as body:
            return replace(state, alerts=_with_alert(state, body.origin, body.title, entry))
        case e.Routed() as body:
            return replace(
                state,
                placement=body.placement,
                route_rule=body.rule,
                route_reason=body.reason,
                thread_channel=body.channel,
            )
        case e.AlertChanged() as body:
            return _alert_changed(state, entry, body)
        case e.NoteAdded(text=text):
            return replace(state, last_note=Note(text=text, by=entry.actor, at=entry.occurred_at))
        case e.SeverityChanged(severity=severity, priority=priority):
            return replace(state, severity=severity, priority=priority or state.priority)
        case e.StatusChanged() as body:
            return _status_changed(state, entry, body)
        case e.Asked(question=key, text=text):
            asked = Question(text=text, asked_at=entry.occurred_at, seq=entry.seq)
            return replace(state, questions=_with(state.questions, key, asked))
        case e.Answered(question=key, answer=answer) if key in state.questions:
            done = replace(state.questions[key], answer=answer, answered_by=entry.actor)
            return replace(state, questions=_with(state.questions, key, done))
        case _:
            return _apply_evidence(state, entry)


def _apply_evidence(state: Incident, entry: Entry) -> Incident:
    match entry.body:
        case e.EvidenceAsked(window=window, sources=sources):
            return replace(
                state, window=window, asked_sources=sources, evidence_complete_at=None,
                reports=MappingProxyType({}),
            )  # fmt: skip
        case e.EvidenceCollected(report=report):
            return replace(state, reports=_with(state.reports, report.source, report))
        case e.EvidenceComplete():
            return replace(state, evidence_complete_at=entry.occurred_at)
        case e.PagerNoted(text=text):
            return replace(state, pager_notes=(*state.pager_notes, text))
        case _:
            return state


def _with(mapping: Mapping[str, T], key: str, value: T) -> Mapping[str, T]:
    return MappingProxyType({**mapping, key: value})


def _opened(state: Incident, entry: Entry, body: e.Opened) -> Incident:
    return replace(
        state,
        number=body.number, title=body.title, service=body.service, severity=body.severity,
        urgency=body.urgency, priority=body.priority, teams=body.teams, mode=body.mode,
        visibility=body.visibility, opened_at=entry.occurred_at,
        alerts=_with_alert(state, body.origin, body.title, entry),
    )  # fmt: skip


def _with_alert(state: Incident, origin: Origin, title: str, entry: Entry) -> Mapping[str, Alert]:
    if origin.id in state.alerts:
        return state.alerts
    fresh = Alert(
        origin=origin,
        title=title,
        status=Transition.TRIGGERED,
        changed_at=_BEFORE_ALL,
    )
    return _with(state.alerts, origin.id, fresh)


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_SETTLED = {
    Transition.TRIGGERED: Transition.TRIGGERED,
    Transition.UNACKNOWLEDGED: Transition.TRIGGERED,
    Transition.REOPENED: Transition.TRIGGERED,
    Transition.ACKNOWLEDGED: Transition.ACKNOWLEDGED,
    Transition.RESOLVED: Transition.RESOLVED,
}


def _alert_changed(state: Incident, entry: Entry, body: e.AlertChanged) -> Incident:
    alert = state.alerts.get(body.origin_id)
    if alert is None:
        return state
    alert = _newer_status(alert, entry, body)
    details = body.details
    if details is None or (alert.details_at and entry.occurred_at < alert.details_at):
        return replace(state, alerts=_with(state.alerts, body.origin_id, alert))
    alert = replace(alert, title=details.title, details=details, details_at=entry.occurred_at)
    state = replace(state, alerts=_with(state.alerts, body.origin_id, alert))
    leads = next(iter(state.alerts)) == body.origin_id
    return _described(state, details) if leads else _joined_by(state, details.people)


def _newer_status(alert: Alert, entry: Entry, body: e.AlertChanged) -> Alert:
    settled = _SETTLED.get(body.transition)
    # Two events of one instant: the order they happened in is not known, so any fixed one will do.
    if settled is None or (entry.occurred_at, entry.key) < (alert.changed_at, alert.status_event):
        return alert
    return replace(
        alert, status=settled, changed_at=entry.occurred_at, status_event=entry.key, by=entry.actor
    )


def _described(state: Incident, details: AlertDetails) -> Incident:
    """The leading alert's newest description. Assignees empty on resolve do not leave the room."""
    state = replace(
        state,
        title=details.title or state.title,
        urgency=details.urgency or state.urgency,
        teams=details.teams or state.teams,
        service=_same_or_new(state.service, details.service),
    )
    return _joined_by(state, details.people)


def _same_or_new(old: ServiceRef, new: ServiceRef) -> ServiceRef:
    """A service's catalogue key is kept for as long as the source's service stays the same."""
    if not new.name or new.source_id == old.source_id:
        return old
    return new


def _joined_by(state: Incident, people: tuple[Person, ...]) -> Incident:
    known = {person.id: person for person in state.people}
    for person in people:
        if person.id not in known or (person.email and not known[person.id].email):
            known[person.id] = person
    return replace(state, people=tuple(known.values()))


def _status_changed(state: Incident, entry: Entry, body: e.StatusChanged) -> Incident:
    reopening = state.status.is_over and not body.status.is_over
    return replace(
        state,
        status=body.status,
        closure=body.closure if body.status.is_over else None,
        over_at=entry.occurred_at if body.status.is_over else None,
        reopened=state.reopened + 1 if reopening else state.reopened,
        human_acts=(1 if entry.actor.is_person else 0) if reopening else state.human_acts,
    )
