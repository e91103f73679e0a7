"""The incident as its record tells it: `evolve(state, entry)` is the only place state changes.

Entries are folded in record order, but events arrive in any order: what depends on *when things
happened* (is the alert firing?) is decided by event time, so every arrival order gives the same
incident.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.announcement import Was, announced
from opsbot.core.entry import (
    Entry,
    PagerAct,
    Role,
)
from opsbot.core.event import (
    DECLARED,
    AlertDetails,
    Origin,
    ServiceRef,
    Transition,
)
from opsbot.core.incident_evidence import apply_evidence
from opsbot.core.incident_living import apply_living
from opsbot.core.incident_pages import acknowledged, caught_up, reached
from opsbot.core.incident_parts import (
    Alert,
    AskOfPager,
    Change,
    Holder,
    Impact,
    Note,
    Question,
)
from opsbot.core.incident_state import Incident, extended
from opsbot.core.people import SLACK, Person, slack_account
from opsbot.core.surface import evolve_surface

FOLD_VERSION = 2
CHANGES_KEPT = 24  # transitions of one alert, to tell an event heard twice
SAME_MOMENT = timedelta(seconds=5)  # between the two times of one fact at the pager
_STATUS_OF = {
    PagerAct.ACKNOWLEDGE: Transition.ACKNOWLEDGED,
    PagerAct.RESOLVE: Transition.RESOLVED,
}
SAID_KEPT = 40
NOTES_KEPT = 12
TAKEN_BACK, REDACTED = "taken back", "redacted"


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
    moved = _is_new_home(state, entry)
    state = replace(state, seq=entry.seq, surface=evolve_surface(state.surface, entry))
    if _is_human_act(entry):
        # When somebody says that it began an hour ago, they did not act an hour ago.
        acted = entry.recorded_at if isinstance(entry.body, e.OnsetSet) else entry.occurred_at
        first = min(state.acted_at or acted, acted)
        state = replace(state, human_acts=state.human_acts + 1, acted_at=first)
    after = _apply(apply_living(state, entry), entry)
    if moved:
        after = replace(after, housed_since=entry.seq)
    said = announced(entry, _was(state))
    if said is not None:
        after = replace(after, announcements=(*after.announcements, said)[-SAID_KEPT:])
    return after


def _was(state: Incident) -> Was:
    return Was(
        severity=state.severity, status=state.status,
        lead=state.lead.name if state.lead else "",
        impact=state.impact.text if state.impact else "",
        onset=state.living.onset.at if state.living.onset else None,
    )  # fmt: skip


def _is_new_home(state: Incident, entry: Entry) -> bool:
    """Whether the card now stands where none stood before, so that what is said from here on is
    said there."""
    if not isinstance(entry.body, e.MessageShown) or entry.body.slot != "card":
        return False
    held = state.surface.messages.get("card")
    elsewhere = held is not None and held.channel_id != entry.body.channel_id
    return elsewhere or not state.housed_since


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
            return acknowledged(_alert_changed(state, entry, body), entry, body)
        case e.NoteAdded(text=text, author=author):
            note = Note(
                text=text, by=entry.actor, at=entry.occurred_at, seq=entry.seq, author=author
            )
            return replace(state, notes=(*state.notes, note)[-NOTES_KEPT:])
        case e.SeverityChanged(severity=severity, priority=priority):
            return replace(state, severity=severity, priority=priority or state.priority)
        case e.StatusChanged() as body:
            return _status_changed(state, entry, body)
        case e.Asked(question=key, text=text):
            asked = Question(text=text, asked_at=entry.occurred_at, seq=entry.seq)
            return replace(state, questions=extended(state.questions, key, asked))
        case e.Answered(question=key, answer=answer) if key in state.questions:
            done = replace(state.questions[key], answer=answer, answered_by=entry.actor)
            return replace(state, questions=extended(state.questions, key, done))
        case _:
            return _apply_people(state, entry)


def _apply_people(state: Incident, entry: Entry) -> Incident:
    match entry.body:
        case e.RoleAssigned(role=Role.LEAD, slack_id=slack_id, name=name):
            holder = Holder(slack_id=slack_id, name=name, since=entry.occurred_at)
            return _in_the_room(replace(state, lead=holder if slack_id else None), slack_id, name)
        case (
            e.RoleAssigned(slack_id=slack_id, name=name, gone=False)
            | e.HandoverOffered(to_slack_id=slack_id, to_name=name)
        ):
            return _in_the_room(state, slack_id, name)
        case e.OnsetSet(at=at) if state.impact:
            return replace(state, impact=replace(state.impact, since=at))
        case e.ImpactSet(text=text, since=since):
            impact = Impact(text=text, since=since, by=entry.actor)
            return replace(state, impact=impact if text or since else None)
        case e.Withdrawn(seq=seq) | e.Redacted(seq=seq):
            word = REDACTED if isinstance(entry.body, e.Redacted) else TAKEN_BACK
            unsaid = MappingProxyType({**state.unsaid, seq: word})
            kept = tuple(note for note in state.notes if note.seq != seq)
            drawn = {slot: d for slot, d in state.pictures.items() if d.seq != seq}
            impact = state.impact
            if impact is not None and state.living.onset is None:
                impact = replace(impact, since=None)  # the beginning was what was taken back
            pictures = MappingProxyType(drawn)
            return replace(state, notes=kept, unsaid=unsaid, pictures=pictures, impact=impact)
        case e.PagerAsked() as body:
            asked = AskOfPager(
                seq=entry.seq, act=body.act, origin_id=body.origin_id, value=body.value,
                by=entry.actor, at=entry.occurred_at,
            )  # fmt: skip
            return replace(state, of_pager=_kept((*state.of_pager, asked)))
        case e.PagerActed() as body:
            return _pager_acted(state, body)
        case e.PageActed() as body:
            return _joined_by(caught_up(state, body), reached(body))
        case _:
            return apply_evidence(state, entry)


def _kept(asks: tuple[AskOfPager, ...]) -> tuple[AskOfPager, ...]:
    """Every act that is still owed, and the newest of those that are settled."""
    settled = [ask.seq for ask in asks if ask.result is not None][-CHANGES_KEPT:]
    return tuple(ask for ask in asks if ask.result is None or ask.seq in settled)


def _pager_acted(state: Incident, body: e.PagerActed) -> Incident:
    """What came of an act; when its echo was heard first, that was this person's doing."""
    asked = next((ask for ask in state.of_pager if ask.seq == body.asked), None)
    if asked is None:
        return state
    done = replace(asked, result=body.result, said=body.said, acted_at=body.at, acted_by=body.by_id)
    asks = _kept(tuple(done if ask.seq == done.seq else ask for ask in state.of_pager))
    state = replace(state, of_pager=asks)
    alert = state.alerts.get(done.origin_id)
    if alert is None or body.at is None or alert.by is None:
        return state
    theirs = not body.by_id or alert.by.id.endswith(f":{body.by_id}")
    same = _STATUS_OF.get(done.act) is alert.status and theirs
    if same and abs(alert.changed_at - body.at) <= SAME_MOMENT:
        alerts = extended(state.alerts, done.origin_id, replace(alert, by=done.by))
        return replace(state, alerts=alerts)
    return state


