"""How fast a page becomes a room, and how little the room says.

    python -m benchmarks.room [--pages N]

Round trips: the sandbox Slack adds a fixed latency to every call; opening rooms under two
latencies gives the slope (round trips until the card is posted) and what is left over (overhead).
Messages: one incident lives its hour (page, acknowledgement, note, priority, all-clear, answer);
nothing in it waits for a clock, so the hour is played without waiting.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.table import Figure, arguments, median, tell
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.slack.journal import Call
from opsbot.sandbox.slack.model import Channel
from opsbot.sandbox.stage import Stage

GOALS = {
    "room_round_trips": "2", "room_overhead_ms": "median under 150", "room_posts": "at most 8",
    "room_topic_changes": "at most 3", "room_digest_posts": "1",
    "room_unasked_mentions": "0",
}  # fmt: skip
LATENCIES = (0.1, 0.3)  # seconds
# Slack allows 20 channels a minute and opsbot keeps to 80 % of that: pages that come faster wait
# for the budget, which is benchmarks.storm's matter and not this one's.
PACE = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One page and when its card stood, in seconds from the webhook's first byte."""

    latency: float
    card_at: float


async def open_room(stage: Stage, service: str, latency: float) -> Opened:
    """Page once and wait for the card."""
    journal = stage.slack.journal
    stage.slack.faults.latency = latency
    journal.reset()
    (page,) = await stage.world.pagerduty.synthetic_incidents(1, services=[service])

    def card() -> Call | None:
        posted = (c for c in journal.of("chat.postMessage") if c.ok)
        return next((c for c in posted if slot_of(c) == "card"), None)

    await journal.wait_for(lambda _: card() is not None, timeout=30.0)
    posted, first_byte = card(), _first_byte(stage, page)
    if posted is None or posted.duration is None:
        raise LookupError("the card was never posted")
    await _quiet(stage)
    return Opened(latency=latency, card_at=posted.at + posted.duration - first_byte)


def slot_of(call: Call) -> str:
    """Which message of an incident a call posts, by the metadata it carries."""
    given: Any = call.arguments.get("metadata") or {}
    metadata: dict[str, Any] = json.loads(given) if isinstance(given, str) else given
    return str(metadata.get("event_payload", {}).get("slot", ""))


def _first_byte(stage: Stage, page: Page) -> float:
    for delivery in stage.world.pagerduty.deliveries:
        if delivery.incident_id == page.id:
            return delivery.attempts[0].first_byte_at
    raise LookupError(page.id)


async def _quiet(stage: Stage, seconds: float = 1.0) -> None:
    """Wait until Slack has not been called for a moment."""
    journal, still, seen = stage.slack.journal, 0.0, -1
    while still < seconds or journal.in_flight:
        await asyncio.sleep(0.05)
        still = still + 0.05 if len(journal.calls) == seen else 0.0
        seen = len(journal.calls)


async def live_an_hour(stage: Stage) -> dict[str, Figure]:
    """One quiet incident from page to resolution, and what it posted."""
    stage.slack.faults.latency = 0.0
    workspace, pagerduty = stage.slack.workspace, stage.world.pagerduty
    before = set(workspace.channels)
    digest_before = len(workspace.posts(stage.places.digest, user=workspace.bot_user_id))
    page = await pagerduty.trigger()
    await _quiet(stage, 2.0)
    person = stage.scenario.people[0]
    await pagerduty.acknowledge(page, person)
    await _quiet(stage)
    await pagerduty.annotate(page, person, "looking at session-validation")
    await _quiet(stage)
    await pagerduty.priority_updated(page, "P2", person)
    await _quiet(stage)
    await pagerduty.resolve(page)
    await _quiet(stage)
    (room,) = [c for key, c in workspace.channels.items() if key not in before]
    await _answer(stage, room, person.email)
    await _quiet(stage)
    paged = {f"<@{user}>" for user in room.members}
    strangers = [m for m in workspace.mentions() if m.channel == room.id and str(m) not in paged]
    digest = len(workspace.posts(stage.places.digest, user=workspace.bot_user_id))
    return {
        "room_posts": len(workspace.posts(room.id, user=workspace.bot_user_id)),
        "room_topic_changes": workspace.topic_changes(room.id),
        "room_digest_posts": digest - digest_before,
        "room_unasked_mentions": len(strangers),
    }


async def _answer(stage: Stage, room: Channel, email: str) -> None:
    asked = next(
        m for m in room.messages.values()
        if (m.metadata or {}).get("event_payload", {}).get("slot", "").startswith("post:alert")
    )  # fmt: skip
    user = stage.slack.workspace.user_with_email(email)
    assert user is not None  # noqa: S101 - seeded from the scenario
    buttons = [one for block in asked.blocks for one in block.get("elements", [])]
    yes = next(one["action_id"] for one in buttons if one.get("style") == "primary")
    await stage.slack.click(user.id, room.id, asked.ts, yes)


async def measure(options: Namespace, folder: Path) -> dict[str, Figure]:
    """All pages under each latency in turn, then the quiet hour."""
    scenario = load_scenario("no-culprit")
    changes = {"integrations": dict.fromkeys(("prometheus", "loki", "tempo", "github"))}
    stage = Stage(scenario=scenario, folder=folder, changes=changes, enforce_tiers=False)
    await stage.start()
    try:
        names = [service.name for service in scenario.services]
        await open_room(stage, names[-1], 0.0)  # the first page warms what is lazy
        opened: list[Opened] = []
        for number in range(options.pages):
            await asyncio.sleep(PACE)
            opened.append(await open_room(stage, names[number % len(names)], LATENCIES[number % 2]))
        said = await live_an_hour(stage)
    finally:
        await stage.stop()
    low, high = LATENCIES
    fast = median([o.card_at for o in opened if o.latency == low])
    slow = median([o.card_at for o in opened if o.latency == high])
    trips = (slow - fast) / (high - low)
    overhead = [(o.card_at - round(trips) * o.latency) * 1000 for o in opened]
    return {
        "pages": options.pages, "room_round_trips": round(trips, 2),
        "room_overhead_ms": median(overhead), "room_overhead_ms_max": max(overhead), **said,
    }  # fmt: skip


def main() -> None:
    """Measure and tell."""
    parser = arguments("From page to room: round trips, overhead, messages.")
    parser.add_argument("--pages", type=int, default=16, help="rooms to open (default: 16)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opsbot-room-") as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    tell("room", figures, GOALS, options.json)


if __name__ == "__main__":
    main()
