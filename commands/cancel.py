"""It was no incident: ends it without counting it."""

from opsbot.core import entry as e
from opsbot.core.asked_question import open_question
from opsbot.core.card import Line, Tone, line
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Status
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.incident_card import firing_alerts
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.status_reason import SAID_SO, reason_of
from opsbot.core.text import count
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given

LEFT_ALONE = "The pager is left alone: whatever fires there goes on paging."


def run(scene: Scene, values: Values) -> Reply:
    """End it as cancelled; no measure counts it, and the pager is not told."""
    incident = scene.here
    reason = reason_of(values["reason"], SAID_SO)
    ended = e.StatusChanged(status=Status.CANCELLED, reason=reason)
    facts = [Fact(body=ended)]
    if open_question(scene) is not None:
        facts.append(Fact(body=e.Answered(question=ALERT_CLEARED, answer="cancelled")))
    lines: list[Line] = [
        line(f"INC-{incident.number} is cancelled; no measure counts it. reopen takes it back.")
    ]
    firing = len(firing_alerts(incident))
    if firing:
        still = f"{count(firing, 'alert')} still {'fires' if firing == 1 else 'fire'}."
        lines.append(line(f"{LEFT_ALONE} {still}", tone=Tone.LOUD))
    return Reply(card=answer(*lines), facts=tuple(facts))


def form(scene: Scene, values: Values) -> Form:
    """Why it was none."""
    return Form(
        verb="cancel", title="Cancel the incident", submit="Cancel it", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro=f"For what was no incident. No measure counts it. {LEFT_ALONE}",
        fields=(
            Field(name="reason", label="Why it was none", kind=FieldKind.LONG_TEXT, required=True,
                  value=given(values, "reason"), limit=300,
                  placeholder="a load test that nobody had announced"),
        ),
    )  # fmt: skip


VERB = Verb(
    name="cancel",
    aliases=("cancelled", "canceled"),
    summary="end what was no incident; no measure counts it",
    usage='"why"',
    parameters=(Parameter(name="reason", kind=Kind.TEXT, label="reason", required=True),),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)
