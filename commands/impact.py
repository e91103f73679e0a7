"""What users notice, and since when."""

from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.act_permission import verbs_of, why_not
from opsbot.core.card import At, Tone, line
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.said_back import read_as
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse
from opsbot.core.when import Moment

NOT_SET = "When it began was not set."


def run(scene: Scene, values: Values) -> Reply:
    """Set the impact; what is not said again is kept. Since when is for who may say `onset`."""
    incident, at = scene.here, values.get("since")
    held, onset = incident.impact, incident.living.onset
    text = str(values.get("text", "")).strip() or (held.text if held else "")
    known = onset.at if onset else None
    since = _meant(at, known)
    wanted = e.ImpactSet(text=text, since=since)
    verbs = verbs_of((wanted,), incident)
    limited = why_not(verbs, scene.me, incident, scene.rules, asked="impact")
    if limited:
        wanted = e.ImpactSet(text=text, since=known)
    if held and (wanted.text, wanted.since) == (held.text, held.since):
        same = "The impact stands so already."
        return refuse(f"{NOT_SET} {limited}") if limited else Reply(card=answer(same))
    said = [line(f"The impact of INC-{incident.number} is set.")]
    if limited:
        said.append(line(f"{NOT_SET} {limited}", tone=Tone.LOUD))
    elif isinstance(at, Moment) and since is not None:
        said += [line("It began ", At(moment=since, style="date_time"), "."), read_as(at)]
    return Reply(card=answer(*said), facts=(Fact(body=wanted),), undo=True)


def _meant(at: object, known: datetime | None) -> datetime | None:
    """The form shows whole minutes: the minute that it began in is no other beginning."""
    if not isinstance(at, Moment):
        return known
    same = known is not None and at.at == known.replace(second=0, microsecond=0)
    return known if same else at.at


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
