"""Where an incident stands, for one person: asked for with `status`, or on coming into the room."""

from __future__ import annotations

from opsbot.core.card import At, Button, Card, Line, Tone, line
from opsbot.core.gaps import blindnesses
from opsbot.core.home import incident_facts
from opsbot.core.incident import Incident
from opsbot.core.incident_card import headline, impact_line, suspect_lines, words_by
from opsbot.core.moment import lasting
from opsbot.core.text import cut, inert


def brief(incident: Incident) -> Card:
    """Everything to know in one screen: state, impact, lead, suspects, questions, latest words."""
    lines: list[Line] = [*incident_facts(incident)]
    lines.append(impact_line(incident))
    lines += suspect_lines(incident)
    lines += [line(q.text, label="Asked") for q in incident.questions.values() if not q.answer]
    blind = [b for b in blindnesses(incident) if b.loud]
    if blind:
        kinds = ", ".join(dict.fromkeys(b.kind for b in blind))
        lines.append(line(f"evidence that cannot be relied on: {kinds}", label="Blind"))
    if incident.last_note:
        note = incident.last_note
        lines.append(line(f"“{cut(inert(note.text, 300), 200)}” - ", *words_by(note), " ",
                          At(moment=note.at), label="Latest"))  # fmt: skip
    refused = [r.cure for r in incident.surface.refusals.values() if r.gives_up]
    lines += [line(inert(cure, 200), label="Trouble", tone=Tone.LOUD) for cure in refused[:2]]
    if incident.over_at and incident.opened_at:
        lines.append(line(f"over after {lasting(incident.over_at - incident.opened_at)}"))
    return Card(
        header=f"INC-{incident.number} {headline(incident)}", lines=tuple(lines),
        buttons=(Button(action="menu", label="What can I do?"),),
    )  # fmt: skip
