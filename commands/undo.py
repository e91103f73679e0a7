"""Take back one's own act, soon after."""

from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.act_permission import verbs_of, why_not
from opsbot.core.incident import fold
from opsbot.core.parameter import Kind, Parameter
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
    if denied := _may_not(scene, seq, bodies):
        return refuse(f"Nothing was undone. {denied}")
    facts = tuple(
        Fact(body=body, at=_when(body), key=f"undo:{seq}:{number}")
        for number, body in enumerate(bodies)
    )
    return Reply(card=answer("Undone."), facts=facts)


def _may_not(scene: Scene, seq: int, bodies: tuple[e.Body, ...]) -> str:
    """Taking back is for who may do it now, and may do what holds again then: taking an end back
    opens the incident again."""
    me, here, rules = scene.me, scene.here, scene.rules
    before = fold(here.id, [entry for entry in scene.entries if entry.seq < seq])
    taken = [entry.body for entry in scene.entries if entry.seq == seq]
    verbs = (*verbs_of(bodies, here), *verbs_of(taken, before))
    return why_not(verbs, me, here, rules)


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
