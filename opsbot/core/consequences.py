"""What follows from an entry that is now on the record: routes, closings, questions, and what is
owed. Nothing here looks at Slack; it compares the incident before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.cadence import reminds
from opsbot.core.decision import Route
from opsbot.core.entry import Closure, Draft, Placement, Severity, Status
from opsbot.core.event import DECLARED, MAINTENANCE, NO_ALERT, Transition
from opsbot.core.evidence import Window
from opsbot.core.incident import Alert, Incident
from opsbot.core.incident_pages import page_of_key
from opsbot.core.intake import page_for, severity_of
from opsbot.core.last_picture import deserves_another
from opsbot.core.moment import lasting, plausible, shifted, to_micros
from opsbot.core.page_acts import owes_pages
from opsbot.core.pager_acts import owes_pager, tells_pager
from opsbot.core.people import Actor
from opsbot.core.postmortem_acts import WRITE, owes_postmortem
from opsbot.core.routing import route
from opsbot.core.rules import Rules
from opsbot.core.run_moves import owes_runs
from opsbot.core.telling import tells_people
from opsbot.core.unfolding import Owed, Unfolding

ALERT_CLEARED = "alert_cleared"
# The card overtakes the evidence: reading answers costs time that the room's opening needs.
CARD_FIRST = timedelta(milliseconds=250)
_RANK = {p: rank for rank, p in enumerate(Placement)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    drafts: tuple[Draft, ...] = ()
    owed: tuple[Owed, ...] = ()
    cancelled: tuple[str, ...] = ()  # purposes that have become moot
    reasons: tuple[str, ...] = ()


def consequences(
    before: Incident, after: Incident, *, cause: str, rules: Rules, now: datetime,
    by: Actor | None = None,
) -> Consequences:  # fmt: skip
    """All that follows from the step `before` -> `after`. `cause` is the key of the entry that
    made it, and makes every draft's key unique to it; `by` is the person whose act it was."""
    story = Unfolding(state=after, rules=rules, now=now, cause=cause, by=by)
    if after.origin is not None:
        for rule in _RULES:
            rule(story, before)
    return Consequences(
        drafts=tuple(story.drafts),
        owed=tuple(story.owed),
        cancelled=tuple(story.cancelled),
        reasons=tuple(story.reasons),
    )


def _over_before_heard_of(story: Unfolding, before: Incident) -> None:
    if before.seq == 0 and not story.state.firing and not story.state.declared_by:
        reason = "the first thing heard of this alert is that it resolved"
        body = e.StatusChanged(status=Status.CLOSED, reason=reason, closure=Closure.NEVER_OPENED)
        story.add("status", body, reason)


def _reopened(story: Unfolding, before: Incident) -> None:
    state = story.state
    if not (state.status.is_over and state.fires_anew):
        return
    length = lasting(story.now - state.over_at) if state.over_at else "a while"
    reason = f"the alert fires again, {length} after the incident ended"
    story.add("status", e.StatusChanged(status=Status.TRIAGE, reason=reason), reason)
    story.cancelled.append("archive")


def _fires_again(story: Unfolding, before: Incident) -> None:
    question = story.state.questions.get(ALERT_CLEARED)
    if question and not question.answer and story.state.firing:
        reason = "the alert fires again before anybody answered"
        story.add("answer", e.Answered(question=ALERT_CLEARED, answer="fires_again"), reason)


def _acknowledged(story: Unfolding, before: Incident) -> None:
    if story.state.lead and not before.lead and story.state.status is Status.TRIAGE:
        reason = "somebody leads now"
        story.add("status", e.StatusChanged(status=Status.INVESTIGATING, reason=reason), reason)
    by, earlier = story.state.acknowledged_by, before.acknowledged_by
    if earlier is not None and earlier.is_person and not before.status.is_over:
        return  # a person may have set the status back since
    if story.state.status is Status.TRIAGE and story.state.firing and by and by.is_person:
        reason = "a responder acknowledged the alert"
        story.add("status", e.StatusChanged(status=Status.INVESTIGATING, reason=reason), reason)


def _cleared(story: Unfolding, before: Incident) -> None:
    state = story.state
    if state.firing or state.status.is_over or before.seq == 0 or not before.firing:
        return
    again = state.living.reopened
    if again is not None and again.by.is_person and _cleared_at(story) <= again.at:
        return  # heard of late: it cleared with the end that this person took back
    if state.human_acts == 0:
        _self_recovered(story)
    else:
        _ask_whether_it_is_over(story, "people have acted, so only a person may end the incident")


