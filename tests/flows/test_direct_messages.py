"""Direct messages with buttons: said once, and once answered or lapsed edited to say what came of
them, without buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.card import Card
from opsbot.core.direct import settled_messages
from opsbot.core.entry import Severity
from opsbot.core.incident import Incident
from opsbot.core.invocation import ChannelTurn
from opsbot.engine.plain import PlainSteps
from opsbot.flows.remind import remind
from opsbot.flows.tell_person import tell_person
from opsbot.ports import Obligation, Outcome, PostedMessage, Refused
from tests.commands.office import ADA, ANN, BEN, TOWN, Office, replace
from tests.core.story import details
from tests.fakes.people import FakePeople
from tests.fakes.room import FakeMessage
from tests.flows.test_channel_turn import turned

CADENCE = ((Severity.SEV1, timedelta(minutes=30)),)
LATER = Refused(error="ratelimited", cure="wait", retry_after=timedelta(seconds=3))


def direct(office: Office, user_id: str) -> Sequence[FakeMessage]:
    """What stands in our direct messages with somebody."""
    held = office.room.channels.get(f"D{user_id[1:]}")
    return held.messages if held else []


def edits(office: Office, user_id: str) -> int:
    return office.room.moves.count(("edit", f"D{user_id[1:]}"))


async def offered() -> tuple[Office, Incident, str]:
    """Ann leads INC-1, and asks Ben to take over."""
    office = Office(cadence=CADENCE)
    incident = await office.page(said=details(priority="P1"))
    room = incident.surface.channel_id
    for line in ("lead", 'handover <@U0BEN> "the rollback runs"'):
        await office.typed(line, at=room)
    return office, incident, room


ENDS = (
    ("handover --accept", BEN, "INC-1: you took over the lead, 2026-11-22 14:00 UTC."),
    ("handover --decline", BEN, "INC-1: you declined to take over the lead, "),
    ("lead @me", ADA, "INC-1: Ada leads now; you are not asked any more to take over."),
    ("lead --nobody", ANN, "INC-1: nobody leads now; you are not asked any more to take over."),
    ("handover <@U0ADA>", ANN, "INC-1: Ann asked anew who takes over; this does not stand"),
    ("resolve", ANN, "INC-1: it was resolved before you answered whether you take over."),
    ('cancel "a load test"', ADA, "INC-1: it was cancelled before you answered"),
    ("undo", ANN, "INC-1: Ann took it back; you are not asked any more to take over."),
)  # fmt: skip


@pytest.mark.parametrize(("line", "by", "words"), ENDS, ids=[line for line, *_ in ENDS])
async def test_an_offer_says_what_became_of_it_and_has_no_buttons_then(
    line: str, by: str, words: str
) -> None:
    """Whoever ended it, and however: one edit."""
    office, incident, room = await offered()
    (message,) = direct(office, BEN)
    assert "Accept" in [button.label for button in message.card.buttons]
    offer = (await office.incident(incident)).living.offer
    assert offer is not None
    await office.typed(f"undo #{offer.seq}" if line == "undo" else line, by=by, at=room)
    assert message.words.startswith(words)
    assert message.card.buttons == ()
    assert "rollback" not in message.words
    assert edits(office, BEN) == 1
    await office.typed("note looking", at=room)
    await office.typed("severity sev3", at=room)
    assert edits(office, BEN) == 1


async def test_while_an_offer_stands_its_message_is_left_alone() -> None:
    office, _, room = await offered()
    for line in ("severity sev2", "update rolled back", "role scribe <@U0ADA>", "onset 13:58Z"):
        await office.typed(line, at=room)
    assert (len(direct(office, BEN)), edits(office, BEN)) == (1, 0)


async def reminded() -> tuple[Office, Incident, str]:
    """Ann leads a SEV1, and is reminded after half an hour."""
    office = Office(cadence=CADENCE)
    incident = await office.page(said=details(priority="P1"))
    await office.typed("lead", at=incident.surface.channel_id)
    office.clock.advance(minutes=30)
    await office.settle()
    return office, incident, incident.surface.channel_id


ANSWERS = (
    ("update rolled back", ANN, "INC-1: you posted an update, 2026-11-22 14:30 UTC."),
    ("update rolled back", BEN, "INC-1: Ben posted an update, 2026-11-22 14:30 UTC."),
    ("snooze 30m", ANN, "INC-1: no reminder of an update before 2026-11-22 15:00 UTC."),
    ("snooze off", ANN, "INC-1: you stopped the reminders of updates; snooze on brings them back."),
    ("lead @me", BEN, "INC-1: Ben leads now, so you are not reminded of updates."),
    ("lead --nobody", ANN, "INC-1: nobody leads now, so you are not reminded of updates."),
    ("resolve", BEN, "INC-1: it was resolved; no update is due any more."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "by", "words"), ANSWERS, ids=[f"{line} by {by}" for line, by, _ in ANSWERS]
)
async def test_a_reminder_says_what_was_done_about_it(line: str, by: str, words: str) -> None:
    office, _, room = await reminded()
    (message,) = direct(office, ANN)
    assert len(message.card.buttons) == 3
    await office.typed(line, by=by, at=room)
    assert message.words == words
    assert (message.card.buttons, edits(office, ANN)) == ((), 1)


async def test_of_two_reminders_only_the_newer_one_has_buttons() -> None:
    office, _, _ = await reminded()
    office.clock.advance(minutes=30)
    await office.settle()
    older, newer = direct(office, ANN)
    assert older.words == "INC-1: you were reminded again of an update since."
    assert (len(older.card.buttons), len(newer.card.buttons)) == (0, 3)


@pytest.mark.parametrize(
    ("role", "line", "by", "words"),
    [
        ("scribe", "role scribe <@U0ADA>", ANN, "INC-1: you are no longer the scribe, says Ann."),
        ("scribe", "role scribe --gone", BEN, "INC-1: you are no longer the scribe."),
        ("expert", "role expert <@U0BEN> --gone", ANN, "INC-1: you are no longer "),
        ("expert", "role expert <@U0ADA>", ANN, ""),
        ("tech-lead", "role scribe <@U0ADA>", ANN, ""),
    ],
)
async def test_who_has_a_role_no_more_reads_so(role: str, line: str, by: str, words: str) -> None:
    """Another expert takes nothing away, and neither does another role."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed(f"role {role} <@U0BEN>", at=room)
    (message,) = direct(office, BEN)
    await office.typed(line, by=by, at=room)
    assert edits(office, BEN) == (1 if words else 0)
    assert bool(message.card.buttons) is (words == "")
    assert message.words.startswith(words)


