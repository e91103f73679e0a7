"""How incidents end: by themselves, by a person, and how they come back."""

from __future__ import annotations

from pathlib import Path

from opsbot.core.entry import Closure, Status
from tests.stories.theatre import stored_in, theatre


async def test_a_page_that_clears_by_itself_is_closed_struck_and_archived(tmp_path: Path):
    async with theatre(tmp_path, archive_after="1s") as play:
        page = await play.page()
        room = await play.until_room()
        await play.pagerduty.resolve(page)
        await play.until(lambda: room.archived, "the room archived a second later")
        incident = await play.incident(page)
        assert incident is not None
        assert incident.closure is Closure.SELF_RECOVERED
        (digest,) = play.messages("digest")
        assert "self-recovered" in play.said(digest.channel)
        assert "no postmortem" in play.said(room.id)


async def test_after_a_human_act_the_room_is_asked_and_a_click_resolves_it(
    database_url: str, tmp_path: Path
):
    async with theatre(tmp_path / "stage", environ=stored_in(database_url)) as play:
        page = await play.page()
        room = await play.until_room()
        person = play.stage.scenario.people[0]
        await play.pagerduty.acknowledge(page, person)
        await play.pagerduty.resolve(page)
        await play.until(lambda: bool(play.messages("post:alert_cleared")), "the question")
        (asked,) = play.messages("post:alert_cleared")
        user = next(u for u in play.workspace.users.values() if u.email == person.email)
        yes = next(one["action_id"] for block in asked.blocks for one in block.get("elements", [])
                   if one.get("style") == "primary")  # fmt: skip
        await play.stage.slack.click(user.id, room.id, asked.ts, yes, copies=3)
        await play.until(lambda: "resolved" in asked.text, "the answer on the question's message")
        incident = await play.incident(page)
        assert incident is not None
        assert (incident.status, incident.closure) == (Status.RESOLVED, Closure.FIXED)


async def test_a_reopened_alert_returns_to_the_same_archived_room(tmp_path: Path):
    async with theatre(tmp_path, archive_after="1s") as play:
        page = await play.page()
        room = await play.until_room()
        await play.pagerduty.resolve(page)
        await play.until(lambda: room.archived, "archived")
        await play.pagerduty.reopen(page)
        await play.until(lambda: not room.archived, "unarchived")
        await play.until(lambda: "fires again" in play.said(room.id), "a word about it")
        assert len(play.rooms()) == 1


async def test_resolve_before_trigger_opens_nothing(tmp_path: Path):
    async with theatre(tmp_path) as play:
        (subscription,) = play.pagerduty.subscriptions
        door, subscription.url = subscription.url, f"{play.stage.bot.url}/healthz"  # not a door
        page = await play.page()
        await play.pagerduty.resolve(page)
        await play.pagerduty.settled()
        subscription.url = door
        triggered, resolved = (d.body for d in play.pagerduty.deliveries)
        for body in (resolved, triggered):
            assert (await play.pagerduty.send_raw(body)).attempts[-1].status == 202
        await play.until_record(page, lambda incident: incident.seq >= 4)
        incident = await play.incident(page)
        assert incident is not None
        assert incident.closure is Closure.NEVER_OPENED
        assert not incident.firing
        assert play.rooms() == []


async def test_an_unknown_service_waits_in_the_digest_until_somebody_opens_a_room(tmp_path: Path):
    async with theatre(tmp_path, services=[{"name": "something-else"}]) as play:
        await play.page()
        await play.until(lambda: bool(play.messages("digest")), "a digest card")
        (digest,) = play.messages("digest")
        assert "no catalogue entry" in play.said(digest.channel)
        assert play.rooms() == []
        person = play.workspace.channels[digest.channel].members[1]
        await play.stage.slack.click(person, digest.channel, digest.ts, "opsbot:room")
        await play.until_room()
        assert len(play.rooms()) == 1


async def test_shadow_mode_writes_to_one_private_channel_and_invites_nobody(tmp_path: Path):
    async with theatre(tmp_path, mode="shadow") as play:
        page = await play.page()
        await play.until(lambda: bool(play.messages("card")), "the shadow card")
        await play.until_evidence(page)
        shadow = play.stage.places.shadow
        assert {m.channel for m in play.messages("card")} == {shadow}
        assert play.rooms() == []
        assert play.messages("digest") == []
        methods = {call.method for call in play.stage.slack.journal.calls}
        assert methods <= {"auth.test", "chat.postMessage", "chat.update"}