def _in_the_room(state: Incident, slack_id: str, name: str) -> Incident:
    """Who declares or leads an incident belongs into its room, like those who were paged."""
    if not slack_id or any(one.slack_id == slack_id for one in state.surface.invited):
        return state
    return _joined_by(state, (Person(id=f"{SLACK}{slack_id}", name=name),))


def _opened(state: Incident, entry: Entry, body: e.Opened) -> Incident:
    declared = body.origin.source == DECLARED
    state = replace(
        state,
        number=body.number, title=body.title, service=body.service, severity=body.severity,
        urgency=body.urgency, priority=body.priority, teams=body.teams, mode=body.mode,
        visibility=body.visibility, opened_at=entry.occurred_at,
        declared_by=entry.actor.id if declared else "",
        alerts=_with_alert(state, body.origin, body.title, entry),
    )  # fmt: skip
    by = entry.actor
    return _in_the_room(state, slack_account(by.id), by.name) if declared else state


def _with_alert(state: Incident, origin: Origin, title: str, entry: Entry) -> Mapping[str, Alert]:
    if origin.id in state.alerts:
        return state.alerts
    fresh = Alert(
        origin=origin,
        title=title,
        status=Transition.TRIGGERED,
        changed_at=_BEFORE_ALL,
    )
    return extended(state.alerts, origin.id, fresh)


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_USUAL_ORDER = (
    Transition.TRIGGERED, Transition.ACKNOWLEDGED, Transition.UNACKNOWLEDGED, Transition.RESOLVED,
    Transition.REOPENED,
)  # fmt: skip
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
    change = Change(
        transition=body.transition, type=body.event_type, at=entry.occurred_at,
        by_id=entry.actor.id, looked_up=body.looked_up,
    )  # fmt: skip
    alert = replace(alert, changes=(*alert.changes, change)[-CHANGES_KEPT:])
    alert = _newer_status(alert, entry, body)
    details = body.details
    if details is not None and alert.details is not None and not body.looked_up:
        # Only asking tells when the pager escalates.
        details = replace(details, escalates_at=alert.details.escalates_at)
    if details is None or (alert.details_at and entry.occurred_at < alert.details_at):
        return replace(state, alerts=extended(state.alerts, body.origin_id, alert))
    alert = replace(alert, title=details.title, details=details, details_at=entry.occurred_at)
    state = replace(state, alerts=extended(state.alerts, body.origin_id, alert))
    leads = next(iter(state.alerts)) == body.origin_id
    return _described(state, details) if leads else _joined_by(state, details.people)


