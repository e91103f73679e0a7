"""The small menu behind a bare `/incident` and behind More: what can be done now, as buttons."""

from opsbot.core.available import available
from opsbot.core.card import Button, Card, Line, line
from opsbot.core.entry import Placement
from opsbot.core.facts_line import incident_facts
from opsbot.core.incident import Incident
from opsbot.core.incident_card import headline
from opsbot.core.verb import Needs, Reply, Scene, Values, Verb

LABELS = {
    "severity": "Severity...", "impact": "Impact...", "note": "Note...",
    "resolve": "Resolve...", "why": "Why these suspects?", "timeline": "Timeline",
    "evidence": "Evidence", "status": "Where it stands", "room": "Open a room",
    "declare": "Declare an incident...", "list": "Open incidents", "help": "Help",
    "update": "Post an update...", "role": "Roles...", "mitigate": "Mitigated...",
    "onset": "When it began...", "handover": "Hand over...", "followup": "Add a follow-up...",
    "brief": "Catch me up", "reopen": "Reopen...", "cancel": "Cancel...",
}  # fmt: skip
# In the order of how often they are wanted at three in the morning; more do not fit into one block
# (`opsbot/cards/limits.py`), and help names the others.
OPEN = ("update", "note", "severity", "impact", "status", "role", "mitigate", "resolve", "brief",
        "why", "followup", "room", "cancel", "help")  # fmt: skip
OVER = ("followup", "brief", "note", "timeline", "impact", "onset", "mitigate", "status", "why",
        "evidence", "reopen", "help")  # fmt: skip


def run(scene: Scene, values: Values) -> Reply:
    """Offer what this person may do about the incident of this place, or without one."""
    incident = scene.incident
    can = {verb.name for verb in available(scene)[0]}
    if incident is None:
        buttons = _buttons(("declare", "list", "help"), can)
        lines: tuple[Line, ...] = (line("No incident lives in this channel."),)
        return Reply(card=Card(header="opsbot", lines=lines, buttons=buttons))
    names = [*(OVER if incident.status.is_over else OPEN)]
    if incident.placement is Placement.ROOM and "room" in names:
        names.remove("room")
    head = f"INC-{incident.number} {headline(incident)}"
    buttons = (*_lead(incident, scene.me.slack_id, can), *_buttons(tuple(names), can))
    return Reply(card=Card(header=head, lines=incident_facts(incident), buttons=buttons))


def _lead(incident: Incident, me: str, can: set[str]) -> tuple[Button, ...]:
    """Taking the lead is one press; giving it to somebody else asks to whom."""
    if "lead" not in can:
        return ()
    give = Button(action="lead", label="Give the lead..." if incident.lead else "Lead...")
    if incident.lead and incident.lead.slack_id == me:
        hand = (Button(action="handover", label=LABELS["handover"]),) if "handover" in can else ()
        return (*hand, give)
    return (Button(action="lead:person=me", label="Take the lead", primary=True), give)


def _buttons(names: tuple[str, ...], can: set[str]) -> tuple[Button, ...]:
    return tuple(
        Button(action=name, label=LABELS[name], primary=name == "declare")
        for name in names
        if name in can
    )


VERB = Verb(
    name="menu", summary="offer what can be done now", needs=Needs.NOTHING, hidden=True, run=run
)
