"""What every sandbox Slack test works with: the sandbox, the client, a clock, and short words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from opsbot.sandbox.slack.model import Channel, Message
from opsbot.sandbox.slack.server import BOT_TOKEN, SlackSandbox
from opsbot.sandbox.slack.workspace import Workspace

AUTH = {"Authorization": f"Bearer {BOT_TOKEN}"}


class ManualClock:
    """Time that moves only when told."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[asyncio.Future[None]] = []

    def wall(self) -> float:
        return 1_800_000_000.0 + self.seconds

    def monotonic(self) -> float:
        return self.seconds

    @property
    def sleeping(self) -> int:
        """How many wait for the time to move on."""
        return len(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        due = self.seconds + seconds
        while self.seconds < due:
            moved = asyncio.get_running_loop().create_future()
            self._sleepers.append(moved)
            await moved
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        sleepers, self._sleepers = self._sleepers, []
        for moved in sleepers:
            if not moved.done():
                moved.set_result(None)


@dataclass(slots=True, kw_only=True)
class SlackWorld:
    """A sandbox with its client; the words below are the ones the tests repeat."""

    sandbox: SlackSandbox
    client: Any  # an AsyncWebClient, whose methods take keyword arguments without types
    session: aiohttp.ClientSession
    base_url: str
    clock: ManualClock

    @property
    def workspace(self) -> Workspace:
        return self.sandbox.workspace

    @property
    def bot(self) -> str:
        return self.workspace.bot_user_id

    def room(self, name: str = "inc-1", **options: Any) -> Channel:
        """Seed a channel the bot made and is in."""
        return self.workspace.add_channel(name, creator=self.bot, **options)

    def person(self, name: str = "ada", *channels: Channel, **flags: Any) -> str:
        """Seed a person who is in these channels and return the id."""
        user = self.workspace.add_user(name, **flags)
        for channel in channels:
            channel.members.append(user.id)
        return user.id

    async def attempts(self, number: int) -> None:
        """Wait until the app has been told that often, tries that failed included."""
        await until(lambda: len(self.sandbox.deliveries) >= number)

    async def posted(self, channel: Channel, text: str = "hello", **options: Any) -> str:
        """Post through the API and return the ts."""
        answer = await self.client.chat_postMessage(channel=channel.id, text=text, **options)
        return str(answer["ts"])

    def said(self, channel: Channel, ts: str) -> Message:
        return channel.messages[ts]

    async def raw(self, method: str, **request: Any) -> dict[str, Any]:
        """POST to a method with plain aiohttp and return the JSON body."""
        request.setdefault("headers", AUTH)
        async with self.session.post(self.base_url + method, **request) as response:
            answer: dict[str, Any] = await response.json()
            return answer


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails after five seconds."""
    for _ in range(5000):
        if holds():
            return
        await asyncio.sleep(0.001)
    pytest.fail("what was waited for did not happen")


async def failure(call: Awaitable[Any]) -> Any:
    """Return the response of a call slack_sdk raises SlackApiError for; fails when it does not."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return cast("Any", caught.value).response


async def refusal(call: Awaitable[Any]) -> dict[str, Any]:
    """Return the body of a call Slack refuses; fails when it does not."""
    data: dict[str, Any] = (await failure(call)).data
    return data


async def error_of(call: Awaitable[Any]) -> str:
    """Return the error name a call is refused with."""
    return str((await refusal(call))["error"])
