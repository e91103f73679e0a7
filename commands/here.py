"""Make this channel an incident's room: one that people opened themselves."""

from opsbot.core import entry as e
from opsbot.core.entry import Mode, Placement, Severity, Visibility
from opsbot.core.event import NO_SERVICE
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.permission import Denied, may
from opsbot.core.text import inert
from opsbot.core.verb import Fact, Needs, Opening, Reads, Reply, Scene, Values, Verb, answer, refuse

ADOPTED = "This channel is the incident's room now."
INVITE = "If I am not a member yet, type /invite @opsbot here."
UNNAMED = ("", "privategroup", "directmessage")  # what Slack calls channels that it does not name


def run(scene: Scene, values: Values) -> Reply:
    """Adopt the channel for the named incident, or declare one that lives here."""
    place = scene.asked.place
    if not place.channel_id or place.is_direct or place.channel_name.startswith("mpdm-"):
        return refuse("A direct message cannot be a room; type it in a channel.")
    if scene.rules.mode is Mode.SHADOW:
        return refuse("opsbot runs in shadow mode, so it takes no channel.")
    number = values.get("incident")
    why = _taken(scene)
    if why:
        return refuse(why)
    if isinstance(number, int):
        return _adopt(scene, number)
    if limited := _may_not_declare(scene):
        return refuse(limited)
    return _open(scene, inert(str(values.get("title", "")), 150))


def _taken(scene: Scene) -> str:
    """Why the channel cannot be lent: it is a room, or was one that is archived soon."""
    channel_id, last = scene.asked.place.channel_id, scene.incident
    holder = next((i for i in scene.open if i.surface.channel_id == channel_id), None)
    if holder is not None:
        return f"This channel is the room of INC-{holder.number} already."
    if last is not None and last.surface.channel_id == channel_id and not last.surface.lent:
        return f"This channel was made for INC-{last.number} and is archived with it; use another."
    return ""


def _may_not_declare(scene: Scene) -> str:
    """Who may not declare an incident does not open one so."""
    rules = scene.rules
    match may("declare", scene.me, None, rules.permissions, guests=rules.guests):
        case Denied() as denied:
            return denied.sentence
        case _:
            return ""


def _open(scene: Scene, title: str) -> Reply:
    place = scene.asked.place
    here = "this channel" if place.channel_name in UNNAMED else f"#{place.channel_name}"
    opening = Opening(
        title=title or f"Incident in {here}", service=NO_SERVICE, severity=Severity.UNSET,
        visibility=Visibility.PRIVATE if place.private else scene.rules.visibility, lead=False,
        facts=_facts(scene),
    )  # fmt: skip
    private = ("It is a private incident, because this channel is private.",)
    said = (ADOPTED, *(private if place.private else ()), *_invite(scene))
    return Reply(opening=opening, card=answer(*said))


def _invite(scene: Scene) -> tuple[str, ...]:
    return () if scene.asked.place.inside else (INVITE,)


def _facts(scene: Scene) -> tuple[Fact, ...]:
    place = scene.asked.place
    opened = e.ChannelOpened(channel_id=place.channel_id, name=inert(place.channel_name, 80),
                             adopted=True, lent=True)  # fmt: skip
    return (Fact(body=opened),)


def _adopt(scene: Scene, number: int) -> Reply:
    incident, place = scene.incident, scene.asked.place
    if incident is None or incident.number != number:
        return refuse(f"There is no INC-{number} that you can see.")
    if incident.status.is_over:
        return refuse(f"INC-{number} is over ({incident.closure or incident.status}).")
    if incident.surface.channel_id:
        return refuse(f"INC-{number} has a room: #{incident.surface.channel_name}.")
    private = incident.visibility is Visibility.PRIVATE
    if private and not place.private:
        return refuse(f"INC-{number} is private, and everybody can read this channel.")
    if place.private and not private:
        return refuse(f"Everybody may see INC-{number}, and with it the name of this channel, "
                      "which is private.")  # fmt: skip
    reason = "a responder adopted a channel"
    routed = e.Routed(placement=Placement.ROOM, rule="a person", reason=reason)
    said = answer(f"This channel is the room of INC-{number} now.", *_invite(scene))
    return Reply(card=said, facts=(*_facts(scene), Fact(body=routed)))


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
    enters=True,
    run=run,
)
