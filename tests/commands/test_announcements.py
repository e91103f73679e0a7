"""What the room hears of what people do: one line each, once, where the incident lives by then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core.entry import Placement
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.routing import Rule
from opsbot.ports import Refused
from tests.commands.office import BEN, Office
from tests.core.story import ADA, event, rules

LATER = timedelta(seconds=5)
NOT_NOW = Refused(error="restricted_action", cure="ask a workspace admin")


async def room() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("severity sev1", "Ann set severity SEV1"),
        ("lead", "Ann leads"),
        ("lead <@U0BEN>", "Ann made Ben the lead"),
        ('impact "nobody can log in"', "Ann set the impact: “nobody can log in”"),
        ("note looking at the pool", "Ann noted: “looking at the pool”"),
        ("status identified", "Ann set the status to identified"),
        ("resolve duplicate", "Ann ended the incident: duplicate"),
        ("cancel a load test", "Ann cancelled the incident: “a load test”"),
        ("role scribe @me", "Ann is the scribe now"),
        ("role scribe <@U0BEN>", "Ann made Ben the scribe"),
        (
            "mitigate rolled back",
            "Ann says it has been mitigated since 2026-11-22 14:00 UTC: “rolled back”",
        ),
        ("onset 13:41Z", "Ann says it began 2026-11-22 13:41 UTC"),
        ("update we know more", "Update by Ann: “we know more”"),
        ("followup alert on memory", "Ann set follow-up 1: “alert on memory”"),
    ],
)
async def test_a_change_is_said_once_with_who_did_it(line: str, said: str) -> None:
    """By name, never as a mention; the answer to the asker is theirs alone."""
    office, incident, at = await room()
    before = len(office.room.messages(at))
    await office.typed(line, at=at)
    await office.settle()
    assert office.lines(incident, "said:") == [said]
    assert len(office.room.messages(at)) == before + 1


@pytest.mark.parametrize("line", ["status", "timeline", "why", "help", "list", "", "lead", "room",
                                  "severity sev9", "undo #1", "brief", "role", "role scribe",
                                  "followup list", "snooze 1h", "reopen", "handover"])  # fmt: skip
async def test_what_changes_nothing_is_said_to_nobody_else(line: str) -> None:
    office, incident, at = await room()
    await office.typed("lead", by=BEN, at=at)
    said = office.lines(incident, "said:")
    await office.typed(line, at=at)
    assert office.lines(incident, "said:") == said


async def test_what_machines_do_stands_on_the_card_and_is_not_said() -> None:
    office, incident, _ = await room()
    await office.hear(event(Transition.ACKNOWLEDGED, 1, by=ADA))
    assert office.lines(incident, "said:") == []


async def test_a_pinned_message_is_in_the_room_already() -> None:
    """A tick says that it counts."""
    office, incident, at = await room()
    said = office.said(at, "rolled back")
    assert await office.pinned(said) is None
    assert office.people.channels[at].reactions[said.ts] == ["white_check_mark"]
    assert office.lines(incident, "said:") == []


async def test_what_happened_before_the_room_stood_is_on_its_card_only() -> None:
    """The room opens late; nobody reads history line by line there."""
    office = Office()
    office.room.fail("open_channel", NOT_NOW)
    incident = await office.page()
    for line in ("severity sev1 INC-1", "lead INC-1"):
        await office.typed(line)
    office.clock.advance(minutes=16)
    await office.settle()
    incident = await office.incident(incident)
    assert "SEV1" in office.lines(incident, "card")[0]
    assert office.lines(incident, "said:") == []
    await office.typed("note looking", at=incident.surface.channel_id)
    assert len(office.lines(incident, "said:")) == 1


async def test_a_thread_that_becomes_a_room_takes_only_what_is_said_from_then_on() -> None:
    """The lines that stand in the team's thread are not repeated in the new room."""
    office = Office(routing=rules(Rule(name="all", then=Placement.THREAD)).routing)
    office.room.lend("C0TEAM", "team")
    incident = await office.page()
    await office.typed("severity sev1 INC-1")
    assert [m.slot for m in office.room.channels["C0TEAM"].messages if "said" in m.slot]
    await office.typed("room INC-1")
    incident = await office.incident(incident)
    assert incident.surface.channel_id
    assert office.lines(incident, "said:") == []
    await office.typed("note looking", at=incident.surface.channel_id)
    assert office.lines(incident, "said:") == ["Ann noted: “looking”"]


async def test_a_note_that_is_taken_back_is_edited_away() -> None:
    """In place: the line stays where it was, and says that it was taken back."""
    office, incident, at = await room()
    told = await office.typed("note the wrong room", at=at)
    assert told is not None
    before = len(office.room.messages(at))
    await office.press_of(told, "undo:")
    assert office.lines(incident, "said:") == ["(taken back)"]
    assert len(office.room.messages(at)) == before
    assert "wrong room" not in office.lines(incident, "card")[0]
    assert "wrong room" not in office.lines(incident, "timeline")[0]


async def test_what_is_taken_back_before_it_was_said_is_never_said() -> None:
    office, incident, at = await room()
    office.room.fail("post", Refused(error="x", cure="y", retry_after=LATER), times=3)
    told = await office.typed("note the wrong room", at=at)
    assert told is not None
    await office.press_of(told, "undo:")
    await office.settle()
    assert "wrong room" not in "\n".join(office.lines(incident, "said:"))


async def test_a_line_whose_answer_was_lost_is_said_once() -> None:
    """Looked for before it is posted again."""
    office, incident, at = await room()
    office.room.lose("post")
    await office.typed("severity sev1", at=at)
    await office.settle()
    assert office.lines(incident, "said:") == ["Ann set severity SEV1"]


async def test_a_hostile_note_is_quoted_and_inert() -> None:
    office, incident, at = await room()
    await office.typed("note <!channel> *bold* \u202eevil", at=at)
    (said,) = office.lines(incident, "said:")
    assert "\u202e" not in said
    assert "[U+202E]" in said


async def test_a_quiet_hour_stays_within_the_rooms_budget() -> None:
    """At most eight posts in the channel: card, the few changes, and how it ended."""
    office, incident, at = await room()
    office.clock.advance(minutes=1)
    await office.typed("lead --ack", at=at)
    await office.typed('impact "31 % of logins fail" since -5m', at=at)
    for minutes, line in ((5, "note pool is full"), (20, "note rolled back v2.14"),
                          (15, "resolve")):  # fmt: skip
        office.clock.advance(minutes=minutes)
        await office.typed(line, at=at)
    await office.hear(event(Transition.RESOLVED, 41))
    assert len(office.room.messages(at)) <= 8
    assert office.room.channels[at].topics_set <= 3
    assert len(office.room.messages(office.digest)) == 1
    assert incident.number == 1
