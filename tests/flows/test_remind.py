"""Reminders of updates by the clock: the lead alone, once for each time; the room once where nobody
leads; moot as soon as somebody posts, ends it, or wants peace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.cadence import REMIND
from opsbot.core.entry import Mode, Severity
from opsbot.core.incident import Incident
from opsbot.core.rules import Channels
from opsbot.engine.plain import PlainSteps
from opsbot.flows.converge import converge
from opsbot.flows.remind import TRY_AGAIN, remind
from opsbot.ports import Obligation, Refused
from tests.commands.office import ANN, BEN, START, TOWN, Office
from tests.core.story import details

CADENCE = (
    (Severity.SEV1, timedelta(minutes=30)), (Severity.SEV2, timedelta(hours=1)),
    (Severity.SEV3, timedelta(hours=4)),
)  # fmt: skip
LATER = Refused(error="ratelimited", cure="wait", retry_after=timedelta(seconds=5))
NEVER = Refused(error="messages_tab_disabled", cure="Switch the Messages tab on.")


async def led(line: str = "lead", **rules: object) -> tuple[Office, Incident, str]:
    """A SEV1 that Ann leads since 14:00."""
    office = Office(**{"cadence": CADENCE, **rules})
    incident = await office.page(said=details(priority="P1"))
    if line:
        await office.typed(f"{line} INC-1", at=TOWN)
    return office, await office.incident(incident), incident.surface.channel_id


async def pass_time(office: Office, minutes: float) -> None:
    """What comes due meanwhile is done at its time, within half a minute."""
    until = office.clock.now() + timedelta(minutes=minutes)
    while True:
        await office.settle()
        due = await office.record.next_due(office.clock.now())
        if due is None or due > until:
            break
        office.clock.advance(seconds=max((due - office.clock.now()).total_seconds(), 0.001))
    office.clock.advance(seconds=max((until - office.clock.now()).total_seconds(), 0))
    await office.settle()


async def sent(office: Office, incident: Incident) -> list[tuple[float, str]]:
    """(minutes after 14:00, whom) of each reminder on the record."""
    entries = await office.entries(incident)
    return [
        (round((x.occurred_at - START).total_seconds() / 60), x.body.slack_id)
        for x in entries
        if isinstance(x.body, e.ReminderSent)
    ]


async def owed(office: Office) -> list[datetime]:
    far = office.clock.now() + timedelta(days=400)
    return [one.due_at for one in await office.record.due(far) if one.purpose == REMIND]


async def test_the_lead_is_reminded_in_private_and_again_a_cadence_later() -> None:
    office, incident, _ = await led()
    await pass_time(office, 29)
    assert await sent(office, incident) == []
    await pass_time(office, 66)
    assert await sent(office, incident) == [(30, ANN), (60, ANN), (90, ANN)]
    first = office.people.whispered(ANN)[0]
    assert "INC-1 has had no update for 30 min. SEV1 wants one every 30 min." in first.words
    assert first.actions == ["update", "snooze:length=30m", "snooze:reminders=off"]
    assert first.incident_id == incident.id
    assert office.lines(incident, "post:") == []


async def test_the_room_hears_nothing_of_reminders() -> None:
    office, _, room = await led()
    posts = len(office.room.messages(room))
    await pass_time(office, 200)
    assert len(office.room.messages(room)) == posts


async def test_an_update_begins_the_time_anew_and_its_promise_counts() -> None:
    office, incident, room = await led()
    await pass_time(office, 20)
    await office.typed("update we look into it", at=room, by=BEN)
    await pass_time(office, 29)
    assert await sent(office, incident) == []
    await pass_time(office, 2)
    assert await sent(office, incident) == [(50, ANN)]
    assert "The last update of INC-1 is 30 min old." in office.people.whispers[-1].words
    await office.typed('update "rolling back" next 2h', at=room)
    await pass_time(office, 119)
    assert len(await sent(office, incident)) == 1
    await pass_time(office, 2)
    assert len(await sent(office, incident)) == 2


async def test_a_new_lead_is_reminded_and_not_the_old_one() -> None:
    office, incident, room = await led()
    await pass_time(office, 10)
    await office.typed("lead @me", at=room, by=BEN)
    await pass_time(office, 31)
    assert await sent(office, incident) == [(40, BEN)]


@pytest.mark.parametrize(
    "line", ["resolve", 'cancel "a load test"', "severity sev4", "snooze off", "lead --nobody"]
)
async def test_what_makes_it_moot_cancels_it(line: str) -> None:
    """Nothing is owed any more; where a SEV1 loses its lead, the room will be told instead."""
    office, incident, room = await led()
    await pass_time(office, 10)
    await office.typed(line, at=room)
    left = await owed(office)
    assert left == ([START + timedelta(minutes=30)] if line == "lead --nobody" else [])
    await pass_time(office, 300)
    assert ANN not in [whom for _, whom in await sent(office, incident)]


async def test_a_worse_severity_wants_updates_sooner() -> None:
    office, incident, room = await led()
    await office.typed("severity sev3", at=room)
    await pass_time(office, 100)
    assert await sent(office, incident) == []
    await office.typed("severity sev2", at=room)
    await pass_time(office, 1)
    assert await sent(office, incident) == [(100, ANN)]


async def test_snoozing_by_the_button_moves_it_by_half_an_hour() -> None:
    office, incident, _ = await led()
    await pass_time(office, 31)
    told = office.people.whispers[-1]
    answered = await office.pressed(
        told.actions[1], told.incident_id, at=told.channel_id, ephemeral=True
    )
    assert answered is not None
    assert "No reminder of an update of INC-1 before 2026-11-22 15:01 UTC" in answered.words
    assert "no reminder of an update" not in office.card(incident)
    await pass_time(office, 29)
    assert len(await sent(office, incident)) == 1
    await pass_time(office, 2)
    assert await sent(office, incident) == [(30, ANN), (61, ANN)]


async def test_stopped_it_stays_quiet_until_somebody_turns_it_on_again() -> None:
    office, incident, room = await led()
    await pass_time(office, 31)
    await office.pressed("snooze:reminders=off", incident.id, at=room)
    await pass_time(office, 600)
    assert len(await sent(office, incident)) == 1
    await office.typed("snooze on", at=room)
    await pass_time(office, 1)
    assert len(await sent(office, incident)) == 2


async def test_the_button_posts_an_update_by_its_form() -> None:
    office, incident, _ = await led()
    await pass_time(office, 31)
    told = office.people.whispers[-1]
    await office.pressed(told.actions[0], told.incident_id, at=told.channel_id, ephemeral=True)
    assert office.form_of().verb == "update"
    await office.submitted(text="rolled back")
    assert (await office.incident(incident)).living.update is not None


async def test_where_nobody_leads_a_bad_one_the_room_is_told_once() -> None:
    office, incident, room = await led("")
    await pass_time(office, 200)
    assert await sent(office, incident) == [(30, "")]
    (line,) = office.lines(incident, "post:unled")
    assert "Nobody leads, and no update for 30 min." in line
    assert office.people.whispers == []
    await office.pressed("lead:person=me", incident.id, at=room)
    await pass_time(office, 31)
    assert [whom for _, whom in await sent(office, incident)] == ["", ANN]


async def test_the_room_is_told_how_old_the_last_update_is() -> None:
    office, incident, room = await led("")
    await office.typed("update we look into it", at=room)
    await pass_time(office, 31)
    (line,) = office.lines(incident, "post:unled")
    assert "Nobody leads, and the last update is 30 min old." in line


async def test_where_nobody_leads_a_small_one_nobody_is_told() -> None:
    office, incident, room = await led("")
    await office.typed("severity sev3", at=room)
    await pass_time(office, 600)
    assert await sent(office, incident) == []


async def test_a_severity_without_cadence_wants_no_updates() -> None:
    office, incident, _ = await led(cadence=())
    await pass_time(office, 600)
    assert await sent(office, incident) == []
    assert await owed(office) == []


async def test_mitigated_is_no_reason_to_fall_silent() -> None:
    office, incident, room = await led()
    await office.typed("mitigate", at=room)
    await pass_time(office, 31)
    assert await sent(office, incident) == [(30, ANN)]


async def test_reopened_it_begins_anew() -> None:
    office, incident, room = await led()
    await office.typed("resolve", at=room)
    await pass_time(office, 120)
    await office.typed("reopen", at=room)
    await pass_time(office, 29)
    assert await sent(office, incident) == []
    await pass_time(office, 2)
    assert await sent(office, incident) == [(150, ANN)]


async def test_while_slack_is_busy_it_is_tried_again_and_said_once() -> None:
    office, incident, _ = await led()
    office.people.fail("whisper", LATER, times=3)
    await pass_time(office, 33)
    assert await sent(office, incident) == [(30, ANN)]
    assert len(office.people.whispered(ANN)) == 1


async def test_a_lead_who_cannot_be_reached_is_trouble_on_the_card_until_they_can() -> None:
    """Reminders never stop without notice."""
    office, incident, _ = await led()
    office.people.fail("whisper", NEVER, times=2)
    one = await due_now(office)
    for _ in range(2):
        assert await run(office, one) == TRY_AGAIN
    await converge(office.ports, PlainSteps(), {"incident_id": incident.id})
    assert "Trouble Switch the Messages tab on." in office.card(incident)
    assert len(await office.bodies(incident, e.SurfaceRefused)) == 1
    office.clock.advance(seconds=TRY_AGAIN)
    assert await run(office, one) is None
    await office.settle()
    assert "Trouble" not in office.card(incident)
    assert await sent(office, incident) == [(35, ANN)]


async def test_in_shadow_mode_nobody_is_reminded() -> None:
    office = Office(
        cadence=CADENCE, mode=Mode.SHADOW, channels=Channels(shadow="C0SHADOW", digest="C0D")
    )
    office.room.lend("C0SHADOW", "shadow")
    incident = await office.page(said=details(priority="P1"))
    await office.typed("lead INC-1", at=TOWN)
    await pass_time(office, 120)
    assert await sent(office, incident) == []


# --- restarts ---------------------------------------------------------------------------------


async def due_now(office: Office) -> Obligation:
    office.clock.advance(minutes=30)
    (one,) = [o for o in await office.record.due(office.clock.now()) if o.purpose == REMIND]
    return one


async def run(office: Office, one: Obligation) -> float | None:
    arguments = {**one.arguments, "incident_id": one.incident_id, "key": one.key}
    return await remind(office.ports, PlainSteps(), arguments)


async def test_after_a_restart_before_the_end_of_the_flow_it_is_not_said_again() -> None:
    """What was said is on the record; the obligation that is found once more does nothing."""
    office, incident, _ = await led()
    one = await due_now(office)
    assert await run(office, one) is None
    for _ in range(3):
        assert await run(office, one) is None
    assert len(office.people.whispered(ANN)) == 1
    assert len(await sent(office, incident)) == 1
    assert await owed(office) == [START + timedelta(minutes=60)]


async def test_a_bot_that_was_down_for_hours_reminds_once_and_goes_on() -> None:
    office, incident, _ = await led()
    office.clock.advance(hours=5)
    await office.settle()
    assert await sent(office, incident) == [(300, ANN)]
    assert "no update for 5 h" in office.people.whispers[-1].words
    await pass_time(office, 31)
    assert await sent(office, incident) == [(300, ANN), (330, ANN)]


async def test_a_cadence_that_was_changed_meanwhile_counts_from_then_on() -> None:
    """Settings are read at the start; what was owed by the old ones is owed anew."""
    office, incident, _ = await led()
    longer = ((Severity.SEV1, timedelta(hours=2)),)
    office.ports = replace(office.ports, rules=replace(office.rules, cadence=longer))
    await pass_time(office, 119)
    assert await sent(office, incident) == []
    await pass_time(office, 2)
    assert await sent(office, incident) == [(120, ANN)]
