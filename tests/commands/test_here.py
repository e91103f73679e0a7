"""A channel that people lend: it becomes a room, keeps its topic, and is never archived."""

from __future__ import annotations

from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Mode, Placement, Visibility
from opsbot.core.incident import Incident
from opsbot.core.routing import Rule
from tests.commands.office import TOWN, Office
from tests.core.story import rules


async def lent(line: str = 'here "Search is slow"', **given: bool) -> tuple[Office, Incident]:
    """#c0pay of people's own, with a topic, where Ann types the line."""
    office = Office()
    add_channel(office, "C0PAY", **given)
    told = await office.typed(line, at="C0PAY")
    assert told is not None
    return office, await office.record.incident(told.incident_id)


def add_channel(office: Office, channel_id: str, **given: bool) -> None:
    """A channel that both fakes know."""
    office.people.add_channel(channel_id, **given)
    office.room.lend(channel_id, channel_id.lower(), topic="Payments, please be nice")


async def test_the_channel_is_the_room() -> None:
    """The card stands there, and what is typed there is about the incident."""
    office, incident = await lent()
    assert (incident.number, incident.placement) == (1, Placement.ROOM)
    assert incident.surface.channel_id == "C0PAY"
    assert incident.surface.lent
    assert "Search is slow" in office.lines(incident, "card")[0]
    await office.typed("severity sev1", at="C0PAY")
    assert (await office.incident(incident)).severity is e.Severity.SEV1
    assert len(office.room.channels) == 2, "no room of our own was opened"


async def test_it_keeps_its_topic_and_is_never_archived() -> None:
    """Not when it is over, nor a week later."""
    office, incident = await lent()
    await office.typed("severity sev1", at="C0PAY")
    await office.typed("resolve", at="C0PAY")
    office.clock.advance(days=7)
    await office.settle()
    channel = office.room.channels["C0PAY"]
    assert (channel.topic, channel.topics_set, channel.archived) == (
        "Payments, please be nice", 0, False,
    )  # fmt: skip
    assert (await office.incident(incident)).status.is_over


async def test_opsbot_joins_it_and_knows_its_name() -> None:
    """Typed, where Slack tells a name, or by a mention, where it does not."""
    office, incident = await lent("here", inside=False)
    assert office.people.channels["C0PAY"].bot_is_in
    assert incident.title == "Incident in #c0pay"
    other = Office()
    add_channel(other, "C0PAY", inside=False)
    told = await other.mentioned("here", at="C0PAY")
    assert told is not None
    assert "/invite" not in told.words
    incident = await other.record.incident(told.incident_id)
    assert (incident.title, incident.surface.channel_name) == ("Incident in #c0pay", "c0pay")


async def test_a_channel_that_opsbot_cannot_join_asks_for_an_invitation() -> None:
    """A private channel has to be opened from inside."""
    office = Office()
    add_channel(office, "C0SECRET", private=True, inside=False)
    told = await office.typed("here", at="C0SECRET")
    assert told is not None
    assert "/invite @opsbot" in told.words


async def test_a_private_channel_makes_a_private_incident() -> None:
    """Or the digest would show the channel's name, and what goes on in it."""
    office, incident = await lent(private=True)
    assert incident.visibility is Visibility.PRIVATE
    assert office.room.messages(office.digest) == []


async def test_an_incident_without_a_room_can_be_given_one() -> None:
    """Until now it stood in the digest alone; everything moves in."""
    digest = rules(Rule(name="all", then=Placement.DIGEST)).routing
    office = Office(routing=digest)
    incident = await office.page()
    add_channel(office, "C0PAY")
    told = await office.typed("here INC-1", at="C0PAY")
    assert told is not None
    assert "room of INC-1 now" in told.words
    incident = await office.incident(incident)
    assert (incident.surface.channel_id, incident.placement) == ("C0PAY", Placement.ROOM)
    assert await office.numbers() == [1]
    assert office.lines(incident, "card")


async def test_one_channel_is_one_open_incidents_room() -> None:
    office, _ = await lent()
    told = await office.typed('here "Another"', at="C0PAY")
    assert told is not None
    assert "the room of INC-1 already" in told.words
    assert await office.numbers() == [1]


async def test_after_its_incident_it_can_be_lent_again() -> None:
    """What is typed there is then about the newer one."""
    office, first = await lent()
    await office.typed("resolve", at="C0PAY")
    told = await office.typed('here "Another"', at="C0PAY")
    assert told is not None
    assert told.incident_id != first.id
    await office.typed("severity sev1", at="C0PAY")
    assert (await office.record.incident(told.incident_id)).severity is e.Severity.SEV1


async def test_a_room_of_our_own_cannot_be_lent_when_its_incident_is_over() -> None:
    """It is archived a day later, with whatever lives there."""
    office = Office()
    first = await office.declared()
    room = first.surface.channel_id
    await office.typed("resolve", at=room)
    told = await office.typed('here "Another"', at=room)
    assert told is not None
    assert "is archived with it" in told.words
    assert await office.numbers() == []


async def test_an_incident_with_a_room_stays_there() -> None:
    office = Office()
    incident = await office.page()
    told = await office.typed("here INC-1", at=TOWN)
    assert told is not None
    assert f"#{incident.surface.channel_name}" in told.words
    assert (await office.incident(incident)).surface.channel_id == incident.surface.channel_id


async def test_what_is_over_gets_no_room() -> None:
    digest = rules(Rule(name="all", then=Placement.DIGEST)).routing
    office = Office(routing=digest)
    await office.page()
    await office.typed("resolve INC-1")
    told = await office.typed("here INC-1")
    assert told is not None
    assert "INC-1 is over" in told.words


async def test_a_public_incident_is_not_brought_into_a_private_channel() -> None:
    """Everybody may see it, and would see the channel's name with it."""
    digest = rules(Rule(name="all", then=Placement.DIGEST)).routing
    office = Office(routing=digest)
    await office.page()
    add_channel(office, "C0SECRET", private=True)
    told = await office.typed("here INC-1", at="C0SECRET")
    assert told is not None
    assert "private" in told.words
    assert "c0secret" not in office.public(but="C0SECRET")


async def test_direct_messages_and_shadow_mode_lend_nothing() -> None:
    office = Office()
    told = await office.typed("here", at="D0ANN")
    assert told is not None
    assert "direct message" in told.words
    shadow = Office(mode=Mode.SHADOW)
    told = await shadow.typed("here")
    assert told is not None
    assert "shadow" in told.words
    assert await office.numbers() == await shadow.numbers() == []


async def test_its_people_are_its_own() -> None:
    """Who declared it is invited like anywhere; nobody else is brought in or sent away."""
    office, incident = await lent()
    assert office.room.channels["C0PAY"].members == ["U0ANN"]
    assert incident.surface.missing == ()
    assert office.clock.now() - (incident.opened_at or office.clock.now()) < timedelta(minutes=1)