def _newer_status(alert: Alert, entry: Entry, body: e.AlertChanged) -> Alert:
    settled = _SETTLED.get(body.transition)
    if settled is None:
        return alert
    rank = _USUAL_ORDER.index(body.transition)
    held = _order(alert.changed_at, alert.status_rank, alert.status_event)
    if _order(entry.occurred_at, rank, entry.key) < held:
        return alert
    return replace(
        alert, status=settled, changed_at=entry.occurred_at, status_rank=rank,
        status_event=entry.key, by=entry.actor, changed_seq=entry.seq,
    )  # fmt: skip


def _order(at: datetime, rank: int, key: str) -> tuple[datetime, int, datetime, str]:
    """When something happened, to compare by. What asking finds knows no parts of a second, so
    within one second the usual order counts; what then is alike stands in any fixed order."""
    return at.replace(microsecond=0), rank, at, key


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
    left = {key: a.changed_at for key, a in state.alerts.items() if a.firing}
    if state.status.is_over:
        left = dict(state.left_firing)  # closing what is resolved ends nothing anew
    return replace(
        state,
        left_firing=MappingProxyType(left if body.status.is_over else {}),
        status=body.status,
        closure=body.closure if body.status.is_over else None,
        over_at=_over_at(state, entry, body),
        reopened=state.reopened + 1 if reopening else state.reopened,
        human_acts=(1 if entry.actor.is_person else 0) if reopening else state.human_acts,
        acted_at=(entry.occurred_at if entry.actor.is_person else None)
        if reopening
        else state.acted_at,
    )


def _over_at(state: Incident, entry: Entry, body: e.StatusChanged) -> datetime | None:
    """When it ended: closing what is resolved does not move that."""
    if not body.status.is_over:
        return None
    return state.over_at if state.status.is_over else entry.occurred_at
