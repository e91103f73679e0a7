"""What every RoomSurface must do with files that people are to open; part of its contract."""

from __future__ import annotations

from opsbot.ports import Refused, Unsure
from tests.slack.room_contract import World, opened, posted, value


class SharingContract:
    """Inherit, and give a `world` fixture."""

    async def test_a_file_is_shared_into_a_thread_whole(self, world: World) -> None:
        """Or into the channel; its title is read there, and it is no picture to be shown."""
        channel_id = value(await opened(world)).channel_id
        card = value(await posted(world, channel_id))
        text = b"# INC-1\n" * 50
        give = world.room.share
        first = value(await give(channel_id, card.ts, "inc-1.md", text, "Postmortem of INC-1"))
        second = value(await give(channel_id, "", "inc-1.html", b"<p>", "The same as a page"))
        assert first != second
        assert world.shared(channel_id, card.ts) == [("inc-1.md", "Postmortem of INC-1", text)]
        assert world.shared(channel_id, "") == [("inc-1.html", "The same as a page", b"<p>")]

    async def test_a_lost_answer_to_sharing_is_unsure(self, world: World) -> None:
        """It may stand there: nobody repeats it without a look."""
        channel_id = value(await opened(world)).channel_id
        world.lose_answer("share")
        outcome = await world.room.share(channel_id, "", "inc-1.md", b"# INC-1", "INC-1")
        assert isinstance(outcome, Unsure)
        assert len(world.shared(channel_id, "")) == 1

    async def test_nothing_is_shared_into_a_room_that_is_closed_or_gone(self, world: World) -> None:
        """Nor is a file of no bytes."""
        channel_id = value(await opened(world)).channel_id
        empty = await world.room.share(channel_id, "", "inc-1.md", b"", "INC-1")
        value(await world.room.archive(channel_id))
        closed = await world.room.share(channel_id, "", "inc-1.md", b"# INC-1", "INC-1")
        gone = await world.room.share("C0NONE", "", "inc-1.md", b"# INC-1", "INC-1")
        for outcome in (empty, closed, gone):
            assert isinstance(outcome, Refused)
            assert outcome.retry_after is None
            assert outcome.cure
        assert world.shared(channel_id, "") == []
