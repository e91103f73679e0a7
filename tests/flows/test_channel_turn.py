"""People archive, rename and move rooms: the record hears of it, and the incident goes on."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller, ChannelChanged, ChannelTurn
from tests.commands.office import ANN, BEN, TOWN, Office
from tests.commands.test_here import add_channel
from tests.core.story import ADA, event


async def turned(
    office: Office, channel_id: str, turn: ChannelTurn, value: str = "", *, by: str = ANN,
    id: str = "event:Ev1",
) -> None:  # fmt: skip
    """Somebody does that to a channel, and what is owed is done."""
    await office.ask(
        ChannelChanged(
            id=id, occurred_at=office.clock.now(), caller=Caller(user_id=by, name="ann"),
            channel_id=channel_id, turn=turn, value=value,
        )
    )  # fmt: skip


async def housed() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def bodies(office: Office, incident: Incident, kind: type[Any]) -> list[Any]:
    return await office.bodies(incident, kind)


@pytest.mark.parametrize("turn", [ChannelTurn.ARCHIVED, ChannelTurn.DELETED])
async def test_a_room_that_is_gone_is_left_alone(turn: ChannelTurn) -> None:
    """The incident lives in its team's channel from then on; nothing is forced open."""
    office, incident, room = await housed()
    office.room.lend("C0TEAM", "team")
    office.room.channels[room].archived = True
    await turned(office, room, turn)
    after = await office.incident(incident)
    assert after.surface.abandoned
    assert [m.slot for m in office.room.messages("C0TEAM")][:1] == ["card"]
    assert ("unarchive", room) not in office.room.moves


async def test_a_room_that_is_brought_back_is_the_room_again() -> None:
    office, incident, room = await housed()
    office.room.lend("C0TEAM", "team")
    office.room.channels[room].archived = True
    await turned(office, room, ChannelTurn.ARCHIVED)
    office.room.channels[room].archived = False
    await turned(office, room, ChannelTurn.UNARCHIVED, id="event:Ev2")
    after = await office.incident(incident)
    assert not after.surface.abandoned
    assert after.surface.messages["card"].channel_id == room


async def test_what_opsbot_archives_itself_is_no_news() -> None:
    """The room of a finished incident, a day later; Slack tells us of that too."""
    office, incident, room = await housed()
    await office.typed("resolve", at=room)
    await office.hear(event(Transition.RESOLVED, 1))
    office.clock.advance(days=2)
    await office.settle()
    assert office.room.channels[room].archived
    await turned(office, room, ChannelTurn.ARCHIVED)
    assert not (await office.incident(incident)).surface.abandoned


async def test_a_room_that_was_renamed_is_shown_under_its_new_name() -> None:
    """It stays the same channel: nothing is posted anew."""
    office, incident, room = await housed()
    posts = len(office.room.messages(room))
    await turned(office, room, ChannelTurn.RENAMED, "inc-1-logins-fail", by="")
    after = await office.incident(incident)
    assert after.surface.channel_name == "inc-1-logins-fail"
    assert "#inc-1-logins-fail" in office.room.messages(office.digest)[0].words
    assert len(office.room.messages(room)) == posts


async def test_a_rename_that_names_nobody_is_nobodys_act() -> None:
    """The alert clears by itself afterwards: nobody had worked on it."""
    office, incident, room = await housed()
    await turned(office, room, ChannelTurn.RENAMED, "inc-1-logins-fail", by="")
    assert (await office.incident(incident)).human_acts == 0
    await office.hear(event(Transition.RESOLVED, 3))
    assert (await office.incident(incident)).closure is e.Closure.SELF_RECOVERED


async def test_a_lent_channel_stays_lent_whatever_it_is_called() -> None:
    """Renamed, or moved to another id: its topic is people's, and it is never archived."""
    for turn, value in ((ChannelTurn.RENAMED, "pay-war-room"), (ChannelTurn.MOVED, "C0NEW")):
        office = Office()
        add_channel(office, "C0PAY")
        told = await office.typed('here "Search is slow"', at="C0PAY")
        assert told is not None
        _move(office, "C0PAY", "C0NEW")
        await turned(office, "C0PAY", turn, value)
        incident = await office.record.incident(told.incident_id)
        assert incident.surface.lent, turn
        assert office.room.channels["C0NEW"].topics_set == 0


async def test_a_room_with_a_new_id_keeps_everything_that_stands_there() -> None:
    """Slack moves the messages along: nothing is posted again, and edits find their message."""
    office, incident, room = await housed()
    await office.typed("severity sev2", at=room)
    _move(office, room, "C0NEW")
    posts = len(office.room.channels["C0NEW"].messages)
    await turned(office, room, ChannelTurn.MOVED, "C0NEW")
    after = await office.incident(incident)
    assert after.surface.channel_id == "C0NEW"
    assert len(office.room.channels["C0NEW"].messages) == posts
    await office.typed("severity sev1", at="C0NEW")
    assert "SEV1" in office.lines(after, "card")[0]
    assert await office.record.holder_of_channel(room) is None
    assert await office.record.holder_of_channel("C0NEW") == incident.id


def _move(office: Office, old: str, new: str) -> None:
    """Slack gives a channel another id, with all that is in it."""
    channel = office.room.channels[old]
    office.room.channels[new] = channel
    if old in office.people.channels:
        office.people.channels[new] = office.people.channels[old]


@pytest.mark.parametrize("turn", ChannelTurn)
async def test_channels_of_no_incident_are_nobodys_business(turn: ChannelTurn) -> None:
    office, incident, _ = await housed()
    seq = (await office.incident(incident)).seq
    await turned(office, TOWN, turn, "C0OTHER")
    assert (await office.incident(incident)).seq == seq


@pytest.mark.parametrize("turn", ChannelTurn)
async def test_the_same_event_twice_is_one(turn: ChannelTurn) -> None:
    office, incident, room = await housed()
    office.room.lend("C0TEAM", "team")
    _move(office, room, "C0NEW")
    await turned(office, room, turn, "C0NEW")
    seq = (await office.incident(incident)).seq
    await turned(office, room, turn, "C0NEW")
    assert (await office.incident(incident)).seq == seq


async def test_people_act_on_in_an_abandoned_room_by_number() -> None:
    """And what they change is said where the incident lives now."""
    office, incident, room = await housed()
    office.room.lend("C0TEAM", "team")
    office.room.channels[room].archived = True
    await turned(office, room, ChannelTurn.ARCHIVED, by=BEN)
    await office.typed("severity sev1 INC-1")
    await office.hear(event(Transition.ACKNOWLEDGED, 1, by=ADA))
    said = [m.words for m in office.room.channels["C0TEAM"].messages if "said" in m.slot]
    assert said == ["Ann set severity SEV1"]
    assert (await office.incident(incident)).severity == "SEV1"
