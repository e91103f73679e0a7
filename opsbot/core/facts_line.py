"""Where an incident stands, in one line of a list."""

from __future__ import annotations

from opsbot.core.card import At, Line, Piece, Room, Who, line
from opsbot.core.entry import Placement
from opsbot.core.incident import Incident
from opsbot.core.moment import lasting, plausible
from opsbot.core.text import inert


def incident_facts(incident: Incident) -> tuple[Line, ...]:
    """Status, age, lead and room of an incident in one line."""
    pieces: list[Piece] = [*state_pieces(incident)]
    lead = incident.lead
    pieces += [", lead ", Who(name=inert(lead.name, 60))] if lead else [", nobody leads"]
    surface = incident.surface
    if incident.placement is Placement.ROOM and surface.channel_id:
        pieces += [", ", Room(channel_id=surface.channel_id, name=surface.channel_name)]
    return (line(*pieces),)


def state_pieces(incident: Incident) -> tuple[Piece, ...]:
    """Where it stands, and when it was opened: a status may be younger than that."""
    opened, over = incident.opened_at, incident.over_at
    if opened is None:
        return (str(incident.closure or incident.status),)
    if not incident.status.is_over or over is None:
        return (f"{incident.status}, open since ", At(moment=opened, style="date_time"))
    length = lasting(plausible(over, over) - plausible(opened, over))
    word = incident.closure or incident.status
    return (f"{word} after {length}, opened ", At(moment=opened, style="date_time"))
