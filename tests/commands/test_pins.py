"""Messages that become lines of the timeline: by a pushpin, or from their menu."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from tests.commands.office import ANN, BEN, TOWN, Office

TICK = "white_check_mark"


async def room() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def test_a_pin_adds_the_message_at_its_own_time_and_is_ticked() -> None:
    """In its author's words, in the name of who pinned it, long after it was written."""
    office, incident, at = await room()
    said = office.said(at, "rolled back v2.14", by=BEN)
    office.clock.advance(minutes=20)
    assert await office.pinned(said) is None
    (note,) = (x for x in await office.entries(incident) if isinstance(x.body, e.NoteAdded))
    assert note.occurred_at == datetime.fromtimestamp(float(said.ts), UTC)
    assert note.actor.id == f"slack:{ANN}"
    assert office.people.channels[at].reactions[said.ts] == [TICK]


async def test_two_who_pin_the_same_pin_it_once() -> None:
    """Both see the tick; the timeline has one line."""
    office, incident, at = await room()
    said = office.said(at, "rolled back")
    for by in (ANN, BEN, ANN):
        await office.pinned(said, by=by)
    await office.chose_note(said, by=BEN)
    assert len(await office.bodies(incident, e.NoteAdded)) == 1
    assert office.people.channels[at].reactions[said.ts] == [TICK]


@pytest.mark.parametrize("by", ["pin", "menu"])
async def test_a_message_of_pictures_alone_is_said_to_be_one(by: str) -> None:
    """A screenshot of a dashboard is worth its line; no form asks for words."""
    office, incident, at = await room()
    said = office.said(at, "", files=2)
    await (office.pinned(said) if by == "pin" else office.chose_note(said))
    (note,) = await office.bodies(incident, e.NoteAdded)
    assert note.text == "(a message with 2 files)"
    assert office.people.forms == []


async def test_a_message_that_slack_does_not_show_is_not_ticked_and_that_is_said() -> None:
    """Nothing is made up; pinning it again later counts."""
    office, incident, at = await room()
    said = office.said(at, "rolled back")
    office.people.break_down("message")
    told = await office.pinned(said)
    assert told is not None
    assert "is not on the timeline" in told.words
    assert await office.bodies(incident, e.NoteAdded) == []
    assert office.people.channels[at].reactions == {}
    office.people.mend()
    await office.pinned(said)
    assert len(await office.bodies(incident, e.NoteAdded)) == 1


async def test_a_tick_that_slack_does_not_take_changes_nothing() -> None:
    office, incident, at = await room()
    office.people.break_down("react")
    await office.pinned(office.said(at, "rolled back"))
    assert len(await office.bodies(incident, e.NoteAdded)) == 1


async def test_a_message_elsewhere_needs_the_number_of_its_incident() -> None:
    """By its menu one is asked; a pin elsewhere is none of ours."""
    office, incident, _ = await room()
    said = office.said(TOWN, "errors since 14:02")
    told = await office.chose_note(said)
    assert told is not None
    assert "INC-1" in told.words
    assert await office.pinned(said) is None
    assert await office.bodies(incident, e.NoteAdded) == []


async def test_slacks_markup_is_read_as_people_read_it() -> None:
    """Mentions by what they show, links by their address, entities decoded once."""
    office, incident, at = await room()
    text = "<@U0BEN> &amp;lt; <https://example.com/a|the graph> <!here> &lt;b&gt;"
    await office.chose_note(office.said(at, text))
    (note,) = await office.bodies(incident, e.NoteAdded)
    assert note.text == "@U0BEN &lt; https://example.com/a @here <b>"


async def test_a_pin_on_the_timeline_of_what_is_over_still_counts() -> None:
    """Afterwards is when people tidy up."""
    office, incident, at = await room()
    await office.typed("resolve", at=at)
    await office.pinned(office.said(at, "it was the cache"))
    assert len(await office.bodies(incident, e.NoteAdded)) == 1
    assert (await office.incident(incident)).status.is_over
