"""It is not over after all: opens the incident again, with its room and everybody in it."""

from opsbot.core import entry as e
from opsbot.core.card import Line, Tone, line
from opsbot.core.form import Field, Form
from opsbot.core.lifecycle import REOPENS_TO, why_not_reopened
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.status_reason import NOT_OVER, reason_of
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse


def run(scene: Scene, values: Values) -> Reply:
    """From resolved, closed and cancelled; what was merged goes on elsewhere."""
    incident = scene.here
    if why := why_not_reopened(incident):
        return refuse(why)
    reason = reason_of(values.get("reason"), NOT_OVER)
    lines: list[Line] = [
        line(f"INC-{incident.number} is open again: {REOPENS_TO}."),
        line("At the pager nothing is reopened.", tone=Tone.QUIET),
    ]
    if incident.living.mitigated is not None:
        lines.append(line("It no longer stands as mitigated: mitigate says so again."))
    fact = Fact(body=e.StatusChanged(status=REOPENS_TO, reason=reason))
    return Reply(card=answer(*lines), facts=(fact,))


def form(scene: Scene, values: Values) -> Form:
    """Why."""
    return Form(
        verb="reopen",
        title="Reopen the incident",
        submit="Reopen",
        incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="Room, roles and timeline go on. At the pager nothing is reopened.",
        fields=(Field(name="reason", label="Why", value=given(values, "reason"), limit=300),),
    )


VERB = Verb(
    name="reopen",
    summary="open an incident again that is over",
    usage='["why"]',
    parameters=(Parameter(name="reason", kind=Kind.TEXT, label="reason"),),
    changes=True,
    when_open=False,
    form=form,
    form_first=True,
    run=run,
)
