"""Take back one's own act, soon after."""

from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.permission import Denied, may
from opsbot.core.undo import reversal
from opsbot.core.verb import Fact, Reads, Reply, Scene, Values, Verb, answer, refuse


def run(scene: Scene, values: Values) -> Reply:
    """Append what reverses the entry, or say why it stays."""
    seq = values["entry"]
    if not isinstance(seq, int):
        return refuse("Say which entry: undo #12.")
    bodies = reversal(scene.entries, seq, scene.me.actor, scene.now)
    if isinstance(bodies, str):
        return refuse(f"Nothing was undone: {bodies}.")
    if denied := _may_not(scene, bodies):
        return refuse(f"Nothing was undone. {denied}")
    facts = tuple(
        Fact(body=body, at=_when(body), key=f"undo:{seq}:{number}")
        for number, body in enumerate(bodies)
    )
    return Reply(card=answer("Undone."), facts=facts)


def _may_not(scene: Scene, bodies: tuple[e.Body, ...]) -> str:
    """Taking an end back opens the incident again: who may not reopen it may not do it so."""
    opens = any(isinstance(one, e.StatusChanged) and not one.status.is_over for one in bodies)
    if not (opens and scene.here.status.is_over):
        return ""
    rules = scene.rules
    match may("reopen", scene.me, scene.here, rules.permissions, guests=rules.guests):
        case Denied() as denied:
            return denied.sentence
        case _:
            return ""


def _when(body: e.Body) -> datetime | None:
    """A time that holds again stands on the timeline where it did before."""
    match body:
        case e.Mitigated(at=at) | e.OnsetSet(at=at):
            return at
        case _:
            return None


VERB = Verb(
    name="undo",
    summary="take back what you just did",
    usage="#12",
    parameters=(Parameter(name="entry", kind=Kind.ENTRY, label="entry", required=True, bare=True),),
    reads=frozenset({Reads.ENTRIES}),
    changes=True,
    run=run,
)
