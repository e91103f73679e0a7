"""Tell one person in private what concerns them: a role, a lead to take over, a page of theirs. In
a direct message, because it has to reach somebody who may not be looking at the room."""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.core import entry as e
from opsbot.core.card import Card, line
from opsbot.core.direct import DIRECT, HANDOVER
from opsbot.core.entry import Draft, Role
from opsbot.core.incident import Incident
from opsbot.core.page_posts import page_reported
from opsbot.core.people import OPSBOT
from opsbot.core.private_words import offer_card, role_card
from opsbot.core.telling import PAGE, TELL, holders
from opsbot.core.verb import answer
from opsbot.flows.direct_message import say_once
from opsbot.ports import Ports, Refused, Steps, Unsure

ASK = "Slack did not say whether they were told in private; ask them."


async def tell_person(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when they were told or need not be any more, else when to try again."""
    incident_id, to, people = arguments["incident_id"], arguments["to"], ports.people
    key = arguments["key"]

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        card = await _card(ports, incident, arguments)
        if card is None or people is None:
            return None
        slot = DIRECT + key.removeprefix(f"{incident_id}:{TELL}:")
        outcome = await say_once(ports, people, incident, to, card, slot=slot, claim=key)
        match outcome:
            case Refused(retry_after=wait) if wait is not None:
                return max(wait.total_seconds(), 1.0)
            case Refused():
                await _untold(ports, incident, key, outcome)
            case Unsure(reason=reason):
                await _untold(ports, incident, key, Refused(error=reason, cure=ASK))
            case _:
                pass
        return None

    return await steps.run("tell a person", step)


async def _card(ports: Ports, incident: Incident, arguments: Mapping[str, str]) -> Card | None:
    """What they are told, as the record has it by now; None when it holds no more."""
    if arguments["about"] == PAGE:
        return _of_page(incident, int(arguments["page"]))
    if incident.status.is_over:
        return None
    to = arguments["to"]
    if arguments["about"] == HANDOVER:
        offer = incident.living.offer
        if offer is None or str(offer.seq) != arguments["offer"]:
            return None
        return offer_card(incident, offer, await ports.record.entries(incident.id))
    role = Role(arguments["role"])
    if all(one.slack_id != to for one in holders(incident).get(role, ())):
        return None
    return role_card(incident, role, to, await ports.record.entries(incident.id))


def _of_page(incident: Incident, seq: int) -> Card | None:
    page = next((one for one in incident.living.pages if one.seq == seq), None)
    if page is None:
        return None
    said = page_reported(page, hidden=page.seq in incident.unsaid)
    return answer(line(f"INC-{incident.number}: ", *said))


async def _untold(ports: Ports, incident: Incident, key: str, refused: Refused) -> None:
    """That somebody could not be told stands on the timeline, with what to do about it."""
    body = e.SurfaceRefused(
        move="direct message", error=refused.error, cure=refused.cure, gives_up=False
    )
    draft = Draft(
        key=f"untold:{key}", occurred_at=ports.clock.now(), actor=OPSBOT, source="slack", body=body
    )
    await ports.record.append(incident.id, [draft])