async def test_the_words_stay_as_they_are_whatever_happens_later() -> None:
    """Declined, then led by another, ended and opened again: it was declined."""
    office, _, room = await offered()
    (message,) = direct(office, BEN)
    await office.typed("handover --decline", by=BEN, at=room)
    for line in ("lead @me", "resolve", "reopen", "handover <@U0ANN>"):
        await office.typed(line, by=ADA, at=room)
    assert message.words.startswith("INC-1: you declined")
    assert edits(office, BEN) == 1


async def test_it_is_edited_where_the_incident_has_no_place_any_more() -> None:
    """Somebody archived a private incident's room: it stands nowhere, but people still do."""
    office = Office()
    incident = await office.declared('"Zebra leaks" --private --lead')
    room = incident.surface.channel_id
    await office.typed("handover <@U0BEN>", at=room)
    office.room.channels[room].archived = True
    await turned(office, room, ChannelTurn.ARCHIVED)
    await office.typed("resolve INC-1", at=TOWN)
    (message,) = direct(office, BEN)
    assert message.words.startswith("INC-1: it was resolved before you answered")


async def test_an_edit_that_slack_puts_off_is_made_later() -> None:
    office, _, room = await offered()
    office.room.fail("edit", LATER, times=6)
    await office.typed("handover --accept", by=BEN, at=room)
    (message,) = direct(office, BEN)
    assert message.card.buttons == ()


