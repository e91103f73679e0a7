"""Be left in peace: no reminder of an update for a while, or none at all."""

from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.cadence import cadence_of
from opsbot.core.card import At, Line, line
from opsbot.core.moment import LATEST, shifted
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, refuse

USUAL = timedelta(minutes=30)
OFF, ON = "off", "on"
DATED = "date_time"


def run(scene: Scene, values: Values) -> Reply:
    """No reminder before a moment; `off` for none at all, `on` for the usual ones again."""
    incident, wanted, length = scene.here, values.get("reminders"), values.get("length")
    lead, name = incident.lead, f"INC-{incident.number}"
    if lead is not None and lead.slack_id != scene.me.slack_id:
        return refuse(f"{inert(lead.name, 60)} leads {name} and is the one who is reminded; only "
                      "they can change that.")  # fmt: skip
    if wanted == OFF:
        until = LATEST
        said = line(f"Nobody is reminded of updates of {name} any more; snooze on brings the "
                    "reminders back.")  # fmt: skip
    elif wanted == ON:
        until, said = scene.now, line(f"Reminders of updates of {name} are on again.")
    else:
        until = shifted(scene.now, length if isinstance(length, timedelta) else USUAL)
        said = line(f"No reminder of an update of {name} before ", At(moment=until, style=DATED),
                    ".")  # fmt: skip
    lines: list[Line | str] = [said]
    if cadence_of(incident, scene.rules) is None:
        lines.append("There are none just now: no updates are asked for at this severity.")
    return Reply(card=answer(*lines), facts=(Fact(body=e.CadenceSnoozed(until=until)),))


VERB = Verb(
    name="snooze",
    summary="be reminded of an update later, or not at all",
    usage="[30m|off|on]",
    parameters=(
        Parameter(name="length", kind=Kind.DURATION, label="how long"),
        Parameter(name="reminders", kind=Kind.CHOICE, label="reminders",
                  choices=("off", "stop=off", "on", "resume=on")),
    ),
    changes=True,
    when_over=False,
    hidden=True,
    run=run,
)  # fmt: skip
