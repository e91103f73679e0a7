"""Where the incident stands, in one screen; or sets how far the response has come."""

from opsbot.core import entry as e
from opsbot.core.brief import brief
from opsbot.core.entry import Status
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, refuse

BY_HAND = (Status.TRIAGE, Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)


def run(scene: Scene, values: Values) -> Reply:
    """Show the brief, or set the status that was named."""
    incident, status = scene.here, values.get("status")
    if not isinstance(status, Status):
        return Reply(card=brief(incident))
    if status is incident.status:
        return Reply(card=answer(f"INC-{incident.number} is {status} already."))
    if status not in BY_HAND:
        return refuse("To end an incident, use resolve; it asks how it ended.")
    if incident.status.is_over:
        return refuse(f"INC-{incident.number} is over; a page that fires again reopens it.")
    reason = inert(str(values.get("reason", "")), 300) or "a responder said so"
    fact = Fact(body=e.StatusChanged(status=status, reason=reason))
    said = f"INC-{incident.number} is {status} now (was {incident.status})."
    return Reply(card=answer(said), facts=(fact,), undo=True)


VERB = Verb(
    name="status",
    summary="show where it stands, or set it",
    usage='[identified ["why"]]',
    parameters=(
        Parameter(name="status", kind=Kind.STATUS, label="status"),
        Parameter(name="reason", kind=Kind.TEXT, label="reason"),
    ),
    changes=True,
    run=run,
)