async def test_the_state_and_the_message_agree_on_what_stands() -> None:
    """After every entry of a long story: no offer stands whose message is done with."""
    office, incident, room = await offered()
    told = (
        ("note looking", ANN), ("handover --decline", BEN), ("handover <@U0BEN>", ANN),
        ("lead @me", ADA), ("handover <@U0BEN>", ADA), ("resolve", ADA), ("reopen", ADA),
        ("handover <@U0BEN>", ADA), ("handover --accept", BEN),
    )  # fmt: skip
    for line, by in told:
        await office.typed(line, by=by, at=room)
        now = await office.incident(incident)
        open_ones = [one for one in direct(office, BEN) if one.card.buttons]
        assert len(open_ones) == (1 if now.living.offer else 0), line
    entries = await office.entries(incident)
    done = settled_messages(await office.incident(incident), entries)
    assert len([slot for slot, _ in done if ":handover:" in slot]) == 4


# --- once, whatever breaks -----------------------------------------------------------------------


class Stops(FakePeople):
    """opsbot is killed right after Slack took the message."""

    def __init__(self, held: FakePeople) -> None:
        super().__init__()
        self.standings, self.channels, self.mailbox = held.standings, held.channels, held.mailbox

    async def whisper(self, *asked: Any, **more: Any) -> Outcome[PostedMessage | None]:
        await super().whisper(*asked, **more)
        raise ConnectionError("killed")


class Answers(FakePeople):
    """Whoever is told answers before opsbot hears that the message stands."""

    def __init__(self, held: FakePeople, office: Office, line: str, at: str) -> None:
        super().__init__()
        self.standings, self.channels, self.mailbox = held.standings, held.channels, held.mailbox
        self._office, self._line, self._at = office, line, at

    async def whisper(
        self, channel_id: str, user_id: str, card: Card, *, incident_id: str = ""
    ) -> Outcome[PostedMessage | None]:
        told = await super().whisper(channel_id, user_id, card, incident_id=incident_id)
        line, self._line = self._line, ""
        if line:
            office, trigger = self._office, self._office.people.new_trigger(user_id)
            await office.desk.take(office.slack.typed(line, user_id, self._at, trigger=trigger))
        return told


