"""Where an incident stands, for one person: asked for with `status`, or on coming into the room."""

from __future__ import annotations

from opsbot.core.card import Button, Card, Line, Tone, line
from opsbot.core.facts_line import incident_facts
from opsbot.core.gaps import blindnesses
from opsbot.core.incident import Incident
from opsbot.core.incident_card import headline, impact_line, suspect_lines
from opsbot.core.living_lines import latest_lines, mitigated_lines, reminder_lines, role_lines
from opsbot.core.text import inert

WHAT_CAN_I_DO = Button(action="menu", label="What can I do?")


def brief(incident: Incident, *buttons: Button) -> Card:
    """Everything to know in one screen: state, impact, roles, suspects, questions, latest words."""
    return Card(
        header=brief_header(incident), lines=brief_lines(incident),
        buttons=(*buttons, WHAT_CAN_I_DO), more=told_whole(incident),
    )  # fmt: skip


def told_whole(incident: Incident) -> str:
    """Where somebody reads more who is told in private, where no thread is."""
    return f"timeline INC-{incident.number} says what happened"


def brief_header(incident: Incident) -> str:
    """The number and what it is about."""
    return f"INC-{incident.number} {headline(incident)}"


def brief_lines(incident: Incident) -> tuple[Line, ...]:
    """The same as lines, to which more may be added."""
    lines: list[Line] = [*incident_facts(incident), impact_line(incident)]
    lines += [*mitigated_lines(incident), *role_lines(incident), *suspect_lines(incident)]
    lines += [line(q.text, label="Asked") for q in incident.questions.values() if not q.answer]
    blind = [b for b in blindnesses(incident) if b.loud]
    if blind:
        kinds = ", ".join(dict.fromkeys(b.kind for b in blind))
        lines.append(line(f"evidence that cannot be relied on: {kinds}", label="Blind"))
    lines += [*latest_lines(incident), *reminder_lines(incident)]
    refused = [r.cure for r in incident.surface.refusals.values() if r.gives_up]
    lines += [line(inert(cure, 200), label="Trouble", tone=Tone.LOUD) for cure in refused[:2]]
    return tuple(lines)
