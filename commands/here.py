"""Make this channel an incident's room: one that people opened themselves."""

from opsbot.core import entry as e
from opsbot.core.entry import Placement, Severity
from opsbot.core.event import NO_SERVICE
from opsbot.core.incident import Incident
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Needs, Opening, Reads, Reply, Scene, Values, Verb, answer, refuse

ADOPTED = "This channel is the incident's room now."
INVITE = "If I am not a member yet, type /invite @opsbot here."


def run(scene: Scene, values: Values) -> Reply:
    """Adopt the channel for the named incident, or declare one that lives here."""
    place = scene.asked.place
    if not place.channel_id or place.channel_id.startswith("D"):
        return refuse("A direct message cannot be a room; type it in a channel.")
    holder = next((i for i in scene.open if i.surface.channel_id == place.channel_id), None)
    if holder is not None:
        return refuse(f"This channel is the room of INC-{holder.number} already.")
    number = values.get("incident")
    facts = _facts(scene)
    if not isinstance(number, int):
        title = inert(str(values.get("title", "")), 150) or f"Incident in #{place.channel_name}"
        opening = Opening(
            title=title, service=NO_SERVICE, severity=Severity.UNSET,
            visibility=scene.rules.visibility, lead=False, facts=facts,
        )  # fmt: skip
        return Reply(opening=opening, card=answer(ADOPTED, INVITE))
    return _adopt(scene, number, facts)


def _facts(scene: Scene) -> tuple[Fact, ...]:
    place = scene.asked.place
    opened = e.ChannelOpened(channel_id=place.channel_id, name=inert(place.channel_name, 80),
                             adopted=True, lent=True)  # fmt: skip
    return (Fact(body=opened),)


def _adopt(scene: Scene, number: int, facts: tuple[Fact, ...]) -> Reply:
    incident: Incident | None = scene.incident
    if incident is None or incident.number != number:
        return refuse(f"There is no INC-{number} that you can see.")
    if incident.surface.channel_id:
        return refuse(f"INC-{number} has a room: #{incident.surface.channel_name}.")
    reason = "a responder adopted a channel"
    routed = e.Routed(placement=Placement.ROOM, rule="a person", reason=reason)
    said = answer(f"This channel is the room of INC-{number} now.", INVITE)
    return Reply(card=said, facts=(*facts, Fact(body=routed)))


VERB = Verb(
    name="here",
    summary="make this channel the room of an incident",
    usage='[INC-42 | "what is wrong"]',
    parameters=(
        Parameter(name="incident", kind=Kind.INCIDENT, label="incident"),
        Parameter(name="title", kind=Kind.TEXT, label="what is wrong"),
    ),
    needs=Needs.NOTHING,
    reads=frozenset({Reads.OPEN}),
    changes=True,
    opens=True,
    run=run,
)
