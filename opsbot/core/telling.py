"""Who is told something in private because of what somebody else did: a role that they were given,
a lead that they are asked to take over."""

from __future__ import annotations

from types import MappingProxyType

from opsbot.core.entry import Mode, Role
from opsbot.core.incident_parts import Holder
from opsbot.core.incident_state import Incident
from opsbot.core.people import slack_account
from opsbot.core.unfolding import Owed, Unfolding

TELL = "tell_person"  # purpose of the obligation
ROLE, HANDOVER = "role", "handover"


def holders(incident: Incident) -> dict[Role, tuple[Holder, ...]]:
    """Who has each role, the lead among them, in the order in which roles are named."""
    lead = {Role.LEAD: (incident.lead,)} if incident.lead else {}
    held = {**lead, **incident.living.roles}
    return {role: held[role] for role in Role if held.get(role)}


def tells_people(story: Unfolding, before: Incident) -> None:
    """Owe a private word to whoever was given something by somebody else; shadow mode tells
    nobody."""
    if story.by is None or story.state.mode is not Mode.LIVE:
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


def _owe(story: Unfolding, about: str, **arguments: str) -> None:
    key = ":".join((TELL, str(story.state.seq), about, *arguments.values()))
    given = MappingProxyType({"about": about, **arguments})
    story.owed.append(Owed(purpose=TELL, key=key, due_at=story.now, arguments=given))
