"""The postmortem: where it is, have it written now, or what it still lacks."""

from opsbot.core.card import Button, Card, Line, Tone, line
from opsbot.core.entry import Mode
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.postmortem_acts import WRITE
from opsbot.core.postmortem_card import places, to_do, trouble
from opsbot.core.postmortem_rule import WriteWhen
from opsbot.core.text import count, inert
from opsbot.core.unfolding import Owed
from opsbot.core.verb import Reads, Reply, Scene, Values, Verb, answer, refuse

SHOWN = 12
WRITE_NOW = Button(action="postmortem:do=write", label="Write now")
LINT = Button(action="postmortem:do=lint", label="Lint")


def run(scene: Scene, values: Values) -> Reply:
    """Show where it is; `write` has it written from the record as it stands, `lint` lists what a
    reader would miss."""
    match values.get("do"):
        case "write":
            return _write(scene)
        case "lint":
            return _lint(scene)
        case _:
            return _show(scene)


def _show(scene: Scene) -> Reply:
    incident, living = scene.here, scene.here.living
    if living.draft is None:
        when = scene.rules.postmortem.when
        waits = {
            WriteWhen.RESOLVED: "It is written once the incident is resolved.",
            WriteWhen.ASKED: "It is written when somebody asks for it.",
            WriteWhen.NEVER: "Postmortems are switched off here (`postmortem: when: never`).",
        }[when]
        said = f"INC-{incident.number} has no postmortem yet. {waits}"
        return Reply(card=answer(said, buttons=() if when is WriteWhen.NEVER else (WRITE_NOW,)))
    made = line(
        f"written from the record up to entry #{living.draft.through}, by the template "
        f"{living.draft.template}", tone=Tone.QUIET,
    )  # fmt: skip
    lines = (line(*places(living)), *to_do(living), *trouble(living), made)
    header = f"Postmortem of INC-{incident.number}"
    return Reply(card=Card(header=header, lines=lines, buttons=(WRITE_NOW, LINT)))


def _write(scene: Scene) -> Reply:
    incident = scene.here
    if scene.rules.postmortem.when is WriteWhen.NEVER:
        return refuse("Postmortems are switched off here: set `postmortem: when:` in opsbot.yaml.")
    owed = Owed(
        purpose=WRITE, key=f"{WRITE}:asked:{scene.asked.id}", due_at=scene.now,
        arguments={"seq": str(incident.seq), "asked": scene.asked.id},
    )  # fmt: skip
    said = f"The postmortem of INC-{incident.number} is being written."
    if not incident.status.is_over:
        said += " The incident is still open, so it is a draft of what is known now."
    if incident.mode is Mode.SHADOW:
        said += " In shadow mode it is kept, and published nowhere."
    return Reply(card=answer(said), owed=(owed,))


def _lint(scene: Scene) -> Reply:
    problems = scene.lacks
    if problems is None:
        return refuse("The record could not be read just now. Ask again in a minute.")
    header = f"What the postmortem of INC-{scene.here.number} lacks"
    if not problems:
        return Reply(card=Card(header=header, lines=(line("Nothing that a rule could find."),)))
    shown: list[Line] = [line(f"• {inert(problem, 300)}") for problem in problems[:SHOWN]]
    if len(problems) > SHOWN:
        shown.append(line(f"and {count(len(problems) - SHOWN, 'problem')} more", tone=Tone.QUIET))
    return Reply(card=Card(header=header, lines=tuple(shown)))


VERB = Verb(
    name="postmortem",
    aliases=("pm", "retro"),
    summary="show where the postmortem is, write it now, or list what it lacks",
    usage="[write|lint]",
    parameters=(
        Parameter(name="do", kind=Kind.CHOICE, label="what to do", choices=("write", "lint")),
    ),
    reads=frozenset({Reads.LINT}),
    run=run,
)
