"""Where the incident stands, in one screen; or sets how far the response has come."""

from opsbot.core import entry as e
from opsbot.core.brief import brief
from opsbot.core.card import Button
from opsbot.core.entry import Status
from opsbot.core.incident import Incident
from opsbot.core.lifecycle import allowed_next, why_not
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Show the brief, or set the status that was named."""
    incident, status = scene.here, values.get("status")
    if not isinstance(status, Status):
        return Reply(card=brief(incident, *_next(incident)))
    if status is incident.status:
        return Reply(card=answer(f"INC-{incident.number} is {status} already."))
    if why := why_not(incident, status):
        return refuse(why)
    reason = inert(str(values.get("reason", "")), 300) or "a responder said so"
    closure = incident.closure if status.is_over else None
    fact = Fact(body=e.StatusChanged(status=status, reason=reason, closure=closure))
    said = f"INC-{incident.number} is {status} now (was {incident.status})."
    return Reply(card=answer(said), facts=(fact,), undo=True)


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
