"""A private incident is known to those who were brought in, who declared or lead it, and inside its
own room; a canary in its title is seen nowhere else."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Visibility
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.ports import Refused
from tests.commands.office import ANN, BEN, TOWN, Office, action
from tests.core.story import ADA, details, event

CANARY = "Zebra-Quux"
NEVER = Refused(error="restricted_action", cure="ask a workspace admin")


async def declared() -> tuple[Office, Incident]:
    """Ann declares in private, and notes what must not be seen either."""
    office = Office()
    incident = await office.declared(f'"{CANARY} merger leaks" sev1 checkout-api --private')
    room = incident.surface.channel_id
    await office.typed(f"note {CANARY} looked at the logs", at=room)
    await office.typed(f'impact "{CANARY} customers"', at=room)
    await office.typed("lead", at=room)
    return office, await office.incident(incident)


async def test_nothing_outside_its_room_holds_the_canary() -> None:
    """Digest, channel names, topics, what was edited since."""
    office, incident = await declared()
    room = incident.surface.channel_id
    assert CANARY in "".join(office.lines(incident, "card"))
    assert CANARY not in office.public(but=room)
    assert office.room.messages(office.digest) == []
    channel = office.room.channels[room]
    assert (channel.name, channel.private) == ("inc-1-private", True)
    assert CANARY not in channel.topic


async def test_who_declared_it_is_brought_in() -> None:
    """A private room that nobody is in would help nobody."""
    office, incident = await declared()
    assert office.room.channels[incident.surface.channel_id].members == [ANN]


async def test_who_is_given_the_lead_is_brought_in_too() -> None:
    office, incident = await declared()
    await office.typed("lead <@U0BEN>", at=incident.surface.channel_id)
    assert BEN in office.room.channels[incident.surface.channel_id].members
    told = await office.typed("list", by=BEN)
    assert told is not None
    assert CANARY in told.words


@pytest.mark.parametrize(
    "line",
    ["", "help", "list", "menu", "status", "status INC-1", "INC-1", "severity sev2 INC-1",
     "timeline INC-1", "why INC-1", "evidence INC-1", "redact INC-1 #1 x", "note INC-1 hello",
     "here INC-1", "undo #3 INC-1", "resolve INC-1", "room INC-1", "lead INC-1", "brief INC-1",
     "role INC-1", "role scribe @me INC-1", "update hello INC-1", "handover --accept INC-1",
     "followup list INC-1", "mitigate INC-1", "onset 13:58Z INC-1", "reopen INC-1",
     "cancel hello INC-1", "snooze INC-1"],
)  # fmt: skip
async def test_nobody_else_learns_of_it_by_any_verb(line: str) -> None:
    """Not its words, nor that there is an INC-1 at all: it reads as a number nobody has."""
    office, incident = await declared()
    seq = (await office.incident(incident)).seq
    told = await office.typed(line, by=BEN)
    other = await office.typed(line.replace("INC-1", "INC-9"), by=BEN)
    assert told is not None
    assert other is not None
    assert CANARY not in told.words
    assert told.words.replace("INC-1", "INC-9") == other.words.replace("INC-1", "INC-9")
    assert told.incident_id == ""
    assert (await office.incident(incident)).seq == seq


@pytest.mark.parametrize(
    "verb", ["status", "menu", "severity", "note", "lead", "resolve", "impact"]
)
async def test_a_button_that_claims_it_opens_and_changes_nothing(verb: str) -> None:
    """The id on a button is a claim; knowing it is not being let in."""
    office, incident = await declared()
    seq = incident.seq
    for pressed in (verb, action(verb, text="x", severity="SEV5", person=BEN)):
        told = await office.pressed(pressed, incident.id, by=BEN)
        assert told is None or CANARY not in told.words
    assert all(CANARY not in str(form) for _, form in office.people.forms)
    assert (await office.incident(incident)).seq == seq


async def test_a_home_tab_shows_it_to_its_own_people_only() -> None:
    office, _ = await declared()
    await office.looked_home(ANN)
    await office.looked_home(BEN)
    assert CANARY in str(office.people.homes[ANN])
    assert CANARY not in str(office.people.homes[BEN])
    assert "0 open" in str(office.people.homes[BEN]) or "No open" in str(office.people.homes[BEN])


async def test_who_declares_the_same_is_not_shown_the_private_one() -> None:
    """The twin is looked for among what the asker may know of."""
    office, _ = await declared()
    told = await office.typed(f'declare "{CANARY} merger leaks"', by=BEN)
    assert told is not None
    assert "INC-2 is open" in told.words


async def test_in_its_room_everybody_may() -> None:
    """Whoever is there was let in by somebody."""
    office, incident = await declared()
    await office.typed("severity sev2", by=BEN, at=incident.surface.channel_id)
    assert (await office.incident(incident)).severity is e.Severity.SEV2


async def test_it_cannot_be_brought_into_a_channel_that_everybody_reads() -> None:
    """`here` with its number, by its own lead."""
    office = Office(visibility=Visibility.PRIVATE)
    office.room.fail("open_channel", NEVER)
    incident = await office.declared(f'"{CANARY}"')
    told = await office.typed("here INC-1", at=TOWN)
    assert told is not None
    assert "everybody can read this channel" in told.words
    assert (await office.incident(incident)).surface.channel_id == ""


async def test_a_private_page_says_nothing_at_the_pager_and_nothing_in_the_digest() -> None:
    """Notes stay here; acknowledging and resolving are acts, and hold no words."""
    office = Office(visibility=Visibility.PRIVATE)
    incident = await office.page(said=details(title=f"{CANARY} page"))
    room = incident.surface.channel_id
    await office.typed(f"note {CANARY} looked", at=room)
    await office.typed("lead --ack", at=room)
    await office.typed("resolve", at=room)
    assert [one.act for one in office.pager.acts] == ["acknowledge", "resolve"]
    assert CANARY not in office.public(but=room)
    assert office.room.channels[room].private


async def test_sources_are_told_that_it_is_private() -> None:
    office, _ = await declared()
    assert all(ask.private for source in office.sources for ask in source.asked)
    assert office.sources[0].asked


async def test_over_and_back_it_stays_private() -> None:
    """The recovered, reopened and moved lines are said in its room alone."""
    office = Office(visibility=Visibility.PRIVATE)
    incident = await office.page(said=details(title=f"{CANARY} page"))
    said = details(title=f"{CANARY} page")
    await office.hear(event(Transition.RESOLVED, 1, said=said))
    await office.hear(event(Transition.TRIGGERED, 2, said=said))
    await office.hear(event(Transition.ACKNOWLEDGED, 3, by=ADA, said=said))
    assert CANARY not in office.public(but=incident.surface.channel_id)
