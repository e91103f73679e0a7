"""Who is told something in private: a role that somebody else gave them, a lead that they are asked
to take over, what came of a page that they asked for."""

from __future__ import annotations

from types import MappingProxyType

from opsbot.core.direct import HANDOVER, ROLE
from opsbot.core.entry import Mode, Placement, Role
from opsbot.core.incident_parts import Holder
from opsbot.core.incident_state import Incident
from opsbot.core.living_entry import PageState
from opsbot.core.people import slack_account
from opsbot.core.unfolding import Owed, Unfolding

TELL = "tell_person"  # purpose of the obligation
PAGE = "page"


def holders(incident: Incident) -> dict[Role, tuple[Holder, ...]]:
    """Who has each role, the lead among them, in the order in which roles are named."""
    lead = {Role.LEAD: (incident.lead,)} if incident.lead else {}
    held = {**lead, **incident.living.roles}
    return {role: held[role] for role in Role if held.get(role)}


def tells_people(story: Unfolding, before: Incident) -> None:
    """Owe a private word to whoever was given something by somebody else, and to whoever asked for
    a page that the room does not tell of; shadow mode tells nobody."""
    if story.state.mode is not Mode.LIVE:
        return
    _of_pages(story, before)
    if story.by is None:
        return
    own = slack_account(story.by.id)
    had = {(role, one.slack_id) for role, ones in holders(before).items() for one in ones}
    for role, ones in holders(story.state).items():
        for one in ones:
            if (role, one.slack_id) not in had and one.slack_id != own:
                _owe(story, ROLE, to=one.slack_id, role=role)
    offer, earlier = story.state.living.offer, before.living.offer
    if offer is not None and (earlier is None or earlier.seq != offer.seq):
        _owe(story, HANDOVER, to=offer.to_slack_id, offer=str(offer.seq))


def _of_pages(story: Unfolding, before: Incident) -> None:
    """Whoever asked hears what the room's own line does not tell them: that it failed, or all of
    it where no line stands."""
    state = story.state
    settled = {page.seq for page in before.living.pages if page.state is not None}
    shown = state.placement in (Placement.ROOM, Placement.THREAD) and not state.surface.abandoned
    for page in state.living.pages:
        account = slack_account(page.by.id)
        told = page.state is None or (page.state is PageState.SENT and shown)
        if page.seq not in settled and account and not told:
            _owe(story, PAGE, to=account, page=str(page.seq))


def _owe(story: Unfolding, about: str, **arguments: str) -> None:
    key = ":".join((TELL, str(story.state.seq), about, *arguments.values()))
    given = MappingProxyType({"about": about, **arguments})
    story.owed.append(Owed(purpose=TELL, key=key, due_at=story.now, arguments=given))
