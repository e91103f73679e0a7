"""What to say when an invocation could not be understood: what is wrong, and what to type."""

from __future__ import annotations

from urllib.parse import urlencode

from opsbot.core.card import Button, Card, Strong, line
from opsbot.core.incident import Incident
from opsbot.core.incident_card import headline
from opsbot.core.reading import Reading
from opsbot.core.rules import Rules
from opsbot.core.verb import answer

_LONGEST_ACTION = 200  # characters of a button's action id; Slack takes 255


def not_understood(reading: Reading, rules: Rules) -> Card:
    """Name every problem; an unknown verb gets the nearest one, or an offer to declare."""
    root = rules.commands[0] if rules.commands else "/incident"
    verb = reading.verb
    if verb is not None:
        lines = [line(problem.sentence) for problem in reading.problems]
        usage = f"{root} {verb.name} {verb.usage}".strip()
        return answer(*lines, line("Type ", Strong(text=usage)))
    buttons: list[Button] = []
    words = [line("I know no verb ", Strong(text=f"“{reading.word}”"), ".")]
    if reading.did_you_mean:
        words.append(line("Did you mean ", Strong(text=f"{root} {reading.did_you_mean}"), "?"))
    elif reading.prose:
        action = "declare:" + urlencode({"title": reading.prose})
        if len(action) <= _LONGEST_ACTION:
            buttons.append(Button(action=action, label="Declare an incident with these words"))
    words.append(line(f"{root} help shows what you can do here."))
    return answer(*words, buttons=tuple(buttons))


def which_incident(reading: Reading, unseen: str, known: tuple[Incident, ...]) -> Card:
    """The verb needs an incident and none was named."""
    name = reading.verb.name if reading.verb else ""
    if unseen:
        return answer(f"There is no {unseen} that you can see; nothing was done.")
    if not known:
        return answer("There is no open incident that you can see; `declare` opens one.")
    first = line(f"Which incident? Say it in its room, or add its number: {name} "
                 f"INC-{known[-1].number}")  # fmt: skip
    return answer(first, *(line(f"INC-{i.number} ", headline(i)) for i in known[-5:]))
