"""A line for the timeline, in a person's words: typed, or taken from a message."""

from opsbot.core import entry as e
from opsbot.core.card import At, line
from opsbot.core.form import Field, FieldKind, Form
from opsbot.core.invocation import How
from opsbot.core.moment import plausible
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.pointed import moment_of, words_of
from opsbot.core.said_back import read_as
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer, given, refuse
from opsbot.core.when import Moment

PARAMETERS = (
    Parameter(name="text", kind=Kind.TEXT, label="text", required=True),
    Parameter(name="at", kind=Kind.MOMENT, label="time"),
)


def run(scene: Scene, values: Values) -> Reply:
    """Put the words on the record, at the time they speak of."""
    if scene.asked.pointed is not None and scene.asked.how is not How.FORM:
        return _pinned(scene)
    return add(scene, values)


def add(scene: Scene, values: Values) -> Reply:
    """A typed note; a time that was typed is said back in every zone, with Undo."""
    text, at = str(values.get("text", "")).strip(), values.get("at")
    if not text:
        return refuse("There are no words to note.")
    when = at.at if isinstance(at, Moment) else None
    fact = Fact(body=e.NoteAdded(text=text), at=when)
    said = [line(f"Noted on the timeline of INC-{scene.here.number}.")]
    if isinstance(at, Moment):
        said = [line("Noted for ", At(moment=at.at, style="date_time"), "."), read_as(at)]
    return Reply(card=answer(*said), facts=(fact,), undo=True)


def _pinned(scene: Scene) -> Reply:
    pointed = scene.asked.pointed
    if pointed is None:
        return refuse("There is no message to note.")
    text = words_of(pointed)
    key = f"pinned:{pointed.channel_id}:{pointed.ts}"
    at = plausible(moment_of(pointed.ts, scene.now), scene.now)
    body = e.NoteAdded(text=text, channel_id=pointed.channel_id, ts=pointed.ts,
                       author_id=pointed.author_id, author=pointed.author)  # fmt: skip
    fact = Fact(body=body, at=at, key=key)
    card = answer(f"The message is on the timeline of INC-{scene.here.number}.")
    return Reply(card=None if scene.asked.how is How.REACTION else card, facts=(fact,), undo=True)


def form(scene: Scene, values: Values) -> Form:
    """Write a note, at another time if it was not now."""
    return Form(
        verb="note", title="Add to the timeline", submit="Add", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        fields=(
            Field(name="text", label="What happened", kind=FieldKind.LONG_TEXT, required=True,
                  value=given(values, "text")),
            Field(name="at", label="When", placeholder="now", hint="Such as 14:02 or -20m.",
                  value=given(values, "at")),
        ),
    )  # fmt: skip


VERB = Verb(
    name="note",
    summary="put a line on the timeline",
    usage='"text" [14:02]',
    parameters=PARAMETERS,
    changes=True,
    form=form,
    form_first=True,
    takes_message=True,
    run=run,
)
