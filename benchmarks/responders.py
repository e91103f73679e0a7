"""People at work in an incident's room: they type, open forms and press buttons, at a given pace.

Part of benchmarks.ack. Each act goes through the sandbox Slack, which sends what Slack would send.
"""

from __future__ import annotations

import asyncio

from opsbot.sandbox.slack.people import Answer
from opsbot.sandbox.slack.server import SlackSandbox

HOW_MANY = 24
LEAD = 3  # acts that are sent ahead of their time, so that a busy sandbox does not break the pace
TYPED = (
    "status", 'note "looking at the gateway"', "", "status", "declare", "status", "", "click",
    'note "scaled to six replicas"', "click",
)  # fmt: skip


class Responders:
    """Members who joined the room; `card_ts` is the message whose buttons they press."""

    def __init__(self, slack: SlackSandbox, room_id: str, card_ts: str) -> None:
        self._people, self._room, self._card = slack.people, room_id, card_ts
        self._ids = [
            slack.workspace.add_user(f"responder-{number}", email=f"r{number}@example.com").id
            for number in range(HOW_MANY)
        ]
        self.acted = 0

    async def come_in(self) -> None:
        """Join the room, and look around once."""
        for person in self._ids:
            await self._people.join(person, self._room)
            await self._people.command(person, self._room, "/incident")

    async def work(self, acts: int, interval: float) -> None:
        """So many acts, one every `interval` seconds."""
        loop = asyncio.get_running_loop()
        began, under_way = loop.time(), set[asyncio.Task[Answer]]()
        for number in range(acts):
            due = began + (number - LEAD) * interval
            await asyncio.sleep(max(0.0, due - loop.time()))
            under_way.add(asyncio.create_task(self._act(number)))
        await asyncio.gather(*under_way)

    async def _act(self, number: int) -> Answer:
        person, words = self._ids[number % HOW_MANY], TYPED[number % len(TYPED)]
        self.acted += 1
        if words == "click":
            return await self._people.click(person, self._room, self._card, "opsbot:menu")
        return await self._people.command(person, self._room, "/incident", words)
