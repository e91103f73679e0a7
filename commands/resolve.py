"""The incident is over: ends it here and at the pager."""

from opsbot.core import entry as e
from opsbot.core.asked_question import ANSWERED, QUESTION, is_stale, open_question
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Closure, Mode, Status
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.incident_card import firing_alerts
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.status_reason import SAID_OVER, reason_of
from opsbot.core.text import count
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse

CLOSURES = {
    "fixed": Closure.FIXED,
    "self-recovered": Closure.SELF_RECOVERED,
    "false-alarm": Closure.FALSE_ALARM,
    "duplicate": Closure.DUPLICATE,
    "external": Closure.EXTERNAL,
}


def run(scene: Scene, values: Values) -> Reply:
    """End it, answer the question whether it is over, and resolve what still fires."""
    incident = scene.here
    if is_stale(scene, values):
        return refuse(ANSWERED)
    closure = CLOSURES.get(str(values.get("closure", "")), Closure.FIXED)
    reason = reason_of(values.get("reason"), SAID_OVER)
    ended = e.StatusChanged(status=Status.RESOLVED, reason=reason, closure=closure)
    facts = [Fact(body=ended)]
    if open_question(scene) is not None:
        facts.append(Fact(body=e.Answered(question=ALERT_CLEARED, answer="resolve")))
    said = f"INC-{incident.number} is resolved: {closure}."
    firing = len(firing_alerts(incident))
    if firing and _tells_pager(scene):
        said += f" {count(firing, 'alert')} at the pager will be resolved in your name."
    return Reply(card=answer(said), facts=tuple(facts))


def _tells_pager(scene: Scene) -> bool:
    """In shadow mode nothing is written anywhere."""
    return scene.rules.tells_pager and scene.here.mode is Mode.LIVE


def form(scene: Scene, values: Values) -> Form:
    """How it ended."""
    choices = tuple(Choice(value=word, label=closure) for word, closure in CLOSURES.items())
    return Form(
        verb="resolve", title="Resolve the incident", submit="Resolve", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="Alerts that still fire are resolved at the pager in your name."
        if _tells_pager(scene) else "Alerts that still fire are left as they are at the pager.",
        fields=(
            Field(name="closure", label="How it ended", kind=FieldKind.CHOICE, choices=choices,
                  value=given(values, "closure") or "fixed", required=True),
            Field(name="reason", label="What fixed it", kind=FieldKind.LONG_TEXT, limit=300,
                  value=given(values, "reason")),
        ),
    )  # fmt: skip


VERB = Verb(
    name="resolve",
    aliases=("fixed",),
    summary="end the incident, here and at the pager",
    usage='[fixed|self-recovered|false-alarm|duplicate|external] ["what fixed it"]',
    parameters=(
        Parameter(name="closure", kind=Kind.CHOICE, label="how it ended", choices=tuple(CLOSURES)),
        Parameter(name="reason", kind=Kind.TEXT, label="reason"),
        QUESTION,
    ),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)
