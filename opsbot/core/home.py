"""The Home tab: what waits for this person first, then the open incidents, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.core.card import At, Button, Card, Line, Piece, Room, Tone, Who, line
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Placement, Severity
from opsbot.core.incident import Incident
from opsbot.core.incident_card import headline
from opsbot.core.permission import DECLARER, RESPONDER, has_role
from opsbot.core.standing import Standing
from opsbot.core.text import count, inert

ON_A_PAGE = 8
MOST_WAITING = 6


def home(open_incidents: Sequence[Incident], me: Standing, page: int) -> list[tuple[Card, str]]:
    """Cards with the incident id their buttons carry; only incidents that `me` may know of are
    given in."""
    waiting = [(i, why) for i in open_incidents if (why := waits_for(i, me))]
    cards = [(_head(len(waiting)), "")]
    cards += [(_waiting(incident, why), incident.id) for incident, why in waiting[:MOST_WAITING]]
    worst = sorted(open_incidents, key=_rank)
    pages = max((len(worst) + ON_A_PAGE - 1) // ON_A_PAGE, 1)
    page = min(max(page, 0), pages - 1)
    cards.append((_list_head(len(worst), page, pages), ""))
    shown = worst[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    return [*cards, *((_listed(incident), incident.id) for incident in shown)]


def _rank(incident: Incident) -> tuple[int, int]:
    return list(Severity).index(incident.severity), -incident.number


def waits_for(incident: Incident, me: Standing) -> str:
    """Why the incident waits for this person; empty when it does not."""
    refused = incident.surface.refusals.get("channel")
    if refused is not None and has_role(DECLARER, me, incident):
        return f"its room could not be opened: {inert(refused.cure, 160)}"
    question = incident.questions.get(ALERT_CLEARED)
    leads = incident.lead is not None and incident.lead.slack_id == me.slack_id
    if question and not question.answer and (leads or has_role(RESPONDER, me, incident)):
        return "the alert cleared: is the incident over?"
    if leads and incident.impact is None:
        return "you lead it, and nobody has said what users notice"
    if incident.lead is None and has_role(DECLARER, me, incident):
        return "you declared it, and nobody leads it"
    if incident.lead is None and has_role(RESPONDER, me, incident):
        return "you were paged, and nobody leads it"
    return ""


def _head(waiting: int) -> Card:
    if not waiting:
        text = line("Nothing waits for you.", tone=Tone.QUIET)
        return Card(header="Waiting for you", lines=(text,), buttons=(_declare(),))
    return Card(
        header="Waiting for you", lines=(line(count(waiting, "incident")),), buttons=(_declare(),)
    )


def _declare() -> Button:
    return Button(action="declare", label="Declare an incident")


def _waiting(incident: Incident, why: str) -> Card:
    buttons: tuple[Button, ...] = (Button(action="menu", label="What can I do?"),)
    question = incident.questions.get(ALERT_CLEARED)
    if question and "over?" in why:
        buttons = (
            Button(action=f"resolve:closure=fixed&question={question.seq}", label="Yes, resolve",
                   primary=True),
            Button(action=f"keep:question={question.seq}", label="No, keep it open"),
        )  # fmt: skip
    elif incident.lead is None:
        buttons = (Button(action="lead:ack=yes", label="Ack and lead", primary=True), *buttons)
    elif incident.impact is None:
        buttons = (Button(action="impact", label="Set impact", primary=True), *buttons)
    return Card(header="", lines=(_name(incident), line(why)), buttons=buttons)


def _list_head(number: int, page: int, pages: int) -> Card:
    said = count(number, "open incident") if number else "No open incidents"
    shown = f", page {page + 1} of {pages}" if pages > 1 else ""
    buttons: list[Button] = []
    if page > 0:
        buttons.append(Button(action=f"home:page={page - 1}", label="Previous page"))
    if page < pages - 1:
        buttons.append(Button(action=f"home:page={page + 1}", label="Next page"))
    return Card(header="Open incidents", lines=(line(f"{said}{shown}"),), buttons=tuple(buttons))


def _listed(incident: Incident) -> Card:
    return Card(header="", lines=(_name(incident), *incident_facts(incident)))


def _name(incident: Incident) -> Line:
    return line(f"INC-{incident.number} ", headline(incident), label="")


def incident_facts(incident: Incident) -> tuple[Line, ...]:
    """Status, age, lead and room of an incident in one line."""
    pieces: list[Piece] = [str(incident.closure or incident.status)]
    if incident.opened_at:
        pieces += [", since ", At(moment=incident.opened_at)]
    lead = incident.lead
    pieces += [", lead ", Who(name=inert(lead.name, 60))] if lead else [", nobody leads"]
    surface = incident.surface
    if incident.placement is Placement.ROOM and surface.channel_id:
        pieces += [", ", Room(channel_id=surface.channel_id, name=surface.channel_name)]
    return (line(*pieces),)
