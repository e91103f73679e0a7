"""Working an incident: impact, severity, notes, pins and undo; and the timeline that they leave."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.core.entry import Severity
from tests.stories.theatre import NO_EVIDENCE, both_doors, stored_in, theatre

PRIORITIES = {"P1": "SEV1", "P2": "SEV2", "P4": "SEV4"}
SETTINGS: dict[str, Any] = {**NO_EVIDENCE, "severity": {"priority": PRIORITIES}}


async def test_severity_goes_to_pagerduty_as_priority_and_comes_back_from_there(
    database_url: str, tmp_path: Path
):
    """Each change in the name of whoever made it; what comes back is not sent again."""
    store, by_socket = stored_in(database_url), both_doors(database_url)
    async with theatre(tmp_path / "s", environ=store, by_socket=by_socket, **SETTINGS) as play:
        page = await play.page()  # P4
        room = await play.until_room()
        jules = play.as_person("jules")
        assert "is SEV1 now (was SEV4)" in await jules.ask("sev1", room.id)
        await play.until(lambda: page.priority == "P1", "the priority at PagerDuty")
        assert page.log[-1].agent.name == "Jules Demo"
        await play.until_card("[SEV1]")
        await play.pagerduty.set_priority(page, "P2", "Kim Example")
        await play.until_record(page, lambda i: i.severity is Severity.SEV2)
        await play.until(lambda: "SEV2" in room.topic.value, "the topic")
        await play.pagerduty.settled(page)
        assert page.priority == "P2"
        entries = await play.entries(1)
        assert len([x for x in entries if isinstance(x.body, e.PagerAsked)]) == 1
        set_by = {x.body.summary for x in entries if isinstance(x.body, e.AlertChanged)
                  and x.body.event_type == "incident.priority_updated"}  # fmt: skip
        assert set_by == {
            "Jules Demo set the priority to P1", "Kim Example set the priority to P2"
        }  # fmt: skip


async def test_notes_pins_and_undo_stand_on_the_timeline_in_the_order_of_what_happened(
    tmp_path: Path,
):
    """A note of twenty minutes ago stands before the page; what was taken back stands nowhere."""
    async with theatre(tmp_path, **SETTINGS) as play:
        page = await play.page()
        room = await play.until_room()
        jules, kim = play.as_person("jules"), play.as_person("kim")
        said = await jules.ask('note "the pool looks full" -20m', room.id)
        assert "Noted for" in said
        assert "UTC" in said
        wrong = await jules.ask("note the wrong room", room.id)
        assert "Undone." in await jules.presses(wrong, "undo:entry=")
        await play.stage.slack.people.join(kim.id, room.id)
        ts = await kim.say("restarting partner-api", room)
        assert "SEV2" in await jules.ask("severity 2 it spreads", room.id)
        pins = (play.stage.slack.people.react(who.id, room.id, ts, "pushpin")
                for who in (jules, kim))  # fmt: skip
        await asyncio.gather(*pins)
        message = room.messages[ts]
        await play.until(lambda: "white_check_mark" in message.reactions, "the tick")
        timeline = (await jules.ask("timeline", room.id)).text
        order = ["the pool looks full", "INC-1 opened", "restarting partner-api", "SEV2"]
        places = [timeline.index(words) for words in order]
        assert places == sorted(places)
        assert "the wrong room" not in timeline
        entries = await play.entries(1)
        pinned = [x for x in entries if x.key.startswith("pinned:")]
        assert len(pinned) == 1, "two people's pins of one message are one note"
        await play.until(
            lambda: any("restarting partner-api" in note.content for note in page.notes),
            "the pinned words at PagerDuty",
        )


async def test_a_pin_outside_every_room_does_nothing_and_asks_slack_nothing(tmp_path: Path):
    """Not even who pinned it: it is nobody's business of ours."""
    async with theatre(tmp_path, **SETTINGS) as play:
        jules = play.as_person("jules")
        digest = play.stage.places.digest
        ts = await jules.say("lunch?", digest)
        calls = len(play.stage.slack.journal.calls)
        await play.stage.slack.people.react(jules.id, digest, ts, "pushpin")
        await play.until(lambda: play.handled == 1, "the reaction heard")
        assert len(play.stage.slack.journal.calls) == calls
        assert play.workspace.channels[digest].messages[ts].reactions == {"pushpin": [jules.id]}
        assert jules.told == []


async def test_a_pinned_picture_without_words_is_noted_as_one(tmp_path: Path):
    async with theatre(tmp_path, **SETTINGS) as play:
        await play.page()
        room = await play.until_room()
        jules = play.as_person("jules")
        picture = play.workspace.new_file(name="a.png", title="a", length=3, user=jules.id)
        play.workspace.complete_file(picture)
        message = play.workspace.share_files(
            room, [picture], user=jules.id, text="", thread_ts=None
        )
        await play.stage.slack.people.react(jules.id, room.id, message.ts, "pushpin")
        await play.until(lambda: "white_check_mark" in message.reactions, "the tick")
        note = (await play.numbered(1)).last_note
        assert note
        assert note.text == "(a message with 1 file)"
        assert jules.told == []


async def test_only_ones_own_act_can_be_undone_and_only_once(tmp_path: Path):
    async with theatre(tmp_path, **SETTINGS) as play:
        page = await play.page()
        room = await play.until_room()
        jules, kim = play.as_person("jules"), play.as_person("kim")
        told = await jules.ask("sev1", room.id)
        await play.stage.slack.people.join(kim.id, room.id)
        (seq,) = (x.seq for x in await play.entries(1) if isinstance(x.body, e.SeverityChanged))
        assert "it was Jules Demo who did that" in await kim.ask(f"undo #{seq}", room.id)
        assert "Undone." in await jules.presses(told, "undo")
        assert (await play.numbered(1)).severity is Severity.SEV4
        await play.until(lambda: page.priority == "P4", "the priority at PagerDuty, too")
        assert "Nothing was undone" in await jules.ask(f"undo #{seq}", room.id)
