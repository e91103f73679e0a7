"""A page arrives: what Slack shows at the end, whatever happened on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.theatre import stored_in, theatre

pytestmark = pytest.mark.timeout(60)


async def test_a_page_opens_a_room_with_card_people_and_digest(database_url: str, tmp_path: Path):
    """On SQLite and on PostgreSQL, from the signed webhook to the pinned card."""
    environ = stored_in(database_url)
    async with theatre(tmp_path / "stage", "memory-limit", environ=environ) as play:
        page = await play.page()
        room = await play.until_room()
        incident = await play.until_evidence(page)
        assert room.name == "inc-1-checkout-api-error-share-above-5"
        assert incident.surface.channel_id == room.id
        paged = {p.slack_id for p in incident.surface.invited}
        assert paged
        assert paged <= set(room.members)
        assert not [call for call in play.stage.slack.journal.calls if call.ok is False]


async def test_the_room_tells_the_story_of_the_forty_service_company(tmp_path: Path):
    """What pages, the deploy, memory at its limit, failing traces, and logs silent for hours."""
    async with theatre(tmp_path, "memory-limit") as play:
        page = await play.page()
        room = await play.until_room()
        await play.until_evidence(page)
        await play.until(lambda: bool(play.messages("timeline")), "a timeline in the thread")
        wanted = (
            "checkout-api", "session-validation v2.14", "256 MiB", "of its limit",
            "got no answer", "Logs silent since", "fluentd on node-7 is down",
        )  # fmt: skip
        await play.until(
            lambda: all(words in play.said(room.id) for words in wanted),
            f"all of {wanted} in the room",
        )
        (timeline,) = play.messages("timeline")
        assert timeline.thread_ts == play.messages("card")[0].ts


async def test_duplicates_and_disorder_make_one_room(tmp_path: Path):
    async with theatre(tmp_path) as play:
        page = await play.page()
        await play.pagerduty.acknowledge(page, play.stage.scenario.people[0])
        await play.pagerduty.settled(page)
        await play.until_room()
        for delivery in list(play.pagerduty.deliveries) * 2:
            for headers in ({}, {"X-Webhook-Id": None}):
                await play.pagerduty.send_raw(delivery.body, headers=headers)
        await play.until_evidence(page)
        assert len(play.rooms()) == 1
        assert len(play.messages("card")) == len(play.messages("digest")) == 1


async def test_people_who_cannot_be_invited_are_named_and_block_nobody(tmp_path: Path):
    async with theatre(tmp_path, "connection-pool") as play:
        page = await play.page()
        room = await play.until_room()
        await play.until_evidence(page)
        incident = await play.incident(page)
        assert incident is not None
        kinds = {p.name: p.slack for p in play.stage.scenario.people}
        absent = {p.name for p in incident.surface.missing}
        assert {kinds[name] for name in absent} == {"unmatched", "deactivated", "guest"}
        assert [kinds[p.name] for p in incident.surface.invited].count("member") >= 1
        await play.until(lambda: all(n in play.said(room.id) for n in absent), "their names")


async def test_nothing_unusual_is_said_when_there_is_nothing_unusual(tmp_path: Path):
    async with theatre(tmp_path, "no-culprit") as play:
        page = await play.page()
        await play.until_room()
        incident = await play.until_evidence(page)
        kinds = {f.kind for r in incident.reports.values() for f in r.findings}
        assert not kinds & {"saturation", "limit", "unanswered calls", "deploy"}


async def test_a_hostile_title_never_mentions_formats_or_reverses(tmp_path: Path):
    title = "<!channel> *x* & <@U000000001> \u202e `code` :fire: https://evil.example"
    async with theatre(tmp_path) as play:
        page = await play.page(title=title)
        room = await play.until_room()
        await play.until_evidence(page)
        assert play.workspace.unescaped_mentions() == []
        assert "\u202e" not in play.said(room.id) + room.topic.value + room.name
        assert "[U+202E]" in play.said(room.id)


async def test_five_thousand_assignees_do_not_keep_the_room_from_opening(tmp_path: Path):
    """PagerDuty itself stops at 256 KB; the door's own bound is 2 MiB, so it is sent directly."""
    async with theatre(tmp_path) as play:
        page = await play.page()
        await play.until_room()
        body = json.loads(play.pagerduty.deliveries[0].body)
        one = body["event"]["data"]["assignees"][0]
        body["event"] |= {"id": "E2", "event_type": "incident.reassigned"}
        body["event"]["data"]["assignees"] = [one | {"id": f"PX{n}"} for n in range(5000)]
        assert await play.post(json.dumps(body).encode()) == 202
        await play.until_evidence(page)
        incident = await play.incident(page)
        assert incident is not None
        assert len(incident.people) >= 5000
        assert len(play.rooms()) == 1
