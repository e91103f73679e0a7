"""What people know now, for everybody: posted in the room as one message, with the time of the
next. The words for customers stand apart."""

from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.ahead import typed_length
from opsbot.core.cadence import cadence_of
from opsbot.core.card import At, Line, Tone, line
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.moment import shifted
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.update_text import LONGEST, shortened
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Post it; without a word about the next one, the severity's cadence says when."""
    incident = scene.here
    written, outside = (str(values.get(name, "")).strip() for name in ("text", "external"))
    text, external = shortened(written), shortened(outside)
    if not text:
        return refuse("There are no words to post.")
    length = values.get("next")
    wanted = length if isinstance(length, timedelta) else cadence_of(incident, scene.rules)
    open_still = wanted is not None and not incident.status.is_over
    next_by = shifted(scene.now, wanted) if wanted and open_still else None
    body = e.UpdatePosted(text=text, next_by=next_by, external=external)
    where = "in the room" if incident.surface.channel_id else "on its card"
    lines: list[Line] = [line(f"Your update of INC-{incident.number} stands {where}.")]
    if next_by is not None:
        lines.append(line("The next one is promised for ", At(moment=next_by), "."))
    if (text, external) != (written, outside):
        lines.append(line(f"It was cut after {LONGEST:,} characters; post the rest as another.",
                          tone=Tone.LOUD))  # fmt: skip
    if external:
        lines.append(line("The words for customers stand apart; opsbot sends them nowhere."))
    return Reply(card=answer(*lines), facts=(Fact(body=body),), undo=True)


def form(scene: Scene, values: Values) -> Form:
    """What we know, what customers may hear, and when the next one comes."""
    incident = scene.here
    cadence = cadence_of(incident, scene.rules)
    usual = typed_length(cadence) if cadence and not incident.status.is_over else ""
    return Form(
        verb="update", title="Post an update", submit="Post", incident_id=incident.id,
        channel_id=scene.asked.place.channel_id,
        fields=(
            Field(name="text", label="What we know", kind=FieldKind.LONG_TEXT, required=True,
                  value=given(values, "text"), limit=LONGEST,
                  placeholder="Logins fail since v2.14 went live; we are rolling it back."),
            Field(name="external", label="For customers", kind=FieldKind.LONG_TEXT, limit=LONGEST,
                  value=given(values, "external"),
                  hint="Kept apart and sent nowhere; whoever talks to customers takes it."),
            Field(name="next", label="Next update in", value=given(values, "next") or usual,
                  hint="Such as 30m or 1h.", placeholder="30m"),
        ),
    )  # fmt: skip


VERB = Verb(
    name="update",
    summary="tell everybody what is known, and when they hear more",
    usage='"what we know" ["for customers"] [next 30m]',
    parameters=(
        Parameter(name="text", kind=Kind.TEXT, label="what we know", required=True, lined=True),
        Parameter(name="external", kind=Kind.TEXT, label="for customers", lined=True),
        Parameter(name="next", kind=Kind.DURATION, label="next update in"),
    ),
    changes=True,
    form=form,
    form_first=True,
    run=run,
)
