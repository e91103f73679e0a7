"""A room for an incident that had none."""

from opsbot.core import entry as e
from opsbot.core.entry import Placement
from opsbot.core.verb import Fact, Reply, Scene, Values, Verb, answer


def run(scene: Scene, values: Values) -> Reply:
    """Ask for a channel; the record's plan does the rest."""
    incident = scene.here
    if incident.placement is Placement.ROOM:
        return Reply(card=answer("Nothing was done: the room is already open."))
    reason = "a responder asked for a room"
    routed = e.Routed(placement=Placement.ROOM, rule="a person", reason=reason)
    facts = (Fact(body=e.RoomRequested()), Fact(body=routed))
    return Reply(card=answer(f"A room for INC-{incident.number} is on its way."), facts=facts)


VERB = Verb(
    name="room", summary="open a room for an incident that has none", usage="[INC-42]",
    changes=True, when_over=False, run=run,
)  # fmt: skip
