"""How bad it is: sets the severity, here and as the priority at the pager."""

from opsbot.core import entry as e
from opsbot.core.entry import Severity
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse

MEANS = {
    Severity.SEV1: "critical: most users cannot work",
    Severity.SEV2: "major: many users are hit",
    Severity.SEV3: "minor: some users, or a workaround exists",
    Severity.SEV4: "small: hardly anybody notices",
    Severity.SEV5: "cosmetic, or a question",
}


def run(scene: Scene, values: Values) -> Reply:
    """Set it; the same severity again changes nothing."""
    incident, severity = scene.here, values["severity"]
    if not isinstance(severity, Severity):
        return refuse("That is no severity: sev1 is worst, sev5 the least.")
    if severity is incident.severity:
        return Reply(card=answer(f"INC-{incident.number} is {severity} already."))
    reason = inert(str(values.get("reason", "")), 300) or "a responder said so"
    fact = Fact(body=e.SeverityChanged(severity=severity, reason=reason))
    said = f"INC-{incident.number} is {severity} now (was {incident.severity})."
    return Reply(card=answer(said), facts=(fact,), undo=True)


def form(scene: Scene, values: Values) -> Form:
    """Choose a severity; when unsure, the worse one."""
    choices = tuple(Choice(value=s, label=f"{s}: {MEANS[s]}") for s in MEANS)
    held = scene.here.severity
    return Form(
        verb="severity",
        title="Set the severity",
        submit="Set",
        incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        fields=(
            Field(
                name="severity",
                label="Severity",
                kind=FieldKind.CHOICE,
                choices=choices,
                value=given(values, "severity") or ("" if held is Severity.UNSET else held),
                required=True,
                hint="When unsure, take the worse one and argue later.",
            ),
            Field(name="reason", label="Why", value=given(values, "reason"), limit=300),
        ),
    )


VERB = Verb(
    name="severity",
    aliases=("sev",),
    summary="set how bad it is",
    usage='sev2 ["why"]',
    parameters=(
        Parameter(name="severity", kind=Kind.SEVERITY, label="severity", required=True, bare=True),
        Parameter(name="reason", kind=Kind.TEXT, label="reason"),
    ),
    changes=True,
    when_over=False,
    form=form,
    form_first=True,
    run=run,
)