def _self_recovered(story: Unfolding) -> None:
    opened_at = story.state.opened_at or story.now
    cleared_at = _cleared_at(story)
    length = lasting(plausible(cleared_at, story.now) - plausible(opened_at, story.now))
    reason = f"every alert resolved by itself after {length} and nobody had acted"
    body = e.StatusChanged(status=Status.CLOSED, reason=reason, closure=Closure.SELF_RECOVERED)
    story.add("status", body, reason)


def _cleared_at(story: Unfolding) -> datetime:
    return max((a.changed_at for a in story.state.alerts.values()), default=story.now)


def _late_human_act(story: Unfolding, before: Incident) -> None:
    """An act at the pager that was heard of after the closing, but shows that somebody was
    working on it before. What is done in Slack afterwards is no such thing."""
    state = story.state
    acted_at = state.acted_at if story.by is None and before.human_acts == 0 else None
    late = acted_at is not None and acted_at <= _cleared_at(story)
    if state.closure is Closure.SELF_RECOVERED and late:
        reason = "a late event shows that a person had acted before the alert cleared"
        story.add("status", e.StatusChanged(status=Status.INVESTIGATING, reason=reason), reason)
        story.cancelled.append("archive")
        _ask_whether_it_is_over(story, reason)


def _ask_whether_it_is_over(story: Unfolding, reason: str) -> None:
    question = story.state.questions.get(ALERT_CLEARED)
    if question is None or question.answer:
        text = "Alert cleared. Is the incident over?"
        story.add("asked", e.Asked(question=ALERT_CLEARED, text=text), reason)


def _severity(story: Unfolding, before: Incident) -> None:
    """A priority set at the pager sets the severity in the moment it is heard of; a person may
    say otherwise since. The severity is never lowered by urgency alone."""
    state = story.state
    leader = _worst(state, story.rules)
    if leader is None or leader.details is None:
        return
    wanted = severity_of(leader.details, story.rules)
    news = _named(leader) != _named(_worst(before, story.rules))
    named = bool(leader.details.priority) and news
    if wanted is Severity.UNSET or wanted is state.severity:
        return
    if not named and state.severity is not Severity.UNSET:
        return
    reason = f"priority {leader.details.priority or '(none)'} at {leader.origin.source}"
    body = e.SeverityChanged(severity=wanted, reason=reason, priority=leader.details.priority)
    story.add("severity", body, reason)


def _named(alert: Alert | None) -> tuple[str, str]:
    """Which alert leads, and the priority that it has at its source."""
    if alert is None or alert.details is None:
        return ("", "")
    return (alert.origin.id, alert.details.priority)


def _routed(story: Unfolding, before: Incident) -> None:
    """Route a firing incident; later events may raise its place, none lowers it."""
    state = story.state
    if before.seq and (state.status.is_over or not state.firing):
        return
    if state.declared_by and state.placement is Placement.ROOM:
        return
    decision = current_route(state, story.rules, story.now)
    first = not state.route_rule
    if first or _RANK[decision.placement] > _RANK[state.placement]:
        routed = e.Routed(
            placement=decision.placement,
            rule=decision.rule,
            reason=decision.reason,
            channel=decision.channel,
        )
        why = f"{decision.placement} by rule {decision.rule!r}: {decision.reason}"
        story.add("routed", routed, why)
    if decision.again_at and not state.status.is_over:
        key = f"route_again:{to_micros(decision.again_at)}"
        story.owed.append(Owed(purpose="route_again", key=key, due_at=decision.again_at))


def current_route(state: Incident, rules: Rules, now: datetime) -> Route:
    """Where the incident belongs now: the best place that any of its firing alerts earns."""
    leader = next(iter(state.alerts.values()))
    if leader.origin.source == DECLARED and not state.firing:
        reason = "a person declared it"
        return Route(placement=Placement.ROOM, rule=DECLARED, reason=reason)
    if leader.origin.source == MAINTENANCE:
        window = next((w for w in rules.maintenance if w.origin_id == leader.origin.id), None)
        if window is not None and now < window.end:
            reason = "announced work: pages are attached, no room is opened"
            return Route(
                placement=Placement.DIGEST, rule=MAINTENANCE, reason=reason, again_at=window.end
            )
    if state.status.is_over and not state.firing:
        return Route(placement=Placement.IGNORE, rule="over", reason="over before it was heard of")
    alerts = [a for a in state.alerts.values() if a.origin.source not in NO_ALERT]
    firing = [a for a in alerts if a.firing] or alerts
    routes = [_route_of(alert, state, rules, now) for alert in firing]
    best = max(routes, key=lambda r: _RANK[r.placement])
    again_at = min((r.again_at for r in routes if r.again_at), default=None)
    return replace(best, again_at=again_at)


