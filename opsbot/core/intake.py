"""What an event means for the record: open, join, append or only note. Pure, and the same code
for a live page and for `opsbot replay`.

Two halves, because the first decides whether the event is news at all: `arrival` says what to
append for the event itself; `consequences` says what follows once it is on the record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from opsbot.core import entry as e
from opsbot.core.entry import Draft, PagerAct, PagerResult, Severity
from opsbot.core.event import (
    MAINTENANCE,
    AlertDetails,
    AlertEvent,
    Origin,
    ServiceRef,
    Transition,
)
from opsbot.core.incident import SAME_MOMENT, Incident
from opsbot.core.incident_pages import answered_pages, page_of_key
from opsbot.core.incident_parts import Alert, AskOfPager, Change
from opsbot.core.moment import plausible, to_micros
from opsbot.core.people import OPSBOT
from opsbot.core.routing import Maintenance, Page, maintenance_of
from opsbot.core.rules import Rules

OWN_NOTE = "[opsbot] "  # how notes begin that opsbot leaves at the pager
STANDS = "incident.updated"  # what asking gives for an alert that stands so, with no log line
ECHO_WITHIN = timedelta(minutes=10)  # an act asked for may be done after some retries
WHOLE_SECONDS = timedelta(seconds=1)  # in which pagers say when an act was done


class Action(StrEnum):
    OPEN = "open"
    JOIN = "join"
    APPEND = "append"
    NOTE = "note"  # concerns no alert: kept, and said in the ops channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What to append for an event. The first draft is the one whose key says "seen before"."""

    action: Action
    reason: str
    drafts: tuple[Draft, ...]


def event_key(event: AlertEvent) -> str:
    """The key under which an event's meaning is appended once, however it reached us.

    A transition is known by what happened and when, so that a webhook and a poll of the same
    incident agree; anything else by the source's own event id.
    """
    if event.alert is not None and event.note_id:
        return f"note:{event.source}:{event.alert.id}:{event.note_id}"
    if event.alert is None or event.transition is Transition.OTHER:
        return f"event:{event.source}:{event.id}"
    return f"alert:{event.alert.id}:{event.transition}:{to_micros(event.occurred_at)}"


def page_of(event: AlertEvent, rules: Rules, now: datetime, *, firing: bool = True) -> Page:
    """What routing looks at, from an event and the catalogue."""
    return page_for(event.details, plausible(event.occurred_at, now), rules, firing=firing)


def page_for(
    details: AlertDetails | None, triggered_at: datetime, rules: Rules, *, firing: bool
) -> Page:
    """The page that `details` describe; without details it is of a service nobody knows."""
    ref = details.service if details else ServiceRef(name="")
    service = rules.catalogue.find(ref)
    teams = (*(details.teams if details else ()), *((service.owner,) if service else ()))
    return Page(
        urgency=details.urgency if details else "",
        priority=details.priority if details else "",
        service=service.name if service else "",
        service_name=ref.name,
        team_channel=service.channel if service else "",
        teams=tuple(dict.fromkeys(team for team in teams if team)),
        triggered_at=triggered_at,
        open=firing,
    )


def arrival(
    event: AlertEvent,
    known: Incident | None,
    recent: Incident | None,
    rules: Rules,
    now: datetime,
    number: int,
) -> Arrival:
    """Decide what `event` is, given the incident of its alert (`known`) or one that a re-trigger
    returns to (`recent`). `number` is used only when an incident opens."""
    if event.alert is None:
        reason = "the event concerns no alert"
        return Arrival(action=Action.NOTE, reason=reason, drafts=(_fact(event, "", rules),))
    if known is not None:
        # Whose act it was first: both tellings of an echo are then by the same person.
        told = in_whose_name(event, known)
        heard = heard_before(told, known.alerts.get(event.alert.id))
        if heard:
            return Arrival(action=Action.APPEND, reason=heard, drafts=())
        reason = f"INC-{known.number} holds this alert"
        drafts = (_fact(told, event.alert.id, rules), *_answers(told, known))
        return Arrival(action=Action.APPEND, reason=reason, drafts=drafts)
    window = maintenance_of(page_of(event, rules, now), rules.maintenance, now)
    if recent is not None:
        return _joins(event, event.alert, recent, rules, window)
    return _opens(event, event.alert, rules, number, window)


