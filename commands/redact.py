"""Remove the words of one entry for good: from the record, the card, the timeline and Slack."""

from opsbot.core.entry import Redacted
from opsbot.core.form import Field, Form
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import inert
from opsbot.core.verb import Reads, Removal, Reply, Scene, Values, Verb, answer, given, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Redact the entry; what happened stays, what was said goes."""
    seq = values["entry"]
    reason = inert(str(values.get("reason", "")), 300)
    if not isinstance(seq, int) or not 1 <= seq <= len(scene.entries):
        return refuse("There is no such entry; timeline --all shows their numbers.")
    if any(isinstance(x.body, Redacted) and x.body.seq == seq for x in scene.entries):
        return Reply(card=answer(f"Entry #{seq} is redacted already."))
    said = answer(
        f"Entry #{seq} of INC-{scene.here.number} is redacted; opsbot verify still passes.",
        "Cards follow within seconds. Backups made before still hold the words, and a note that "
        "was sent to PagerDuty stays there until somebody removes it.",
    )
    if scene.here.living.publications:
        more = "The postmortem is written anew. Versions of it in a thread, in commits and in what "
        said = answer(*said.lines, f"{more}people edited still hold the words: remove those there.")
    return Reply(card=said, removal=Removal(seq=seq, reason=reason))


def form(scene: Scene, values: Values) -> Form:
    """Which entry, and why."""
    return Form(
        verb="redact", title="Redact an entry", submit="Redact", incident_id=scene.here.id,
        channel_id=scene.asked.place.channel_id,
        intro="The words leave the record for good; that something was there stays visible.",
        fields=(
            Field(name="entry", label="Entry number", required=True, hint="From timeline --all.",
                  value=given(values, "entry")),
            Field(name="reason", label="Why", required=True, limit=300,
                  value=given(values, "reason")),
        ),
    )  # fmt: skip


VERB = Verb(
    name="redact",
    summary="remove the words of one entry for good",
    usage='#12 "why"',
    parameters=(
        Parameter(name="entry", kind=Kind.ENTRY, label="entry", required=True, bare=True),
        Parameter(name="reason", kind=Kind.TEXT, label="reason", required=True),
    ),
    reads=frozenset({Reads.ENTRIES}),
    changes=True,
    form=form,
    run=run,
)
