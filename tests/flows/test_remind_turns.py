"""Reminders when things turn: severities, leads, ends and returns, people who left, clocks that
jump. None is lost, none comes twice, and nobody is silenced by somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.engine.plain import PlainSteps
from opsbot.flows.converge import converge
from opsbot.flows.remind import TRY_AGAIN
from opsbot.ports import Outcome, PostedMessage, Refused
from tests.commands.office import ADA, ANN, BEN, START, Office, replace
from tests.core.story import event
from tests.fakes.people import FakePeople
from tests.flows.test_remind import due_now, led, owed, pass_time, run, sent

GONE = Refused(error="messages_tab_disabled", cure="Switch the Messages tab on.")


async def test_what_was_promised_before_it_got_worse_does_not_put_off_the_next() -> None:
    """At SEV3 the next update was due in four hours; at SEV1 the room waits half an hour."""
    office, incident, room = await led()
    await office.typed("severity sev3", at=room)
    await office.typed("update we look into it", at=room)
    await pass_time(office, 20)
    await office.typed("severity sev1", at=room)
    await pass_time(office, 11)
    assert await sent(office, incident) == [(30, ANN)]


async def test_a_promise_that_was_made_since_it_got_worse_counts() -> None:
    office, incident, room = await led()
    await office.typed("severity sev3", at=room)
    await office.typed("severity sev1", at=room)
    await office.typed('update "rolling back" next 2h', at=room)
    await pass_time(office, 119)
    assert await sent(office, incident) == []


async def test_through_many_severities_one_reminder_is_owed_and_the_last_one_counts() -> None:
    office, incident, room = await led()
    for severity in ("sev3", "sev1", "sev4", "sev2", "sev4", "sev1", "sev3", "sev2"):
        await office.typed(f"severity {severity}", at=room)
        await pass_time(office, 1)
        assert len(await owed(office)) <= 1
    assert await owed(office) == [START + timedelta(hours=1)]
    await pass_time(office, 60)
    assert await sent(office, incident) == [(60, ANN)]


@pytest.mark.parametrize("handed", ["lead @me", "role lead @me"])
async def test_peace_that_one_lead_wished_for_is_not_the_next_ones(handed: str) -> None:
    office, incident, room = await led()
    await office.typed("snooze off", at=room)
    await office.typed(handed, at=room, by=BEN)
    await pass_time(office, 31)
    assert await sent(office, incident) == [(30, BEN)]


async def test_nobody_else_silences_the_lead() -> None:
    office, incident, room = await led()
    told = await office.typed("snooze off", at=room, by=BEN)
    assert told is not None
    assert "Ann leads INC-1 and is the one who is reminded" in told.words
    await pass_time(office, 31)
    assert await sent(office, incident) == [(30, ANN)]


async def test_that_reminders_are_off_is_seen_by_whoever_asks_where_it_stands() -> None:
    office, _, room = await led()
    for line, words in (("snooze off", "reminders of updates are off"),
                        ("snooze 1h", "no reminder of an update before 15:00 UTC")):  # fmt: skip
        await office.typed(line, at=room)
        told = await office.typed("status", at=room)
        assert told is not None
        assert words in told.words


async def test_what_was_switched_off_before_the_end_is_on_when_it_comes_back() -> None:
    office, incident, room = await led()
    await office.typed("snooze off", at=room)
    await office.typed("resolve", at=room)
    await pass_time(office, 10)
    await office.typed("reopen", at=room)
    await pass_time(office, 31)
    assert await sent(office, incident) == [(40, ANN)]


async def test_the_room_hears_again_when_the_lead_was_given_up() -> None:
    """Once each time that nobody leads, and not once for all."""
    office, incident, room = await led("")
    await pass_time(office, 31)
    await office.typed("lead", at=room)
    await office.typed("update we look into it", at=room)
    await office.typed("lead --nobody", at=room)
    await pass_time(office, 200)
    assert [whom for _, whom in await sent(office, incident)] == ["", ""]
    assert len(office.lines(incident, "post:unled")) == 2


async def test_the_room_hears_again_when_it_came_back() -> None:
    office, incident, room = await led("")
    await pass_time(office, 31)
    await office.typed("resolve", at=room)
    await office.typed("reopen", at=room)
    await pass_time(office, 200)
    assert await sent(office, incident) == [(30, ""), (61, "")]


async def test_it_reaches_a_lead_who_does_not_look_at_the_room() -> None:
    """What is seen in a channel by one alone is gone when they are not there, and rings nowhere."""
    office, incident, room = await led()
    office.people.add_channel(room)
    office.people.channels[room].members.add(ANN)
    await pass_time(office, 31)
    (told,) = office.people.whispered(ANN)
    assert told.channel_id == ""
    assert "INC-1 [SEV1] checkout-api: Error rate above 5 %" in told.words
    assert await sent(office, incident) == [(30, ANN)]


async def said(office: Office, line: str, at: str) -> None:
    """Ben types it; nothing that is owed is done yet."""
    trigger = office.people.new_trigger(BEN)
    await office.desk.take(office.slack.typed(line, BEN, at, trigger=trigger))


async def unreached(office: Office, incident: Incident) -> str:
    """The card after the lead could not be reminded."""
    assert await run(office, await due_now(office)) == TRY_AGAIN
    await converge(office.ports, PlainSteps(), {"incident_id": incident.id})
    return office.card(incident)


async def test_a_lead_who_has_left_is_said_to_have_and_is_not_written_to() -> None:
    office, incident, _ = await led()
    office.people.add("ann", deactivated=True)
    card = await unreached(office, incident)
    assert "Trouble Ann leads, but their account is deactivated: take the lead." in card
    assert office.people.whispers == []
    assert await sent(office, incident) == []


@pytest.mark.parametrize("line", ["lead @me", "resolve", 'cancel "a load test"'])
async def test_that_a_lead_cannot_be_reached_is_no_trouble_once_they_lead_no_more(
    line: str,
) -> None:
    office, incident, room = await led()
    office.people.fail("whisper", GONE)
    assert "Switch the Messages tab on." in await unreached(office, incident)
    await said(office, line, room)
    await converge(office.ports, PlainSteps(), {"incident_id": incident.id})
    assert "Trouble" not in office.card(incident)


class Meanwhile(FakePeople):
    """Something happens while Slack takes the message."""

    def __init__(self, held: FakePeople, office: Office, line: str, at: str) -> None:
        super().__init__()
        self.standings, self.channels = held.standings, held.channels
        self._office, self._line, self._at = office, line, at

    async def whisper(self, *asked: Any, **more: Any) -> Outcome[PostedMessage | None]:
        line, self._line = self._line, ""
        if line:
            await said(self._office, line, self._at)
        return await super().whisper(*asked, **more)


async def test_an_update_that_comes_while_the_reminder_goes_out_is_not_late() -> None:
    """Nothing on the record says then that the newest update is overdue."""
    office, incident, room = await led()
    told = Meanwhile(office.people, office, 'update "rolled back"', room)
    office.ports = replace(office.ports, people=told)
    await pass_time(office, 31)
    assert len(told.whispers) == 1
    assert await sent(office, incident) == []
    assert "next by 15:00 UTC" in office.card(incident)


async def test_the_card_does_not_promise_what_is_late() -> None:
    office, incident, room = await led()
    await office.typed("update we look into it", at=room)
    assert "; next by 14:30 UTC" in office.card(incident)
    await pass_time(office, 31)
    assert "; the next was due by 14:30 UTC" in office.card(incident)
    await office.typed("update found it", at=room)
    assert "; next by 15:01 UTC" in office.card(incident)


async def test_a_promise_from_before_the_end_is_none_when_it_came_back() -> None:
    office, incident, room = await led()
    await office.typed("update we look into it", at=room)
    await office.typed("resolve", at=room)
    await pass_time(office, 60)
    await office.typed("reopen", at=room)
    assert "next" not in office.card(incident)
    assert "we look into it" in office.card(incident)


async def test_a_clock_that_is_set_back_does_not_end_reminders() -> None:
    office, incident, room = await led()
    await pass_time(office, 31)
    office.clock.advance(hours=-3)
    await office.typed('update "still looking"', at=room)
    await pass_time(office, 300)
    assert len(await sent(office, incident)) >= 2
    assert len(await owed(office)) == 1


async def test_an_alert_that_brings_it_back_begins_the_time_anew() -> None:
    """What ended by itself and fires again is led by nobody: the room is told after a cadence."""
    office, incident, _ = await led("")
    await pass_time(office, 5)
    await office.hear(event(Transition.RESOLVED, 5))
    await pass_time(office, 5)
    await office.hear(event(Transition.TRIGGERED, 10))
    await pass_time(office, 31)
    assert await sent(office, incident) == [(40, "")]


async def test_the_lead_who_took_over_by_a_click_is_reminded_and_not_who_gave_it() -> None:
    office, incident, room = await led()
    await office.typed("handover <@U0ADA>", at=room)
    await pass_time(office, 10)
    (offer,) = office.people.whispered(ADA)
    await office.pressed(offer.actions[0], offer.incident_id, by=ADA, at="D0ADA")
    await pass_time(office, 31)
    assert await sent(office, incident) == [(40, ADA)]
    assert len(await office.bodies(incident, e.ReminderSent)) == 1
