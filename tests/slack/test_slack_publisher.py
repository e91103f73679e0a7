"""Postmortems as files in a thread: once for each version, where the incident's readers are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.document import Document
from opsbot.core.entry import Draft
from opsbot.core.people import OPSBOT
from opsbot.ports import Done, Outcome, Published, Refused, Unsure
from opsbot.slack.postmortem import SlackPublisher
from opsbot.store.memory import MemoryRecord
from tests.fakes.clock import ManualClock
from tests.fakes.room import FakeRoom
from tests.integrations.publisher_contract import INCIDENT, document, value

AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
LATER = Refused(error="ratelimited", cure="Wait.", retry_after=timedelta(seconds=5))
ROOM, TEAM, TS = "C0ROOM", "C0TEAM", "1.000100"


class Stand:
    """An incident whose card stands in a channel; `own` when that is its own room."""

    def __init__(self, *, own: bool = True) -> None:
        self.clock = ManualClock(AT)
        self.record, self.room = MemoryRecord(self.clock), FakeRoom(self.clock)
        self.home = ROOM if own else TEAM
        self.room.lend(self.home, "home")
        self.publisher = SlackPublisher(self.record, self.room, self.clock)
        self.own = own

    async def tell(self, *bodies: Any) -> None:
        seq = (await self.record.incident(INCIDENT)).seq
        drafts = [
            Draft(key=f"{seq}:{n}", occurred_at=AT, actor=OPSBOT, source="slack", body=body)
            for n, body in enumerate(bodies)
        ]
        await self.record.append(INCIDENT, drafts)

    async def opened(self) -> Stand:
        if self.own:
            await self.tell(e.ChannelOpened(channel_id=ROOM, name="inc-42", adopted=False))
        await self.tell(e.MessageShown(slot="card", channel_id=self.home, ts=TS, shown=""))
        return self

    async def put(
        self, given: Document | None = None, held: Published | None = None
    ) -> Outcome[Published]:
        return await self.publisher.publish(given or document(), held)


async def test_it_hangs_below_the_card_under_its_title() -> None:
    stand = await Stand().opened()
    held = value(await stand.put())
    (shared,) = stand.room.shared
    assert (shared.channel_id, shared.thread_ts, shared.name, shared.title) == (
        ROOM, TS, "inc-42-logins-fail.md", document().title,
    )  # fmt: skip
    assert held.url == "", "Slack does not say where a file is read"


async def test_a_newer_version_says_that_it_is_one() -> None:
    stand = await Stand().opened()
    held = value(await stand.put())
    value(await stand.put(document(markdown="# Newer\n"), held))
    assert [one.title for one in stand.room.shared] == [
        document().title, f"{document().title} (newer version)",
    ]  # fmt: skip


async def test_a_teams_thread_gets_it_but_nothing_private() -> None:
    """Everybody in the team's channel reads there."""
    stand = await Stand(own=False).opened()
    outcome = await stand.put(document(private=True))
    assert isinstance(outcome, Refused)
    assert "private" in outcome.cure
    value(await stand.put())
    assert [one.channel_id for one in stand.room.shared] == [TEAM]


@pytest.mark.parametrize("gone", [False, True])
async def test_without_a_place_there_is_none(gone: bool) -> None:
    """No card yet, or somebody archived the room."""
    stand = Stand()
    if gone:
        await stand.opened()
        await stand.tell(e.SurfaceChanged(what="abandoned", value="archived by a person"))
    outcome = await stand.put()
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is None
    assert stand.room.shared == []


async def test_an_archived_room_keeps_the_file_it_has() -> None:
    """Without one, the room is told how to get it."""
    stand = await Stand().opened()
    held = value(await stand.put())
    await stand.tell(e.SurfaceChanged(what="archived", value="yes"))
    assert value(await stand.put(document(markdown="# Newer\n"), held)) == held
    outcome = await stand.put()
    assert isinstance(outcome, Refused)
    assert "bring it back" in outcome.cure
    assert len(stand.room.shared) == 1


async def test_what_was_refused_for_now_is_shared_once_it_can_be() -> None:
    """This process knows that nothing was shared."""
    stand = await Stand().opened()
    stand.room.fail("share", LATER, times=2)
    assert await stand.put() == await stand.put() == LATER
    value(await stand.put())
    assert len(stand.room.shared) == 1


async def test_a_lost_answer_is_never_repeated() -> None:
    """Not even by another process: somebody has to look, and to ask for it anew."""
    stand = await Stand().opened()
    stand.room.lose("share")
    assert isinstance(await stand.put(), Unsure)
    for publisher in (stand.publisher, SlackPublisher(stand.record, stand.room, stand.clock)):
        outcome = await publisher.publish(document(), None)
        assert isinstance(outcome, Refused)
        assert (outcome.retry_after, "look into the thread" in outcome.cure) == (None, True)
    assert len(stand.room.shared) == 1


async def test_asked_for_anew_it_is_shared_anew() -> None:
    """A new draft has a claim of its own."""
    stand = await Stand().opened()
    stand.room.fail("share", Unsure(reason="no answer in time"))
    assert isinstance(await stand.put(), Unsure)
    await stand.tell(
        e.PostmortemDrafted(
            through=2, template="t", template_version="v", markdown="m", data="d", html="h"
        )
    )
    assert isinstance(await stand.put(), Done)
    assert len(stand.room.shared) == 1


async def test_there_is_nothing_to_read_back() -> None:
    """Nobody edits a file in Slack, and looking for one is no scope of opsbot's."""
    stand = await Stand().opened()
    held = value(await stand.put())
    assert await stand.publisher.read(held) == Done(value=None)
    assert await stand.publisher.find(document()) == Done(value=None)
