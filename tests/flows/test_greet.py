"""Who comes into a room late is told once, alone, what happened so far."""

from __future__ import annotations

from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller, MemberJoined
from opsbot.core.permission import Permission
from opsbot.ports import Refused
from tests.commands.asked import BOT
from tests.commands.office import ANN, BEN, GUS, SAM, TOWN, Office


async def joined(office: Office, channel_id: str, by: str = BEN, id: str = "event:Ev1") -> None:
    await office.ask(
        MemberJoined(
            id=id, occurred_at=office.clock.now(), caller=Caller(user_id=by), channel_id=channel_id
        )
    )


async def under_way(**rules: object) -> tuple[Office, Incident]:
    """Ten minutes into INC-1: Ann leads and has said the impact."""
    office = Office(**rules)
    incident = await office.page()
    room = incident.surface.channel_id
    office.clock.advance(minutes=10)
    for line in ("lead", 'impact "31 % of logins fail"', "note the pool is full"):
        await office.typed(line, at=room)
    office.people.answers.clear()
    return office, await office.incident(incident)


async def test_a_late_joiner_is_told_where_it_stands() -> None:
    """State, lead, impact and the latest words, with a button to go on from."""
    office, incident = await under_way()
    await joined(office, incident.surface.channel_id)
    (told,) = office.people.told(BEN)
    for word in ("INC-1", "Ann", "31 % of logins fail", "the pool is full"):
        assert word in told.words
    assert told.asked.place.channel_id == incident.surface.channel_id
    assert (told.actions, told.incident_id) == (["menu"], incident.id)


async def test_once_is_enough_however_often_they_come() -> None:
    """Another event, or the same one again."""
    office, incident = await under_way()
    for event_id in ("event:Ev1", "event:Ev1", "event:Ev2"):
        await joined(office, incident.surface.channel_id, id=event_id)
    assert len(office.people.told(BEN)) == 1


async def test_each_of_them_is_told() -> None:
    office, incident = await under_way()
    for by in (ANN, BEN):
        await joined(office, incident.surface.channel_id, by)
    assert [len(office.people.told(by)) for by in (ANN, BEN)] == [1, 1]


async def test_who_is_there_from_the_beginning_reads_the_card() -> None:
    """Everybody who is invited at the opening joins within moments."""
    office = Office()
    incident = await office.page()
    await joined(office, incident.surface.channel_id)
    assert office.people.answers == []


async def test_of_what_is_over_nobody_is_told() -> None:
    office, incident = await under_way()
    await office.typed("resolve", at=incident.surface.channel_id)
    office.people.answers.clear()
    await joined(office, incident.surface.channel_id)
    assert office.people.answers == []


async def test_coming_into_any_other_channel_means_nothing() -> None:
    """Nobody is even looked up."""
    office, _ = await under_way()
    moves = len(office.people.moves)
    await joined(office, TOWN)
    assert len(office.people.moves) == moves


async def test_guests_and_strangers_are_told_nothing() -> None:
    """Somebody invited them; opsbot tells them nothing of its own accord."""
    office, incident = await under_way()
    for by in (GUS, SAM):
        await joined(office, incident.surface.channel_id, by)
    assert office.people.answers == []


async def test_who_may_not_ask_for_the_status_is_not_told_it() -> None:
    only = Permission(verbs=("status",), groups=("S0SRE",), group_names=("@sre",))
    office, incident = await under_way(permissions=(only,))
    await joined(office, incident.surface.channel_id)
    assert office.people.answers == []


async def test_opsbot_does_not_greet_itself() -> None:
    office, incident = await under_way()
    await joined(office, incident.surface.channel_id, BOT)
    assert office.people.answers == []


async def test_while_slack_does_not_say_who_came_they_are_told_when_they_come_again() -> None:
    """Nothing was claimed, so the next time counts."""
    office, incident = await under_way()
    office.people.fail("standing", Refused(error="ratelimited", cure="later"))
    await joined(office, incident.surface.channel_id)
    assert office.people.answers == []
    await joined(office, incident.surface.channel_id, id="event:Ev2")
    assert len(office.people.told(BEN)) == 1


async def test_who_may_not_ask_for_the_brief_is_not_told_it_unasked() -> None:
    rules = (Permission(verbs=("brief",), roles=("lead",)),)
    office, incident = await under_way(permissions=rules)
    await joined(office, incident.surface.channel_id)
    assert office.people.told(BEN) == []
