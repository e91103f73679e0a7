"""The contract suite of RoomSurface on the fake and on the real room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from tests.fakes.room import FakeRoom
from tests.slack.clocks import HastyClock
from tests.slack.room_contract import RoomContract, World
from tests.slack.sandbox_world import sandbox_world
from tests.slack.sharing_contract import SharingContract


class FakeWorld:
    """A FakeRoom as the contract suite wants it."""

    def __init__(self) -> None:
        self.clock = HastyClock()
        self.room = FakeRoom(self.clock)

    def now(self) -> datetime:
        return self.clock.now()

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def add_accounts(self) -> None:
        self.room.accounts["ada@example.com"] = "U1"
        self.room.absent |= {"gus@example.com": "guest", "dee@example.com": "deactivated"}
        self.room.people |= {"U1": "", "U2": "guest"}

    def account(self, name: str) -> str:
        return {"ada": "U1", "gus": "U2"}[name]

    def hold_name(self, name: str) -> None:
        self.room.hold_name(name)

    def lose_answer(self, move: str) -> None:
        self.room.lose(move)

    def channel_names(self) -> list[str]:
        return [channel.name for channel in self.room.channels.values()]

    def words(self, channel_id: str, *, thread_ts: str = "") -> list[str]:
        return [m.words for m in self.room.messages(channel_id, thread_ts=thread_ts)]

    def members(self, channel_id: str) -> list[str]:
        return self.room.channels[channel_id].members

    def topic(self, channel_id: str) -> str:
        return self.room.channels[channel_id].topic

    def pins(self, channel_id: str) -> list[str]:
        return self.room.channels[channel_id].pins

    def bookmarks(self, channel_id: str) -> list[str]:
        return [url for _, url in self.room.channels[channel_id].bookmarks]

    def is_private(self, channel_id: str) -> bool:
        return self.room.channels[channel_id].private

    def is_archived(self, channel_id: str) -> bool:
        return self.room.channels[channel_id].archived

    def picture(self, file_id: str) -> bytes:
        return self.room.files[file_id].image

    def pictures(self) -> int:
        return len(self.room.files)

    def shared(self, channel_id: str, thread_ts: str) -> list[tuple[str, str, bytes]]:
        return [
            (one.name, one.title, self.room.files[one.file_id].image)
            for one in self.room.shared
            if (one.channel_id, one.thread_ts) == (channel_id, thread_ts)
        ]


class TestFakeRoom(RoomContract, SharingContract):
    @pytest.fixture
    def world(self) -> World:
        return FakeWorld()


class TestSlackRoomOnTheSandbox(RoomContract, SharingContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with sandbox_world() as world:
            yield world