def _route_of(alert: Alert, state: Incident, rules: Rules, now: datetime) -> Route:
    """One alert's own route; it has been open since it fired, as far as that is known."""
    details = alert.details
    if details is not None and alert is next(iter(state.alerts.values())):
        details = replace(details, urgency=state.urgency, service=state.service)
    known = alert.firing and alert.status_event
    since = alert.changed_at if known and state.reopened else (state.opened_at or now)
    page = page_for(details, plausible(since, now), rules, firing=state.firing)
    return route(page, rules.routing, now, rules.zone)


def _worst(state: Incident, rules: Rules) -> Alert | None:
    """The firing alert with the worst severity; the first one when none has any. What a page of
    ours made at the pager is urgent because we said so, and tells nothing of the severity."""
    told = (a for a in state.alerts.values() if page_of_key(state, a.origin.dedup_key) is None)
    alerts = [a for a in told if a.details is not None]
    firing = [a for a in alerts if a.firing] or alerts
    order = list(Severity)
    return min(firing, key=lambda a: order.index(severity_of(a.details, rules)), default=None)


def _evidence(story: Unfolding, before: Incident) -> None:
    """Look once an incident has a room or thread, and again when it comes back."""
    state = story.state
    placed = state.placement in (Placement.ROOM, Placement.THREAD)
    reopening = before.seq > 0 and state.reopened > before.reopened
    if not placed or state.status.is_over or not story.rules.evidence_sources:
        return
    if not (state.service.key or state.service.name):
        return  # nobody said what it is about: there is nothing to ask for
    if state.window is not None and not reopening:
        return
    alerts = [a for a in state.alerts.values() if a.origin.source not in NO_ALERT]
    firing = [a.changed_at for a in alerts if a.status is Transition.TRIGGERED]
    began = state.opened_at if state.declared_by and state.opened_at else story.now
    paged_at = plausible(min(firing, default=began), story.now)
    window = Window(
        start=shifted(paged_at, -story.rules.evidence_window), end=max(paged_at, story.now)
    )
    around = story.rules.catalogue.around(state.service.key)
    services = tuple(s.name for s in around) or (state.service.name,)
    asked = e.EvidenceAsked(
        window=window,
        sources=story.rules.evidence_sources,
        services=services,
        reason="the incident came back" if reopening else "the incident has a place to show it",
    )
    story.add("evidence", asked, asked.reason)
    _collect(story, shifted(story.now, CARD_FIRST))


def _collect(story: Unfolding, due_at: datetime) -> None:
    asked = story.state.asks[-1]
    owed = Owed(
        purpose="collect", key=f"collect:{asked.seq}", due_at=due_at,
        arguments=MappingProxyType({"asked": str(asked.seq)}),
    )  # fmt: skip
    story.owed.append(owed)


def _looked(story: Unfolding, before: Incident) -> None:
    """Evidence that a person asked for is collected at once."""
    newest = story.state.asks[-1] if story.state.asks else None
    if newest and newest.by.is_person and newest.seq > before.seq and not newest.complete:
        _collect(story, story.now)


def _illustrated(story: Unfolding, before: Incident) -> None:
    """Pictures are drawn once the evidence is in."""
    state = story.state
    placed = state.placement in (Placement.ROOM, Placement.THREAD)
    complete = state.evidence_complete_at is not None and before.evidence_complete_at is None
    if placed and complete and not state.status.is_over:
        key = f"illustrate:{state.seq}"
        story.owed.append(Owed(purpose="illustrate", key=key, due_at=story.now))


def _illustrated_end(story: Unfolding, before: Incident) -> None:
    """The chart shows the recovery once it is over; a postmortem that is owed has it drawn."""
    state, written = story.state, any(owed.purpose == WRITE for owed in story.owed)
    if before.status.is_over or written or not deserves_another(state):
        return
    due_at = shifted(story.now, story.rules.postmortem.delay)
    key = f"illustrate_end:{state.seq}"
    story.owed.append(Owed(purpose="illustrate_end", key=key, due_at=due_at))


def _ended(story: Unfolding, before: Incident) -> None:
    state = story.state
    if before.status.is_over and not state.status.is_over:
        story.cancelled.append("archive")
    if not state.status.is_over or before.status.is_over:
        return
    story.cancelled += ["route_again", "look_again"]
    if state.placement is Placement.ROOM and state.over_at:
        due_at = shifted(state.over_at, story.rules.archive_after)
        key = f"archive:{to_micros(due_at)}"
        story.owed.append(Owed(purpose="archive", key=key, due_at=due_at))


_RULES: tuple[Callable[[Unfolding, Incident], None], ...] = (
    _over_before_heard_of, _reopened, _fires_again, _acknowledged, _cleared, _late_human_act,
    _severity, _routed, _evidence, _looked, tells_pager, owes_pager, owes_pages, owes_runs,
    _illustrated, _ended, reminds, tells_people, owes_postmortem, _illustrated_end,
)  # fmt: skip
