"""The incident's one message in the digest channel."""

from __future__ import annotations

from opsbot.core.announcement import who
from opsbot.core.card import At, Button, Card, Line, Piece, Room, Tone, Who, line
from opsbot.core.entry import Placement
from opsbot.core.incident import Incident
from opsbot.core.incident_card import footer, headline, status_word
from opsbot.core.moment import lasting, plausible
from opsbot.core.postmortem_card import postmortem_line
from opsbot.core.text import cut, inert


def digest_card(incident: Incident, alone: bool) -> Card:
    """The incident's one line in the digest channel, edited in place.

    `alone` says that the incident has no other place, and offers to open one.
    """
    pieces: list[Piece] = [f"{status_word(incident)}"]
    if incident.status.is_over and incident.over_at and incident.opened_at:
        length = plausible(incident.over_at, incident.over_at) - plausible(
            incident.opened_at, incident.over_at
        )
        pieces.append(f" after {lasting(length)}")
    elif incident.opened_at:
        pieces += [", open since ", At(moment=incident.opened_at)]
    surface = incident.surface
    if surface.channel_id and surface.abandoned:
        pieces.append(f" · #{surface.channel_name} was archived by somebody")
    elif surface.channel_id:
        pieces += [" · ", Room(channel_id=surface.channel_id, name=surface.channel_name)]
    if incident.lead and not incident.status.is_over:
        pieces += [" · lead ", Who(name=inert(incident.lead.name, 60))]
    lines = [line(*pieces), *_digest_note(incident)]
    if alone and incident.route_reason:
        lines.append(line(f"no room: {inert(incident.route_reason, 160)}", tone=Tone.QUIET))
    open_room = Button(action="room", label="Open room")
    offered = alone and not incident.status.is_over and incident.placement is Placement.DIGEST
    return Card(
        header=headline(incident),
        lines=tuple(lines),
        footer=(footer(incident),),
        buttons=(open_room,) if offered else (),
        struck=incident.status.is_over,
    )


def _digest_note(incident: Incident) -> tuple[Line, ...]:
    acked = incident.acknowledged_by
    told: list[Line] = []
    if acked and acked.is_person and not incident.status.is_over and incident.lead is None:
        told.append(line("acknowledged by ", who(acked)))
    if incident.impact and incident.impact.text:
        told.append(line(cut(inert(incident.impact.text, 300), 160), label="Impact"))
    if incident.living.update and not incident.status.is_over:
        told.append(line(cut(inert(incident.living.update.text, 300), 160), label="Update"))
    return (*told, *postmortem_line(incident))
