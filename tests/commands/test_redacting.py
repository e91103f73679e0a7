"""Redaction: the words of one entry leave everything that opsbot shows, and what happened stays."""

from __future__ import annotations

import pytest

from opsbot.cards.plain import as_text
from opsbot.core import entry as e
from opsbot.core.incident import Incident
from tests.commands.office import BEN, Office

SECRET = "hunter2-Quux"


async def noted(line: str = f"note the password is {SECRET}") -> tuple[Office, Incident, int]:
    """INC-1 with a line that holds what must not stay, and its number."""
    office = Office()
    incident = await office.page()
    told = await office.typed(line, by=BEN, at=incident.surface.channel_id)
    assert told is not None
    entries = await office.entries(incident)
    (seq,) = (x.seq for x in entries if SECRET in repr(x.body) and x.source == "slack")
    return office, incident, seq


def shown(office: Office) -> str:
    """Everything that stands in Slack now, and what Home tabs show."""
    messages = [m.words for c in office.room.channels.values() for m in c.messages]
    homes = [as_text(card) for cards in office.people.homes.values() for card, _ in cards]
    return "\n".join([*messages, *homes, *(c.topic for c in office.room.channels.values())])


LINES = (
    f"note the password is {SECRET}", f'impact "{SECRET} leaked"', f'severity sev1 "{SECRET}"',
    f'status identified "{SECRET}"', f'resolve "{SECRET}"',
)  # fmt: skip


@pytest.mark.parametrize("line", LINES)
async def test_the_words_leave_the_record_and_all_that_is_shown(line: str) -> None:
    """Record, state, card, timeline, the line in the room, Home, brief and timeline verb."""
    office, incident, seq = await noted(line)
    room = incident.surface.channel_id
    told = await office.typed(f"redact #{seq} a password", at=room)
    assert told is not None
    assert f"Entry #{seq} of INC-1 is redacted" in told.words
    assert SECRET not in repr(await office.entries(incident))
    assert SECRET not in repr(await office.incident(incident))
    await office.looked_home()
    assert SECRET not in shown(office)
    for verb in ("status", "timeline --all", "menu", "list"):
        answered = await office.typed(verb, at=room)
        assert answered is not None
        assert SECRET not in answered.words


async def test_the_line_in_the_room_says_that_it_was_redacted() -> None:
    """In place: nothing is posted, and it is not called taken back."""
    office, incident, seq = await noted()
    (said,) = office.lines(incident, f"said:{seq}")
    assert SECRET in said
    posts = len(office.room.messages(incident.surface.channel_id))
    await office.typed(f"redact #{seq} a password", at=incident.surface.channel_id)
    assert office.lines(incident, f"said:{seq}") == ["(redacted)"]
    assert len(office.room.messages(incident.surface.channel_id)) == posts


async def test_what_was_done_stays_said() -> None:
    """Redacting why it was resolved does not take the resolution back."""
    office, incident, seq = await noted(f'resolve duplicate "{SECRET}"')
    before = await office.incident(incident)
    await office.typed(f"redact #{seq} a password", at=incident.surface.channel_id)
    after = await office.incident(incident)
    assert (after.status, after.closure) == (before.status, before.closure)
    assert "Ben ended the incident: duplicate" in office.lines(incident, f"said:{seq}")[0]


async def test_an_earlier_note_is_the_latest_again() -> None:
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("note looking at the pool", at=room)
    await office.typed(f"note {SECRET}", at=room)
    seq = (await office.incident(incident)).last_note.seq  # type: ignore[union-attr] # noted
    await office.typed(f"redact #{seq} a password", at=room)
    card = office.lines(incident, "card")[0]
    assert "looking at the pool" in card
    assert SECRET not in card


async def test_a_note_that_is_redacted_before_the_pager_had_it_is_not_sent() -> None:
    """It is looked at again when it is done."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.desk.take(office.slack.typed(f"note {SECRET}", BEN, room, trigger="t1"))
    entries = await office.entries(incident)
    (seq,) = (one.seq for one in entries if isinstance(one.body, e.NoteAdded))
    await office.desk.take(office.slack.typed(f"redact #{seq} x", "U0ANN", room, trigger="t2"))
    await office.settle()
    assert office.pager.done("note") == []
    assert SECRET not in office.public()


async def test_the_record_says_who_redacted_what_and_why() -> None:
    """Anybody may; that it happened is never hidden."""
    office, incident, seq = await noted()
    await office.typed(f'redact #{seq} "a password"', at=incident.surface.channel_id)
    (body,) = await office.bodies(incident, e.Redacted)
    assert body == e.Redacted(seq=seq, reason="a password")
    told = await office.typed("timeline", at=incident.surface.channel_id)
    assert told is not None
    assert f"entry {seq} redacted by Ann: a password" in told.words


async def test_redacting_again_says_so_and_writes_nothing() -> None:
    office, incident, seq = await noted()
    await office.typed(f"redact #{seq} x", at=incident.surface.channel_id)
    before = (await office.incident(incident)).seq
    again = await office.typed(f"redact #{seq} x", at=incident.surface.channel_id)
    assert again is not None
    assert "is redacted already" in again.words
    assert (await office.incident(incident)).seq == before


async def test_an_entry_that_is_not_there_is_said_to_be_none() -> None:
    office, incident, _ = await noted()
    told = await office.typed("redact #9999 x", at=incident.surface.channel_id)
    assert told is not None
    assert "There is no such entry" in told.words
    assert await office.bodies(incident, e.Redacted) == []


async def test_what_is_redacted_cannot_be_undone_into_the_open() -> None:
    """Undoing the note afterwards finds nothing, and brings nothing back."""
    office, incident, seq = await noted()
    await office.typed(f"redact #{seq} x", at=incident.surface.channel_id)
    told = await office.typed(f"undo #{seq}", by=BEN, at=incident.surface.channel_id)
    assert told is not None
    assert "Nothing was undone" in told.words
    assert SECRET not in shown(office)


async def test_a_pinned_message_that_was_redacted_is_not_pinned_again() -> None:
    """The message still stands in Slack; its words were taken out of the record on purpose."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    said = office.said(room, f"the password is {SECRET}")
    await office.chose_note(said)
    seq = (await office.incident(incident)).last_note.seq  # type: ignore[union-attr] # noted
    await office.typed(f"redact #{seq} a password", at=room)
    told = await office.chose_note(said)
    assert SECRET not in repr(await office.entries(incident))
    assert told is not None
    assert "redacted" in told.words


async def test_a_title_can_be_redacted() -> None:
    """The opening entry keeps its number, and the room is found again."""
    office = Office()
    incident = await office.declared(f'"{SECRET} is down"')
    room = incident.surface.channel_id
    await office.typed("redact #1 a name", at=room)
    after = await office.incident(incident)
    assert (after.number, after.title) == (1, "[redacted]")
    assert SECRET not in shown(office)
    assert after.surface.channel_id == room
