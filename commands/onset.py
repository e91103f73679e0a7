"""When it began for users: a person's judgement, which durations are measured from."""

from opsbot.core import entry as e
from opsbot.core.card import At, Line, Tone, line
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.said_back import read_as
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse
from opsbot.core.when import Moment


def run(scene: Scene, values: Values) -> Reply:
    """Set it, or correct it; cards, timeline and measures follow."""
    incident, at = scene.here, values["at"]
    if not isinstance(at, Moment):
        return refuse("Say when it began: onset 13:58.")
    said = inert(str(values.get("why", "")).strip(), 600)
    held, mitigated = incident.living.onset, incident.living.mitigated
    if held and held.at == at.at and said in ("", held.said):
        return Reply(card=answer(f"INC-{incident.number} stands so already."))
    lines: list[Line] = [
        line(f"INC-{incident.number} began ", At(moment=at.at, style="date_time"), "."),
        read_as(at),
    ]
    if held is not None:
        lines.append(line("Before, it was ", At(moment=held.at, style="date_time"), "."))
    if mitigated is not None and mitigated.at < at.at:
        lines.append(line("It was mitigated before that, ",
                          At(moment=mitigated.at, style="date_time"),
                          ": one of the two times is wrong.", tone=Tone.LOUD))  # fmt: skip
    fact = Fact(body=e.OnsetSet(at=at.at, said=said), at=at.at)
    return Reply(card=answer(*lines), facts=(fact,), undo=True)


def form(scene: Scene, values: Values) -> Form:
    """When, and what tells so."""
    held = scene.here.living.onset
    return Form(
        verb="onset", title="When it began", submit="Set", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="When users began to notice, which may be long before the page.",
        fields=(
            Field(name="at", label="Since", required=True, hint="Such as 13:58, 13:58Z or -20m.",
                  value=given(values, "at") or (f"{held.at:%Y-%m-%dT%H:%MZ}" if held else "")),
            Field(name="why", label="What tells so", kind=FieldKind.LONG_TEXT, limit=600,
                  value=given(values, "why"), placeholder="first failed login in the logs"),
        ),
    )  # fmt: skip


VERB = Verb(
    name="onset",
    aliases=("began", "started"),
    summary="say when it began for users, or correct that",
    usage='13:58 ["what tells so"]',
    parameters=(
        Parameter(name="at", kind=Kind.MOMENT, label="time", required=True),
        Parameter(name="why", kind=Kind.TEXT, label="what tells so"),
    ),
    changes=True,
    form=form,
    form_first=True,
    run=run,
)
