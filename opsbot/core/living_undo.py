"""Taking back what people did while they lived through an incident: what to append instead."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.core import entry as e
from opsbot.core.entry import Body, Entry, Role
from opsbot.core.incident import Incident
from opsbot.core.points import episodes
from opsbot.core.told import told

REASON = "taken back"


def living_back(entry: Entry, before: Incident) -> tuple[Body, ...] | str:
    """The facts that take the entry back, `before` being the incident without it; or why not."""
    living = before.living
    match entry.body:
        case e.Mitigated():
            held = living.mitigated
            return (e.Mitigated(at=held.at if held else None, said=held.said if held else ""),)
        case e.OnsetSet() if living.onset:
            return (e.OnsetSet(at=living.onset.at, said=living.onset.said),)
        case e.OnsetSet() | e.UpdatePosted() | e.HandoverOffered():
            return (e.Withdrawn(seq=entry.seq),)
        case e.FollowUpSet(item=item):
            was = next((one for one in living.follow_ups if one.item == item), None)
            if was is None:
                return (e.Withdrawn(seq=entry.seq),)
            return (e.FollowUpSet(
                item=item, text=was.text, owner_slack_id=was.owner_slack_id, owner=was.owner,
                due=was.due, done=was.done, dropped=was.dropped, url=was.url,
            ),)  # fmt: skip
        case e.HandoverAnswered():
            return "it has been answered; hand over anew"
        case e.PageAsked():
            return "nobody can be un-paged; tell them in the room that they are not needed"
        case _:
            return "this cannot be taken back"


def impact_back(entry: Entry, body: e.ImpactSet, before: Incident) -> tuple[Body, ...]:
    """The impact as it was, and with it when it began, where the entry moved that."""
    impact, onset = before.impact, before.living.onset
    since = impact.since if impact else None
    back = e.ImpactSet(text=impact.text if impact else "", since=since)
    if body.since is None or (onset and onset.at == body.since):
        return (back,)
    if onset is None:
        return (back, e.Withdrawn(seq=entry.seq))
    return (back,) if since == onset.at else (back, e.OnsetSet(at=onset.at, said=onset.said))


def role_back(body: e.RoleAssigned, before: Incident) -> tuple[Body, ...]:
    """The role as it was held; of several experts only the one whom the entry was about."""
    if body.role is Role.LEAD:
        holders = (before.lead,) if before.lead else ()
    else:
        holders = before.living.roles.get(body.role, ())
    if body.role is Role.EXPERT and body.slack_id:
        had = any(one.slack_id == body.slack_id for one in holders)
        return (e.RoleAssigned(
            role=body.role, slack_id=body.slack_id, name=body.name, gone=not had
        ),)  # fmt: skip
    held = tuple(
        e.RoleAssigned(role=body.role, slack_id=one.slack_id, name=one.name) for one in holders
    )
    return held or (e.RoleAssigned(role=body.role, slack_id="", name=""),)


def built_upon(entry: Entry, entries: Sequence[Entry]) -> str:
    """Why the entry stays: the impact that is set counts from this beginning; this mitigation is
    over, because the incident came back since. Empty when it may go."""
    impacts = [one.body for one in entries if isinstance(one.body, e.ImpactSet)]
    later = any(isinstance(one.body, e.ImpactSet) for one in entries if one.seq > entry.seq)
    spells = episodes(told(entries))
    match entry.body:
        case e.OnsetSet(at=at) if later and impacts[-1].since == at:
            return "the impact was set since and counts from it; say with onset when it began"
        case e.Mitigated() if len(spells) > 1 and spells[-1].entries[0] > entry.seq:
            return "the incident came back since, which cleared it"
        case _:
            return ""


def same_matter(first: Body, later: Body) -> bool:
    """Whether the later entry says anew what the first one said."""
    match first, later:
        case (e.NoteAdded(), _):
            return False
        case (e.RoleAssigned(role=Role.EXPERT), e.RoleAssigned(role=Role.EXPERT)):
            return first.slack_id == later.slack_id
        case (e.RoleAssigned(), e.RoleAssigned()):
            return first.role is later.role
        case (e.FollowUpSet(), e.FollowUpSet()):
            return first.item == later.item
        case (e.HandoverOffered(), e.HandoverAnswered()):
            return True
        case (e.OnsetSet(at=at), e.ImpactSet(since=since)):
            return since is not None and since != at
        case (e.ImpactSet(since=since), e.OnsetSet()):
            return since is not None
        case _:
            return type(first) is type(later)
