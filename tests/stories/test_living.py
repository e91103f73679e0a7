"""Living through an incident, end to end: roles, updates, reminders, hand-over, mitigation,
follow-ups, the end, and coming back from it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.core.entry import Role, Status
from tests.stories.theatre import NO_EVIDENCE, Theatre, both_doors, stored_in, theatre


async def test_a_team_lives_through_an_incident_from_the_first_word_to_the_last(
    database_url: str, tmp_path: Path
):
    """Each step by the people who do it, over both doors and both stores."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **NO_EVIDENCE) as play:
        page = await play.page()
        room = await play.until_room()
        jules, robin, kim = (play.as_person(name) for name in ("jules", "robin", "kim"))
        assert "You lead INC-1" in await jules.ask("lead", room.id)
        assert "The impact of INC-1 is set" in await jules.ask(
            'impact "31 % of logins fail"', room.id
        )
        assert "INC-1 began" in await jules.ask('onset -20m "first failed login"', room.id)

        await jules.ask(f"role scribe @{robin.user.name}", room.id)
        told = await robin.hears()
        assert "made you the scribe of INC-1" in told
        assert told.channel != room.id, "it has to reach somebody who may not look at the room"
        await play.until(lambda: robin.id in room.members, "the scribe in the room")
        await play.until_card("scribe Robin")

        await jules.ask('update "v2.14 is rolled back" "We found the cause." next 30m', room.id)
        await play.until(lambda: any("v2.14 is rolled back" in x for x in play.lines()), "posted")
        (line,) = (one for one in play.lines() if "v2.14 is rolled back" in one)
        assert "31 % of logins fail" in line
        assert "We found the cause." in line
        await play.until_card("v2.14 is rolled back")

        assert "is asked to take over" in await jules.ask(
            f'handover @{robin.user.name} "watch the error share"', room.id
        )
        offer = await robin.hears()
        for words in ("asks you to take over the lead", "watch the error share",
                      "31 % of logins fail"):  # fmt: skip
            assert words in offer
        assert "You lead INC-1 now" in await robin.presses(offer, "handover:accept")
        await play.until_card("lead Robin")
        assert "does not stand any more" in await robin.presses(offer, "handover:accept")

        assert "is mitigated since" in await robin.ask("mitigate -2m", room.id)
        assert "Follow-up 1 is set" in await robin.ask('followup "alert on memory"', room.id)
        brief = await kim.ask("brief INC-1")
        for words in ("Mitigated", "alert on memory (no owner, no date)", "What happened so far"):
            assert words in brief

        await robin.ask("resolve fixed", room.id)
        await play.until(lambda: page.status == "resolved", "resolved at PagerDuty")
        await play.until_card("1 follow-up open: 1 without owner, 1 without date")
        assert "is closed now" in await robin.ask("status closed", room.id)
        assert "is open again" in await robin.ask('reopen "it is back"', room.id)
        await play.until(lambda: any("reopened the incident" in x for x in play.lines()), "said")
        now = await play.numbered(1)
        assert (now.status, now.reopened) == (Status.INVESTIGATING, 1)
        assert [one.name for one in now.living.roles[Role.SCRIBE]] == ["Robin Sample"]


async def sent_within(play: Theatre, seconds: float) -> list[e.Entry]:
    """The reminders on the record; what was sent is there a moment before what says so."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        sent = [x for x in await play.entries(1) if isinstance(x.body, e.ReminderSent)]
        if sent or asyncio.get_running_loop().time() > end:
            return sent
        await asyncio.sleep(0.1)


async def test_the_lead_is_reminded_across_a_restart_and_left_in_peace_by_one_press(
    tmp_path: Path,
):
    """The obligation outlives the process; Stop ends it, and the room never heard of it."""
    settings: dict[str, Any] = {**NO_EVIDENCE, "cadence": {"SEV1": "3s"}}
    async with theatre(tmp_path, **settings) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        await jules.ask("lead", room.id)
        await jules.ask("sev1", room.id)
        await play.restart()
        reminder = await jules.hears()
        assert "INC-1 has had no update" in reminder
        assert reminder.channel != room.id, "what stands in the room alone wakes nobody"
        assert "Nobody is reminded" in await jules.presses(reminder, "snooze:reminders=off")
        sent = await sent_within(play, 10.0)
        assert 1 <= len(sent) <= 3
        assert len({x.key for x in sent}) == len(sent)
        assert not any("no update" in line for line in play.lines(room.id))
        assert "no update" not in play.said(room.id)
