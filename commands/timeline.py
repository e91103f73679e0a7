"""The timeline: what happened, in event time, with the entry numbers that redact and undo take."""

from opsbot.core.card import At, Card, Line, Tone, line
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import count
from opsbot.core.timeline import TimelineEntry, build_timeline
from opsbot.core.verb import Reads, Reply, Scene, Values, Verb

SHOWN = 25


def run(scene: Scene, values: Values) -> Reply:
    """Show the newest lines; with `all`, the lightest ones too."""
    lines = build_timeline(scene.entries)
    if not values.get("all"):
        lines = tuple(one for one in lines if one.weight > 0)
    shown = [_line(one) for one in lines[-SHOWN:]]
    if len(lines) > SHOWN:
        earlier = count(len(lines) - SHOWN, "earlier line")
        shown.insert(0, line(f"{earlier}; the whole record: opsbot show", tone=Tone.QUIET))
    if not shown:
        shown = [line("Nothing is on the timeline yet.")]
    return Reply(card=Card(header=f"Timeline of INC-{scene.here.number}", lines=tuple(shown)))


def _line(one: TimelineEntry) -> Line:
    words = f" #{one.seq} {one.text} ({one.source})"
    return line(At(moment=one.at, style="date_time"), words,
                tone=Tone.LOUD if one.gap else Tone.PLAIN)  # fmt: skip


VERB = Verb(
    name="timeline",
    summary="show what happened, in order",
    usage="[--all]",
    parameters=(Parameter(name="all", kind=Kind.FLAG, label="every line"),),
    reads=frozenset({Reads.ENTRIES}),
    run=run,
)
