"""Users no longer notice: since when. A time and no status, for the cause may still be there."""

from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.card import At, Line, Tone, line
from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.said_back import looks_like_time, read_as
from opsbot.core.text import inert
from opsbot.core.told import TAKEN_BACK
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse
from opsbot.core.when import Moment


def run(scene: Scene, values: Values) -> Reply:
    """Set the time, now unless another is given; or take it back."""
    incident, at = scene.here, values.get("at")
    held, said = incident.living.mitigated, str(values.get("what", "")).strip()
    if values.get("off"):
        if held is None:
            return Reply(card=answer(f"INC-{incident.number} does not stand as mitigated."))
        fact = Fact(body=e.Mitigated(at=None, said=inert(said, 600)))
        back = f"INC-{incident.number} no longer stands as mitigated."
        return Reply(card=answer(back), facts=(fact,), undo=True)
    if incident.status.is_over and not isinstance(at, Moment):
        return refuse(f"INC-{incident.number} is over; say since when: mitigate 14:05.")
    if not isinstance(at, Moment) and looks_like_time(said):
        return refuse(f"“{inert(said, 40)}” is no time that I can read, so nothing was set. "
                      "Type mitigate 14:05, or mitigate -10m.")  # fmt: skip
    when = at.at if isinstance(at, Moment) else scene.now
    if held and held.at == when and said in ("", held.said):
        return Reply(card=answer(f"INC-{incident.number} stands so already."))
    body = e.Mitigated(at=when, said=inert(said, 600))
    since = " since " if isinstance(at, Moment) else " as of now, "
    lines: list[Line] = [
        line(f"INC-{incident.number} is mitigated{since}", At(moment=when, style="date_time"), "."),
        *((read_as(at),) if isinstance(at, Moment) else ()),
        *_out_of_order(scene, when),
    ]  # fmt: skip
    return Reply(card=answer(*lines), facts=(Fact(body=body, at=when),), undo=True)


def _out_of_order(scene: Scene, when: datetime) -> tuple[Line, ...]:
    onset, again = scene.here.living.onset, scene.here.living.reopened
    lines: list[Line] = []
    if onset is not None and when < onset.at:
        lines.append(line("That is before it began, ", At(moment=onset.at, style="date_time"),
                          ": one of the two times is wrong.", tone=Tone.LOUD))  # fmt: skip
    if again is not None and again.said != TAKEN_BACK and when < again.at:
        lines.append(line("That is before it was reopened, ",
                          At(moment=again.at, style="date_time"), ", and counts all the same. If "
                          "users noticed it again then, say since when they no longer do.",
                          tone=Tone.LOUD))  # fmt: skip
    return tuple(lines)


def form(scene: Scene, values: Values) -> Form:
    """Since when, and what did it."""
    return Form(
        verb="mitigate", title="Users no longer notice", submit="Set", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="The incident stays open: the cause may still be there.",
        fields=(
            Field(name="at", label="Since", placeholder="now", value=given(values, "at"),
                  hint="Such as 14:05, 14:05Z or -10m."),
            Field(name="what", label="What did it", kind=FieldKind.LONG_TEXT, limit=600,
                  value=given(values, "what"), placeholder="rolled back v2.14"),
            Field(name="off", label="Or", kind=FieldKind.FLAG,
                  choices=(Choice(value="yes", label="No: users notice it again"),)),
        ),
    )  # fmt: skip


VERB = Verb(
    name="mitigate",
    aliases=("mitigated",),
    summary="say since when users no longer notice",
    usage='[14:05] ["what did it"] [--off]',
    parameters=(
        Parameter(name="at", kind=Kind.MOMENT, label="time"),
        Parameter(name="what", kind=Kind.TEXT, label="what did it"),
        Parameter(name="off", kind=Kind.FLAG, label="users notice it again"),
    ),
    changes=True,
    form=form,
    form_first=True,
    run=run,
)
