"""What entries of living through an incident change: roles, updates, pages, follow-ups and more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Role
from opsbot.core.incident_pages import apply_pages
from opsbot.core.incident_parts import Holder
from opsbot.core.incident_postmortem import apply_postmortem
from opsbot.core.incident_state import Incident
from opsbot.core.living import FollowUp, Living, Mark, Offer, Reminder, Update
from opsbot.core.people import SLACK
from opsbot.core.told import TAKEN_BACK

UPDATES_KEPT = 12


def apply_living(state: Incident, entry: Entry) -> Incident:
    """The incident after an entry about how it is lived through; others change nothing."""
    living = _moved(state, entry)
    return state if living is state.living else replace(state, living=living)


def _moved(state: Incident, entry: Entry) -> Living:
    living = state.living
    match entry.body:
        case e.RoleAssigned(role=Role.LEAD, slack_id=slack_id):
            return _led_by(state, slack_id)
        case e.RoleAssigned() as body:
            return replace(living, roles=_roles(living.roles, body, entry))
        case e.StatusChanged() as body:
            return _turned(state, entry, body)
        case e.Mitigated(at=at, said=said):
            mark = Mark(at=at, by=entry.actor, seq=entry.seq, said=said) if at else None
            return replace(living, mitigated=mark)
        case e.OnsetSet(at=at, said=said):
            return replace(living, onset=Mark(at=at, by=entry.actor, seq=entry.seq, said=said))
        case e.ImpactSet(since=since) if since and since != (living.onset and living.onset.at):
            return replace(living, onset=Mark(at=since, by=entry.actor, seq=entry.seq))
        case e.Withdrawn(seq=seq):
            return _without(living, seq)
        case _:
            return _told(state, living, entry)


def _told(state: Incident, living: Living, entry: Entry) -> Living:
    """What people tell each other: updates, reminders of them, hand-overs, what is left to do."""
    match entry.body:
        case e.UpdatePosted(text=text, external=external, next_by=next_by):
            told = Update(
                text=text, external=external, at=entry.occurred_at, by=entry.actor,
                seq=entry.seq, next_by=next_by, severity=state.severity,
            )  # fmt: skip
            earlier = (*living.earlier, living.update) if living.update else ()
            return replace(living, update=told, earlier=earlier[-UPDATES_KEPT:])
        case e.CadenceSnoozed(until=until):
            return replace(living, snoozed_until=until)
        case e.ReminderSent(slack_id=slack_id):
            since = living.update.at if living.update else None
            sent = Reminder(at=entry.occurred_at, seq=entry.seq, slack_id=slack_id, since=since)
            room = living.told_room if slack_id else sent
            return replace(living, reminder=sent, told_room=room)
        case e.HandoverOffered() as body:
            offer = Offer(
                seq=entry.seq, by=entry.actor, to_slack_id=body.to_slack_id, to_name=body.to_name,
                at=entry.occurred_at, said=body.said,
            )  # fmt: skip
            return replace(living, offer=offer)
        case e.HandoverAnswered(offer=seq) if living.offer and living.offer.seq == seq:
            return replace(living, offer=None)
        case e.FollowUpSet() as body:
            return replace(living, follow_ups=_with_follow_up(living.follow_ups, body, entry))
        case _:
            return apply_pages(apply_postmortem(living, entry), entry)


def _led_by(state: Incident, slack_id: str) -> Living:
    """A hand-over is offered by who leads, and peace is wished for by who leads: another lead has
    done neither. The room hears anew of an incident that loses its lead once more."""
    living, offer = state.living, state.living.offer
    if offer is not None and offer.by.id != f"{SLACK}{slack_id}":
        living = replace(living, offer=None)
    if slack_id == (state.lead.slack_id if state.lead else ""):
        return living
    return replace(living, snoozed_until=None, told_room=None if slack_id else living.told_room)


def _turned(state: Incident, entry: Entry, body: e.StatusChanged) -> Living:
    """Once it is over nobody takes it over. When it comes back users notice it again, and whatever
    kept reminders away is over; an end that was a mistake changes nothing of that."""
    living = state.living
    if body.status.is_over:
        return living if living.offer is None else replace(living, offer=None)
    if not state.status.is_over:
        return living
    again = Mark(at=entry.occurred_at, by=entry.actor, seq=entry.seq, said=body.reason)
    living = replace(living, reopened=again)
    if body.reason == TAKEN_BACK:
        return living
    return replace(living, mitigated=None, snoozed_until=None, told_room=None)


def _roles(
    held: Mapping[Role, tuple[Holder, ...]], body: e.RoleAssigned, entry: Entry
) -> Mapping[Role, tuple[Holder, ...]]:
    """One person has each role, but there may be many experts."""
    fresh = Holder(slack_id=body.slack_id, name=body.name, since=entry.occurred_at)
    others = tuple(one for one in held.get(body.role, ()) if one.slack_id != body.slack_id)
    if not body.slack_id:
        now: tuple[Holder, ...] = ()
    elif body.role is not Role.EXPERT:
        now = () if body.gone else (fresh,)
    else:
        now = others if body.gone else (*others, fresh)
    left = {role: ones for role, ones in held.items() if role is not body.role}
    return MappingProxyType({**left, body.role: now} if now else left)


def _with_follow_up(
    held: tuple[FollowUp, ...], body: e.FollowUpSet, entry: Entry
) -> tuple[FollowUp, ...]:
    item = FollowUp(
        item=body.item, text=body.text, owner_slack_id=body.owner_slack_id, owner=body.owner,
        due=body.due, done=body.done, dropped=body.dropped, url=body.url, seq=entry.seq,
        key=entry.key,
    )  # fmt: skip
    others = (one for one in held if one.item != item.item)
    return tuple(sorted((*others, item), key=lambda one: one.item))


def _without(living: Living, seq: int) -> Living:
    """As if entry `seq` had not been written, where nothing later says what holds instead."""
    if living.update and living.update.seq == seq:
        before = living.earlier[-1] if living.earlier else None
        living = replace(living, update=before, earlier=living.earlier[:-1])
    return replace(
        living,
        earlier=tuple(one for one in living.earlier if one.seq != seq),
        onset=None if living.onset and living.onset.seq == seq else living.onset,
        offer=None if living.offer and living.offer.seq == seq else living.offer,
        follow_ups=tuple(one for one in living.follow_ups if one.seq != seq),
    )
