"""The rounds of benchmarks.redelivery: everybody acts at once, and each act is brought again."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.inbound import COPIES, Kind, Scene
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.slack.delivery.courier import Duplicates
from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.webhook_delivery import Delivery

EXTRA = COPIES - 1
CALM = (
    Duplicates(extra=EXTRA, concurrent=True), Duplicates(extra=EXTRA, concurrent=True, marked=True),
    Duplicates(extra=EXTRA, delay=0.3), Duplicates(extra=EXTRA, delay=0.3, marked=True),
)  # fmt: skip
APART = 4.0  # seconds between copies around a kill: a restart fits in between
RETRIES = (0.0, 2.0, 5.0)  # instead of Slack's none, one and five minutes
SETTLED_WITHIN = 25.0  # seconds
SIX_MINUTES = 360.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """How often each act had its effect, over all rounds."""

    effects: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    held: list[int] = field(default_factory=list[int])
    alone: list[int] = field(default_factory=list[int])  # taken, killed, and never brought again
    deliveries: int = 0
    before_kill: int = 0  # copies acknowledged before one, and after the restart
    after_kill: int = 0
    kills: int = 0
    answers_doubled: int = 0

    def all(self) -> list[int]:
        """Every act of every kind."""
        return [number for found in self.effects.values() for number in found] + [
            *self.held, *self.alone
        ]  # fmt: skip


class Play:
    """One stage with its kinds, round after round."""

    def __init__(self, scene: Scene, kinds: Sequence[Kind], tally: Tally) -> None:
        self._scene, self._stage = scene, scene.stage
        self._kinds, self._tally = kinds, tally
        self._round = 0
        self._shown: Counter[str] = Counter()
        self._stage.slack.workspace.subscribe(self._notice)

    def _notice(self, change: Change) -> None:
        if change.kind == "ephemeral_posted":
            self._shown[change.user] += 1

    async def calm(self, pattern: Duplicates) -> None:
        """One round without a kill: whoever asked is answered once, too."""
        tags = await self._prepared()
        self._shown.clear()
        await self._act(tags, pattern)
        await self._settled(tags)
        for kind in self._kinds:
            more = self._shown[kind.person] - kind.answers
            if more > 0:
                self._tally.answers_doubled += more
                print(f"{kind.name}: {more} answers too many", file=sys.stderr)
            self._count(kind, await kind.effects(tags[kind]))
            await kind.settle(tags[kind])

    async def across_a_kill(self, after: float) -> None:
        """One round in which opsbot is killed so many seconds after the first copies."""
        pattern = Duplicates(extra=EXTRA, delay=APART, marked=self._round % 2 == 0)
        tags, _ = await self._killed(after, pattern)
        for kind in self._kinds:
            self._count(kind, await self._effects(kind, tags))
            await kind.settle(tags[kind])

    async def once_and_killed(self, after: float) -> None:
        """One round without copies: whatever was acknowledged has its effect all the same."""
        tags, taken = await self._killed(after, Duplicates())
        for kind in self._kinds:
            number = await self._effects(kind, tags)
            if taken[kind] or number > 1:
                self._tally.alone.append(number)
            if taken[kind] and number != 1:
                print(f"taken and killed, {kind.name}: {number} times", file=sys.stderr)
            await kind.settle(tags[kind])

    async def _killed(
        self, after: float, pattern: Duplicates
    ) -> tuple[dict[Kind, str], dict[Kind, bool]]:
        tags = await self._prepared()
        deliveries = self._stage.slack.courier.deliveries
        begun, acting = len(deliveries), asyncio.create_task(self._act(tags, pattern))
        await asyncio.sleep(after)
        killed_at = time.time()
        await self._stage.bot.kill()
        await self._stage.bot.start()
        started_at = time.time()
        self._tally.kills += 1
        taken = await acting
        fine = [one for one in deliveries[begun:] if not one.failure]
        self._tally.before_kill += sum(1 for d in fine if d.at + d.duration < killed_at)
        self._tally.after_kill += sum(1 for d in fine if d.at > started_at)
        await self._settled({kind: tag for kind, tag in tags.items() if taken[kind]})
        return tags, taken

    async def _effects(self, kind: Kind, tags: dict[Kind, str]) -> int:
        """How often an act took effect; a tab that is drawn twice is the same tab."""
        number = await kind.effects(tags[kind])
        return min(number, 1) if kind.name == "home" else number

    async def held(self, seconds: float) -> None:
        """Everything is taken while the record is locked, and worked on six minutes later."""
        tags = await self._prepared()
        with locked(self._stage.folder / "data" / "record.db"):
            await self._act(tags, CALM[0])
            if seconds:
                await asyncio.sleep(seconds)
            else:
                await self._stage.bot.kill()
        if not seconds:
            put_back(self._stage.folder / "data" / "inbox.db", SIX_MINUTES)
            await self._stage.bot.start()
        await self._settled(tags)
        for kind in self._kinds:
            number = await self._effects(kind, tags)
            self._tally.held.append(number)
            if number != 1:
                print(f"held, {kind.name}: {number} times", file=sys.stderr)

    async def _prepared(self) -> dict[Kind, str]:
        self._round += 1
        self._stage.slack.courier.duplicates = Duplicates()
        tags = {kind: f"r{self._round}-{kind.name.replace('_', '-')}" for kind in self._kinds}
        for kind in self._kinds:
            await kind.prepare(tags[kind])
        await asyncio.sleep(0.5)
        return tags

    async def _act(self, tags: dict[Kind, str], pattern: Duplicates) -> dict[Kind, bool]:
        """Do everything at once; which of it opsbot took, or will take."""
        courier, pagerduty = self._stage.slack.courier, self._stage.world.pagerduty
        already, brought = len(pagerduty.deliveries), len(courier.deliveries)
        courier.duplicates = pattern
        acts = [asyncio.create_task(kind.act(tags[kind])) for kind in self._kinds]
        await asyncio.sleep(0)
        copies = [
            asyncio.create_task(again(pagerduty, delivery, number, pattern))
            for delivery in list(pagerduty.deliveries)[already:]
            if delivery.outcome != "lost"
            for number in range(1, pattern.extra + 1)
        ]
        taken = await asyncio.gather(*acts)
        await asyncio.gather(*copies)
        await courier.settled()
        self._tally.deliveries += len(courier.deliveries) - brought
        self._tally.deliveries += len(pagerduty.deliveries) - already
        return dict(zip(self._kinds, taken, strict=True))

    async def _settled(self, tags: dict[Kind, str]) -> None:
        """Wait until everything took effect, five looks were made, and a little for what is too
        much."""
        loop = asyncio.get_running_loop()
        began, end = loop.time(), loop.time() + SETTLED_WITHIN
        while loop.time() < end:
            done = [await kind.effects(tag) for kind, tag in tags.items()]
            if all(done) and looks_since(self._stage.world.pagerduty, began) >= COPIES:
                break
            await asyncio.sleep(0.2)
        await asyncio.sleep(1.0)

    def _count(self, kind: Kind, number: int) -> None:
        self._tally.effects.setdefault(kind.name, []).append(number)
        if number != 1:
            print(f"round {self._round}, {kind.name}: {number} times", file=sys.stderr)


async def again(
    pagerduty: PagerDutyServer, delivery: Delivery, number: int, pattern: Duplicates
) -> None:
    """Bring a webhook once more, with the id it had."""
    await asyncio.sleep(0.0 if pattern.concurrent else number * pattern.delay)
    headers = {"X-Webhook-Id": delivery.id}
    await pagerduty.send_raw(
        delivery.body, headers=headers, incident_id=f"{delivery.id}:{number}",
        event_type=delivery.event_type,
    )  # fmt: skip


def looks_since(pagerduty: PagerDutyServer, moment: float) -> int:
    """How often PagerDuty was asked what happened."""
    lists = [one for one in pagerduty.seen if one.path == "/incidents" and one.began >= moment]
    return sum(1 for one in lists if "resolved" in one.query)


@contextmanager
def locked(database: Path) -> Generator[None]:
    """Nobody else can write there."""
    connection = sqlite3.connect(database, timeout=10.0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def put_back(inbox: Path, seconds: float) -> None:
    """Whatever waits has come so much earlier."""
    with sqlite3.connect(inbox) as connection:
        earlier = "UPDATE inbox SET received_at = received_at - ? WHERE state = 'pending'"
        connection.execute(earlier, (int(seconds * 1_000_000),))
    connection.close()