async def owed_offer() -> tuple[Office, Incident, Obligation]:
    """Ann has asked Ben, and nobody was told yet."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("lead", at=room)
    trigger = office.people.new_trigger(ANN)
    await office.desk.take(office.slack.typed("handover <@U0BEN>", ANN, room, trigger=trigger))
    due = await office.record.due(office.clock.now())
    (one,) = [owed for owed in due if owed.purpose == "tell_person"]
    return office, incident, one


async def run(office: Office, flow: Any, one: Obligation) -> float | None:
    arguments = {**one.arguments, "incident_id": one.incident_id, "key": one.key}
    return await flow(office.ports, PlainSteps(), arguments)


async def test_killed_after_it_was_sent_nobody_is_told_twice() -> None:
    """And the timeline says that nobody knows, with what to do."""
    office, incident, one = await owed_offer()
    whole, office.ports = office.ports, replace(office.ports, people=Stops(office.people))
    with pytest.raises(ConnectionError):
        await run(office, tell_person, one)
    office.ports = whole
    for _ in range(3):
        assert await run(office, tell_person, one) is None
    assert len(direct(office, BEN)) == 1
    told = await office.typed("timeline", at=incident.surface.channel_id)
    assert told is not None
    assert "ask them" in told.words


async def test_killed_after_it_was_recorded_nothing_is_said_of_it() -> None:
    office, incident, one = await owed_offer()
    for _ in range(3):
        assert await run(office, tell_person, one) is None
    assert len(direct(office, BEN)) == 1
    assert await office.bodies(incident, e.SurfaceRefused) == []


async def test_a_reminder_that_was_sent_as_opsbot_was_killed_counts_as_sent() -> None:
    """The next one comes a cadence later."""
    office = Office(cadence=CADENCE)
    incident = await office.page(said=details(priority="P1"))
    await office.typed("lead", at=incident.surface.channel_id)
    office.clock.advance(minutes=30)
    due = await office.record.due(office.clock.now())
    (one,) = [owed for owed in due if owed.purpose == "remind_update"]
    whole, office.ports = office.ports, replace(office.ports, people=Stops(office.people))
    with pytest.raises(ConnectionError):
        await run(office, remind, one)
    office.ports = whole
    await office.settle()
    assert len(direct(office, ANN)) == 1
    assert len(await office.bodies(incident, e.ReminderSent)) == 1
    office.clock.advance(minutes=30)
    await office.settle()
    assert len(direct(office, ANN)) == 2


async def test_answered_before_we_hear_that_it_stands_it_loses_its_buttons_all_the_same() -> None:
    office, incident, _ = await owed_offer()
    room = incident.surface.channel_id
    told = Answers(office.people, office, "handover --accept", room)
    office.ports = replace(office.ports, people=told)
    await office.settle()
    (message,) = direct(office, BEN)
    assert message.words.startswith("INC-1: you took over the lead")
    assert message.card.buttons == ()


async def test_refused_for_now_it_is_tried_again_and_said_once() -> None:
    office, _, _ = await owed_offer()
    office.people.fail("whisper", LATER, times=3)
    await office.settle()
    assert len(direct(office, BEN)) == 1


async def test_after_a_lost_answer_it_is_not_said_again() -> None:
    """It has no place on record then, so it keeps its buttons; pressed, they say what holds."""
    office, incident, _ = await owed_offer()
    office.people.lose("whisper")
    await office.settle()
    await office.typed("handover --accept", by=BEN, at=incident.surface.channel_id)
    (message,) = direct(office, BEN)
    assert message.card.buttons != ()
    (said,) = await office.bodies(incident, e.SurfaceRefused)
    assert said.gives_up is False


# --- pages ---------------------------------------------------------------------------------------

NEVER = Refused(error="Not allowed", cure="check PAGERDUTY_API_TOKEN")


async def test_who_asked_for_a_page_that_failed_is_told_where_they_see_it_later() -> None:
    """In a direct message like everything that opsbot tells of its own accord, however they look
    at the room; the room's line says so too."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    office.people.add_channel(room)
    office.people.channels[room].members.add(ANN)
    office.staffing.fail("page", NEVER)
    await office.typed("page auth-api", at=room)
    (told,) = office.people.whispered(ANN)
    assert told.channel_id == ""
    assert told.words.startswith("INC-1: auth-api was not paged, which Ann asked for: Not allowed")
    assert told.actions == []
    assert "was not paged" in office.lines(incident, "page:")[0]


async def test_they_are_told_once_slack_takes_it() -> None:
    office = Office()
    incident = await office.page()
    office.staffing.fail("page", NEVER)
    office.people.fail("whisper", LATER, times=2)
    await office.typed("page auth-api", at=incident.surface.channel_id)
    assert len(office.people.whispered(ANN)) == 1


async def test_a_page_that_the_room_tells_of_is_told_to_nobody_besides() -> None:
    office = Office()
    incident = await office.page()
    await office.typed("page auth-api", at=incident.surface.channel_id)
    assert office.people.whispers == []


async def test_direct_messages_that_are_closed_to_us_say_nothing_of_the_room() -> None:
    """As those with somebody whose account is deactivated may be."""
    office, incident, room = await offered()
    (message,) = direct(office, BEN)
    office.room.channels["D0BEN"].archived = True
    await office.typed("lead @me", by=ADA, at=room)
    now = await office.incident(incident)
    assert not now.surface.abandoned
    assert message.card.buttons != ()
    assert "Ada" in office.card(incident)
