"""Be left in peace: no reminder of an update for a while, or none at all."""

from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.card import At, line
from opsbot.core.moment import LATEST, shifted
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer

USUAL = timedelta(minutes=30)
OFF, ON = "off", "on"


def run(scene: Scene, values: Values) -> Reply:
    """No reminder before a moment; `off` for none at all, `on` for the usual ones again."""
    incident, wanted, length = scene.here, values.get("reminders"), values.get("length")
    if wanted == OFF:
        fact = Fact(body=e.CadenceSnoozed(until=LATEST))
        said = line(f"Nobody is reminded of updates of INC-{incident.number} any more; "
                    "snooze on turns that round.")  # fmt: skip
        return Reply(card=answer(said), facts=(fact,))
    if wanted == ON:
        fact = Fact(body=e.CadenceSnoozed(until=scene.now))
        return Reply(card=answer("Updates are reminded of again."), facts=(fact,))
    until = shifted(scene.now, length if isinstance(length, timedelta) else USUAL)
    fact = Fact(body=e.CadenceSnoozed(until=until))
    return Reply(card=answer(line("No reminder before ", At(moment=until), ".")), facts=(fact,))


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
