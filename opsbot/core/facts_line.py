"""Where an incident stands, in one line of a list."""

from __future__ import annotations

from opsbot.core.card import At, Line, Piece, Room, Who, line
from opsbot.core.entry import Placement
from opsbot.core.incident import Incident
from opsbot.core.text import inert


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
