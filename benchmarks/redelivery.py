"""Everything that comes in, five times over: what has its effect once, twice, or never.

    python -m benchmarks.redelivery [--kills N] [--hold SECONDS] [--transport http|socket]

Each inbound kind is brought five times: all at once and one after another, with retry markers and
without, over HTTP and over Socket Mode, and across a kill -9 and restart of opsbot. Then everything
waits six minutes in the inbox, because the record cannot be written; --hold really waits, otherwise
opsbot is killed meanwhile and the time of arrival is put back.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import tempfile
from argparse import Namespace
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.inbound import COPIES, KINDS, Kind, Scene
from benchmarks.outage import POLLING, TELEMETRY_OFF
from benchmarks.rooms import find, is_whole
from benchmarks.table import Figure, arguments, tell
from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.app.store import open_record
from opsbot.sandbox.pagerduty import PagerDutyServer
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.slack.delivery.courier import Duplicates
from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.stage import Stage
from opsbot.sandbox.webhook_delivery import Delivery

ONCE = "all of them"
GOALS = {
    "duplicates": "0", "lost": "0", "answers_doubled": "0", "after_six_minutes": ONCE,
    **{kind.name: ONCE for kind in KINDS},
}  # fmt: skip
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
    deliveries: int = 0
    kills: int = 0
    answers_doubled: int = 0

    def all(self) -> list[int]:
        """Every act of every kind."""
        return [number for found in self.effects.values() for number in found] + self.held


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
            self._tally.answers_doubled += max(0, self._shown[kind.person] - kind.answers)
            self._count(kind, await kind.effects(tags[kind]))
            await kind.settle(tags[kind])

    async def across_a_kill(self, after: float) -> None:
        """One round in which opsbot is killed so many seconds after the first copies."""
        tags = await self._prepared()
        acting = asyncio.create_task(
            self._act(tags, Duplicates(extra=EXTRA, delay=APART, marked=self._round % 2 == 0))
        )
        await asyncio.sleep(after)
        await self._stage.bot.kill()
        await self._stage.bot.start()
        self._tally.kills += 1
        await acting
        await self._settled(tags)
        for kind in self._kinds:
            number = await kind.effects(tags[kind])
            # A tab that is drawn twice is the same tab.
            self._count(kind, min(number, 1) if kind.name == "home" else number)
            await kind.settle(tags[kind])

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
            number = await kind.effects(tags[kind])
            self._tally.held.append(min(number, 1) if kind.name == "home" else number)
            if number != 1:
                print(f"held {kind.name}: {number} times", file=sys.stderr)

    async def _prepared(self) -> dict[Kind, str]:
        self._round += 1
        self._stage.slack.courier.duplicates = Duplicates()
        tags = {kind: f"r{self._round}-{kind.name.replace('_', '-')}" for kind in self._kinds}
        for kind in self._kinds:
            await kind.prepare(tags[kind])
        await asyncio.sleep(0.5)
        return tags

    async def _act(self, tags: dict[Kind, str], pattern: Duplicates) -> None:
        courier, pagerduty = self._stage.slack.courier, self._stage.world.pagerduty
        already, brought = len(pagerduty.deliveries), len(courier.deliveries)
        courier.duplicates = pattern
        acts = [asyncio.create_task(kind.act(tags[kind])) for kind in self._kinds]
        await asyncio.sleep(0)
        copies = [
            asyncio.create_task(again(pagerduty, delivery, number, pattern))
            for delivery in list(pagerduty.deliveries)[already:]
            if delivery.outcome != "lost"
            for number in range(1, COPIES)
        ]
        await asyncio.gather(*acts, *copies)
        await courier.settled()
        self._tally.deliveries += len(courier.deliveries) - brought
        self._tally.deliveries += len(pagerduty.deliveries) - already

    async def _settled(self, tags: dict[Kind, str]) -> None:
        """Wait until everything took effect, five looks were made, and a little for what is too
        much."""
        loop = asyncio.get_running_loop()
        began, end = loop.time(), loop.time() + SETTLED_WITHIN
        while loop.time() < end:
            done = [await kind.effects(tags[kind]) for kind in self._kinds]
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


@asynccontextmanager
async def staged(folder: Path, tally: Tally, *, by_socket: bool) -> AsyncGenerator[Play]:
    """A stage with one room, in which there is somebody for each kind."""
    changes = {"integrations": TELEMETRY_OFF, **POLLING}
    scenario = load_scenario("memory-limit")
    stage = Stage(scenario=scenario, folder=folder, changes=changes, by_socket=by_socket)
    try:
        await stage.start()
        stage.slack.courier.retry_waits = RETRIES
        settings = read_settings(Namespace(config=str(stage.config)), stage.secrets)
        async with open_record(settings, SystemClock()) as record:
            page = await stage.world.pagerduty.trigger()
            while not is_whole(incident := await find(record, page)) or incident is None:
                await asyncio.sleep(0.1)
            surface = incident.surface
            scene = Scene(
                stage=stage, record=record, page=page, incident_id=incident.id,
                room_id=surface.channel_id, card_ts=surface.messages["card"].ts,
            )  # fmt: skip
            kinds = [kind(scene) for kind in KINDS]
            for kind in kinds:
                await kind.come_in()
            yield Play(scene, kinds, tally)
    finally:
        await stage.stop()


async def measure(options: Namespace, folder: Path) -> dict[str, Figure]:
    """Every pattern on every transport."""
    tally = Tally()
    for transport in options.transport or ("http", "socket"):
        place = folder / transport
        async with staged(place, tally, by_socket=transport == "socket") as play:
            for pattern in CALM:
                await play.calm(pattern)
            for number in range(options.kills):
                first = random.uniform(0.0, 0.3)
                await play.across_a_kill(first + APART * (number % 2))
            await play.held(options.hold)
        print(f"{transport}: done", file=sys.stderr)
    return _figures(tally)


def _figures(tally: Tally) -> dict[str, Figure]:
    kinds: dict[str, Figure] = {name: _share(found) for name, found in tally.effects.items()}
    return {
        "acts": len(tally.all()), "deliveries": tally.deliveries, "kills": tally.kills,
        "duplicates": sum(max(0, number - 1) for number in tally.all()),
        "lost": tally.all().count(0), "answers_doubled": tally.answers_doubled, **kinds,
        "after_six_minutes": _share(tally.held),
    }  # fmt: skip


def _share(effects: Iterable[int]) -> str:
    """How many of the acts had their effect exactly once."""
    found = list(effects)
    return f"{found.count(1)} of {len(found)}"


def main() -> int:
    """Measure and tell; answers 1 when anything was lost or done twice."""
    parser = arguments("Everything that comes in, five times over.")
    parser.add_argument("--kills", type=int, default=3, help="on each transport (default: 3)")
    parser.add_argument(
        "--hold", type=float, default=0.0, help="really hold everything so many seconds"
    )
    parser.add_argument("--transport", choices=("http", "socket"), action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opsbot-redelivery-") as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    tell("redelivery", figures, GOALS, options.json)
    return 1 if figures["lost"] or figures["duplicates"] or figures["answers_doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
