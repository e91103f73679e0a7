"""The Home tab: what waits for this person first, then the open incidents, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from opsbot.core.card import Button, Card, Tone, line
from opsbot.core.entry import Severity
from opsbot.core.facts_line import incident_facts
from opsbot.core.incident import Incident
from opsbot.core.rules import Rules
from opsbot.core.standing import Standing
from opsbot.core.text import count
from opsbot.core.waiting import name_line, waiting

ON_A_PAGE = 8


def home(
    open_incidents: Sequence[Incident], me: Standing, page: int, *, today: date, rules: Rules,
    ended: Sequence[Incident] = (),
) -> list[tuple[Card, str]]:  # fmt: skip
    """Cards with the incident id their buttons carry; only incidents that `me` may know of are
    given in. `ended` are finished ones, whose follow-ups may still wait."""
    waits = waiting(open_incidents, ended, me, today, rules)
    cards = [(_head(waits.said), ""), *waits.cards]
    worst = sorted(open_incidents, key=_rank)
    pages = max((len(worst) + ON_A_PAGE - 1) // ON_A_PAGE, 1)
    page = min(max(page, 0), pages - 1)
    cards.append((_list_head(len(worst), page, pages), ""))
    shown = worst[page * ON_A_PAGE : (page + 1) * ON_A_PAGE]
    return [*cards, *((_listed(incident), incident.id) for incident in shown)]


def _rank(incident: Incident) -> tuple[int, int]:
    return list(Severity).index(incident.severity), -incident.number


def _head(said: str) -> Card:
    shown = line(said) if said else line("Nothing waits for you.", tone=Tone.QUIET)
    declare = Button(action="declare", label="Declare an incident")
    return Card(header="Waiting for you", lines=(shown,), buttons=(declare,))


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
    return Card(header="", lines=(name_line(incident), *incident_facts(incident)))