def heard_before(event: AlertEvent, alert: Alert | None) -> str:
    """Why an event is no news: it was told by a webhook and is now found by asking, or the other
    way round; or what was looked up says nothing new.

    Webhooks carry milliseconds and log lines seconds, so one fact has two times: the same event
    by the same actor, close by, with no other transition between.
    """
    if alert is None:
        return ""
    ours = OPSBOT.id if event.note.startswith(OWN_NOTE) else event.actor.id
    if event.type == STANDS:
        same = event.details == _uncatalogued(alert.details)
        return "the pager still says the same" if same else ""
    heard = any(_is_the_same(event, change, alert, ours) for change in alert.changes)
    return "heard already, by webhook or by asking" if heard else ""


def _is_the_same(event: AlertEvent, change: Change, alert: Alert, by_id: str) -> bool:
    first, last = sorted((change.at, event.occurred_at))
    began = first.replace(microsecond=0)  # within it, which came first is not known
    between = any(
        other.transition not in (event.transition, Transition.OTHER)
        and began < other.at.replace(microsecond=0) <= last
        for other in alert.changes
    )
    return (
        (change.transition, change.type, change.by_id) == (event.transition, event.type, by_id)
        and change.looked_up is not event.looked_up
        and last - first <= (WHOLE_SECONDS if event.transition is Transition.OTHER else SAME_MOMENT)
        and not between
    )


def _uncatalogued(details: AlertDetails | None) -> AlertDetails | None:
    return details and replace(details, service=replace(details.service, key=""))


_TRANSITION_OF = {
    PagerAct.ACKNOWLEDGE: Transition.ACKNOWLEDGED,
    PagerAct.RESOLVE: Transition.RESOLVED,
}


def in_whose_name(event: AlertEvent, known: Incident) -> AlertEvent:
    """The event as the act of the person who asked for it in Slack, if it is the echo of that.

    The pager names the account whose key or address was used, which need not be theirs.
    """
    for asked in reversed(known.of_pager):
        if _did(asked, event) and _then(asked, event):
            if _is_superseded(asked, known):
                return replace(event, actor=asked.by, details=None)
            said = event.summary.replace(event.actor.name, asked.by.name, 1)
            return replace(
                event, actor=asked.by, summary=said if event.actor.name else event.summary
            )
    return event


def _did(asked: AskOfPager, event: AlertEvent) -> bool:
    """Whether the event tells of what was asked for."""
    if event.alert is None or asked.origin_id != event.alert.id:
        return False
    if asked.act is PagerAct.PRIORITY:
        told = event.details is not None and event.details.priority == asked.value
        return told and event.type.endswith("priority_updated")
    return _TRANSITION_OF.get(asked.act) is event.transition


def _is_superseded(asked: AskOfPager, known: Incident) -> bool:
    """Whether a newer act asked for another priority since: the older one's echo decides
    nothing any more."""
    return asked.act is PagerAct.PRIORITY and any(
        later.seq > asked.seq and (later.act, later.origin_id) == (asked.act, asked.origin_id)
        for later in known.of_pager
    )


def _then(asked: AskOfPager, event: AlertEvent) -> bool:
    """Whether it happened when we did it, by the account we did it with. While the pager has not
    told when that was, nothing is put in anybody's name, but a priority, which says itself."""
    at = event.occurred_at
    if asked.result in (PagerResult.REFUSED, PagerResult.MOOT):
        return False
    if asked.acted_at is None:
        priority = asked.act is PagerAct.PRIORITY
        return priority and -SAME_MOMENT <= at - asked.at <= ECHO_WITHIN
    if asked.acted_by and not event.actor.id.endswith(f":{asked.acted_by}"):
        return False
    # It may have stood so because of us, when an answer was lost; not when it did so before.
    before = asked.result is PagerResult.ALREADY and asked.acted_at < asked.at - WHOLE_SECONDS
    return not before and abs(at - asked.acted_at) <= SAME_MOMENT


def returns_to(event: AlertEvent, candidate: Incident | None) -> Incident | None:
    """The incident a new alert returns to: same dedup key, or without one the same title.

    Only a firing alert returns; the candidate was already limited to the configured minutes.
    """
    if candidate is None or event.alert is None or event.details is None:
        return None
    if event.transition not in (Transition.TRIGGERED, Transition.REOPENED):
        return None
    if event.alert.dedup_key:
        keys = {alert.origin.dedup_key for alert in candidate.alerts.values()}
        return candidate if event.alert.dedup_key in keys else None
    return candidate if event.details.title == candidate.title else None


