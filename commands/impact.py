"""What users notice, and since when."""

from opsbot.core import entry as e
from opsbot.core.card import At, line
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.said_back import read_as
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given
from opsbot.core.when import Moment


def run(scene: Scene, values: Values) -> Reply:
    """Set the impact; what is not said again is kept."""
    incident, at = scene.here, values.get("since")
    held, onset = incident.impact, incident.living.onset
    text = str(values.get("text", "")).strip() or (held.text if held else "")
    since = at.at if isinstance(at, Moment) else (onset.at if onset else None)
    if held and (text, since) == (held.text, held.since):
        return Reply(card=answer("The impact stands so already."))
    said = [line(f"The impact of INC-{incident.number} is set.")]
    if isinstance(at, Moment):
        said += [line("It began ", At(moment=at.at, style="date_time"), "."), read_as(at)]
    return Reply(
        card=answer(*said), facts=(Fact(body=e.ImpactSet(text=text, since=since)),), undo=True
    )


def form(scene: Scene, values: Values) -> Form:
    """Say what users notice."""
    held, onset = scene.here.impact, scene.here.living.onset
    began = f"{onset.at:%Y-%m-%dT%H:%MZ}" if onset else ""
    since, text = given(values, "since") or began, given(values, "text")
    return Form(
        verb="impact", title="Set the impact", submit="Set", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        fields=(
            Field(name="text", label="What users notice", kind=FieldKind.LONG_TEXT, required=True,
                  value=text or (held.text if held else ""), limit=600,
                  placeholder="31 % of logins fail (usually 0.2 %), all regions"),
            Field(name="since", label="Since", value=since, hint="Such as 13:58, 13:58Z or -20m."),
        ),
    )  # fmt: skip


VERB = Verb(
    name="impact",
    summary="say what users notice, and since when",
    usage='"31 % of logins fail" [since 13:58]',
    parameters=(
        Parameter(name="text", kind=Kind.TEXT, label="impact", required=True),
        Parameter(name="since", kind=Kind.MOMENT, label="since"),
    ),
    changes=True,
    form=form,
    form_first=True,
    run=run,
)
