"""Where the incident stands, in one screen; or sets how far the response has come."""

from opsbot.core import entry as e
from opsbot.core.brief import brief
from opsbot.core.card import Button
from opsbot.core.entry import Status
from opsbot.core.incident import Incident
from opsbot.core.lifecycle import BY_HAND, allowed_next, why_not
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.status_reason import SAID_SO, reason_of
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Show the brief, or set the status that was named."""
    incident, status = scene.here, values.get("status")
    typed = str(values.get("reason", "")).strip()
    if not isinstance(status, Status):
        return _unknown(typed) if typed else Reply(card=brief(incident, *_next(incident)))
    if status is incident.status and (status.is_over or not typed):
        return Reply(card=answer(f"INC-{incident.number} is {status} already."))
    if status is not incident.status and (why := why_not(incident, status)):
        return refuse(why)
    closure = incident.closure if status.is_over else None
    body = e.StatusChanged(status=status, reason=reason_of(typed, SAID_SO), closure=closure)
    said = f"INC-{incident.number} is {status} now (was {incident.status})."
    if status is incident.status:
        said = f"INC-{incident.number} was {status} already; your words are on the timeline."
    return Reply(card=answer(said), facts=(Fact(body=body),), undo=True)


def _unknown(typed: str) -> Reply:
    """Words that name no status would be a reason without anything to be a reason for."""
    if typed.casefold().startswith("mitigat"):
        return refuse("Mitigated is a time and no status: mitigate says since when.")
    known = ", ".join((*BY_HAND, Status.CLOSED))
    return refuse(f"I do not know the status “{inert(typed, 60)}”. It can be {known}; to end the "
                  "incident, use resolve.")  # fmt: skip


def _next(incident: Incident) -> tuple[Button, ...]:
    """What it can be set to from here, one press each."""
    return tuple(
        Button(action=f"status:status={status}",
               label="Close" if status is Status.CLOSED else status.capitalize())
        for status in allowed_next(incident)
    )  # fmt: skip


VERB = Verb(
    name="status",
    summary="show where it stands, or set it",
    usage='[triage|investigating|identified|monitoring|closed ["why"]]',
    parameters=(
        Parameter(name="status", kind=Kind.STATUS, label="status"),
        Parameter(name="reason", kind=Kind.TEXT, label="reason"),
    ),
    changes=True,
    run=run,
)