def _fact(event: AlertEvent, origin_id: str, rules: Rules) -> Draft:
    changed = e.AlertChanged(
        origin_id=origin_id,
        event_type=event.type,
        transition=event.transition,
        summary=event.summary,
        details=_catalogued(event.details, rules),
        known=event.known,
        looked_up=event.looked_up,
    )
    # The pager shows our own notes under somebody's login; they are no act of that person, and
    # their words are on the record once already, where they can be redacted.
    own = event.note.startswith(OWN_NOTE)
    if own:
        what = "page that opsbot asked for" if event.asks else "note that opsbot left there"
        changed = replace(changed, summary=f"the pager shows a {what}")
    told = bool(event.note) and not own
    return Draft(
        key=event_key(event),
        occurred_at=event.occurred_at,
        actor=OPSBOT if own else event.actor,
        source=event.source,
        body=e.NoteAdded(text=event.note, trimmed=event.trimmed) if told else changed,
    )


def _answers(event: AlertEvent, known: Incident) -> tuple[Draft, ...]:
    """What somebody who was paged by us answered, for each page that it is news to."""
    reply = event.reply
    if reply is None:
        return ()
    said, at = f"{reply.user_id}:{reply.accepted}", event.occurred_at
    return tuple(
        Draft(
            key=f"answered:{seq}:{said}:{to_micros(at)}", occurred_at=at, actor=event.actor,
            source=event.source,
            body=e.PageAnswered(
                user_id=reply.user_id, name=reply.name, accepted=reply.accepted, asked=seq
            ),
        )
        for seq in answered_pages(known, reply)
    )  # fmt: skip


def _catalogued(details: AlertDetails | None, rules: Rules) -> AlertDetails | None:
    if details is None:
        return None
    service = rules.catalogue.find(details.service)
    if service is None:
        return details
    return replace(details, service=replace(details.service, key=service.name))


def _joins(
    event: AlertEvent, alert: Origin, into: Incident, rules: Rules, window: Maintenance | None
) -> Arrival:
    if page_of_key(into, alert.dedup_key) is not None:
        reason = f"INC-{into.number} asked for this page"
    elif window is not None:
        reason = f"announced work: {window.name}"
    else:
        reason = f"the alert of INC-{into.number} fired again within the return time"
    joined = Draft(
        key=f"joined:{alert.source}:{alert.id}",
        occurred_at=event.occurred_at,
        actor=OPSBOT,
        source="routing",
        body=e.Joined(origin=alert, title=event.title, reason=reason),
    )
    drafts = (joined, _fact(event, alert.id, rules))
    return Arrival(action=Action.JOIN, reason=reason, drafts=drafts)


def _opens(
    event: AlertEvent, alert: Origin, rules: Rules, number: int, window: Maintenance | None
) -> Arrival:
    details = _catalogued(event.details, rules)
    reason = f"first heard of {alert.source} incident {alert.number or alert.id}: {event.type}"
    opened = e.Opened(
        number=number, title=f"Announced work: {window.name}" if window else event.title,
        origin=_maintenance_origin(window) if window else alert,
        service=details.service if details else ServiceRef(name=""),
        severity=severity_of(details, rules),
        urgency=details.urgency if details else "", priority=details.priority if details else "",
        teams=details.teams if details else (), mode=rules.mode, visibility=rules.visibility,
        reason=reason,
    )  # fmt: skip
    draft = Draft(
        key="opened", occurred_at=event.occurred_at, actor=OPSBOT, source="routing", body=opened
    )
    if window is None:
        drafts = (draft, _fact(event, alert.id, rules))
        return Arrival(action=Action.OPEN, reason=reason, drafts=drafts)
    why = f"announced work: {window.name}"
    joined = Draft(
        key=f"joined:{alert.source}:{alert.id}",
        occurred_at=event.occurred_at,
        actor=OPSBOT,
        source="routing",
        body=e.Joined(origin=alert, title=event.title, reason=why),
    )
    drafts = (draft, joined, _fact(event, alert.id, rules))
    return Arrival(action=Action.OPEN, reason=why, drafts=drafts)


def _maintenance_origin(window: Maintenance) -> Origin:
    return Origin(source=MAINTENANCE, id=window.origin_id)


def severity_of(details: AlertDetails | None, rules: Rules) -> Severity:
    """Severity by the configured tables: the pager's priority first, then its urgency."""
    if details is None:
        return Severity.UNSET
    by_priority = dict(rules.severity_by_priority).get(details.priority)
    return by_priority or dict(rules.severity_by_urgency).get(details.urgency, Severity.UNSET)
