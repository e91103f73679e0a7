"""How fast a person is acknowledged while rooms are being opened, and while nothing answers.

    python -m benchmarks.ack [--socket] [--commands N] [--seconds S]

People type, open forms and press buttons in the room of one incident while 0, 20 and 60 more pages
arrive at once at a Slack that limits rates; then while Slack, PagerDuty and telemetry all hang. A
relay in a process of its own hands their deliveries over evenly and times them, and at the same
moment the floor's: a server that reads a delivery and acknowledges it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.child import child
from benchmarks.responders import Responders
from benchmarks.rooms import record_of, rooms_of, until, whole_room
from benchmarks.table import Figure, arguments, percentile, tell
from opsbot.sandbox.faults import slow
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import Stage

GOALS = {
    "ack_p99_ms": "under 250", "ack_stalled_p99_ms": "under 250", "not_acknowledged": "0",
    "unanswered": "0",
}  # fmt: skip
SCENARIO = "memory-limit"
FOR_EVER = 3600.0  # seconds
ANSWERED_WITHIN = 30.0  # seconds after the last act
COUNTS = ("deliveries", "not_acknowledged", "unanswered")
NAMES = {
    "0": ("ack_0_p50_ms", "ack_0_p99_ms", "floor_0_p50_ms", "floor_0_p99_ms",
          "answer_0_p50_ms", "answer_0_p99_ms"),
    "20": ("ack_20_p50_ms", "ack_20_p99_ms", "floor_20_p50_ms", "floor_20_p99_ms",
           "answer_20_p50_ms", "answer_20_p99_ms", "rooms_20_left"),
    "60": ("ack_60_p50_ms", "ack_60_p99_ms", "floor_60_p50_ms", "floor_60_p99_ms",
           "answer_60_p50_ms", "answer_60_p99_ms", "rooms_60_left"),
    "stalled": ("ack_stalled_p50_ms", "ack_stalled_p99_ms", "floor_stalled_p50_ms",
                "floor_stalled_p99_ms"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What goes on while people work."""

    name: str
    pages: int
    stalled: bool = False


SITUATIONS = (
    Situation(name="0", pages=0), Situation(name="20", pages=20), Situation(name="60", pages=60),
    Situation(name="stalled", pages=20, stalled=True),
)  # fmt: skip


class Relay:
    """The benchmark's end of the relay."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.url, self._session = f"http://127.0.0.1:{port}", session

    async def switch(self, **wanted: object) -> None:
        """Tell it addresses, the pace, or that everything hangs."""
        async with self._session.put(f"{self.url}/relay", json=wanted) as answer:
            answer.raise_for_status()

    async def nothing_open(self) -> bool:
        """Whether everything was acknowledged and answered."""
        async with self._session.get(f"{self.url}/relay/open") as answer:
            return await answer.json() == 0

    async def timings(self) -> list[dict[str, Any]]:
        """Take what it has timed so far."""
        async with self._session.get(f"{self.url}/relay") as answer:
            return await answer.json()


@asynccontextmanager
async def relaying(stage: Stage, telemetry: Mapping[str, Any]) -> AsyncGenerator[Relay]:
    """The stage with everything between Slack and opsbot going through a relay."""
    async with (
        child("benchmarks.slack_relay") as own, child("benchmarks.floor") as floor,
        aiohttp.ClientSession(trust_env=False) as session,
    ):  # fmt: skip
        relay, floor_url = Relay(own["port"], session), f"http://127.0.0.1:{floor['port']}"
        slack_settings = {"slack": {"api_url": f"{relay.url}/api/"}}
        stage.changes = {**slack_settings, "integrations": dict(telemetry)}
        try:
            await stage.start(with_bot=False)
            workspace, app = stage.slack.workspace, stage.slack.app
            sandbox, workspace.url = workspace.url.rstrip("/"), f"{relay.url}/"
            await relay.switch(sandbox=sandbox, bot=stage.bot.url, floor=f"{floor_url}/")
            if stage.by_socket:
                held = {"url": f"{relay.url}/relay/floor"}
                async with session.post(f"{floor_url}/connect", json=held) as answer:
                    answer.raise_for_status()
            else:
                app.commands_url = f"{relay.url}/slack/commands"
                app.interactivity_url = f"{relay.url}/slack/interactions"
                app.events_url = f"{relay.url}/slack/events"
            await stage.bot.start()
            yield relay
        finally:
            await stage.stop()


async def open_room(stage: Stage) -> tuple[str, str]:
    """Page once; the room's id and the ts of its card, once everything stands."""
    async with record_of(stage) as record:
        _, incident = await whole_room(stage, record)
    return incident.surface.channel_id, incident.surface.messages["card"].ts


async def play(
    situation: Situation, options: Namespace, folder: Path, telemetry: Mapping[str, Any]
) -> dict[str, Figure]:
    """One situation on a stage of its own."""
    scenario = load_scenario(SCENARIO)
    stage = Stage(scenario=scenario, folder=folder, by_socket=options.socket)
    async with relaying(stage, {} if situation.stalled else telemetry) as relay:
        people = Responders(stage.slack, *await open_room(stage))
        await people.come_in()
        await until(relay.nothing_open, ANSWERED_WITHIN)  # Slack rations who may be looked up
        if situation.stalled:
            await _stall(stage, relay)
        interval = options.seconds / options.commands
        await relay.timings()
        await relay.switch(interval=interval)
        pages: list[Page] = await stage.world.pagerduty.synthetic_incidents(situation.pages)
        await people.work(options.commands, interval)
        left = len(pages) + 1 - len(rooms_of(stage))
        return _figures(situation, await _answered(relay, situation), left)


async def _stall(stage: Stage, relay: Relay) -> None:
    """Nothing that opsbot asks for is answered any more."""
    for name in ("pagerduty", "prometheus", "loki", "tempo", "github"):
        await stage.world.set_fault(name, slow(FOR_EVER))
    await relay.switch(hang=True)


async def _answered(relay: Relay, situation: Situation) -> list[dict[str, Any]]:
    """Give the last answers time to come; nobody is answered while everything hangs."""
    with suppress(TimeoutError):
        await until(relay.nothing_open, 3.0 if situation.stalled else ANSWERED_WITHIN)
    return await relay.timings()


def _figures(
    situation: Situation, timings: Sequence[Mapping[str, Any]], left: int
) -> dict[str, Figure]:
    acks = [t["ack_ms"] for t in timings if t["ack_ms"] is not None and t["status"] == 200]
    floors = [t["floor_ms"] for t in timings if t["floor_ms"] is not None]
    answers = [t["answer_ms"] for t in timings if t["answer_ms"] is not None]
    of = [(acks, 0.5), (acks, 0.99), (floors, 0.5), (floors, 0.99), (answers, 0.5), (answers, 0.99)]
    told: dict[str, Figure] = {
        name: percentile(values, share) if values else None
        for name, (values, share) in zip(NAMES[situation.name], of, strict=False)
    }
    if len(NAMES[situation.name]) > len(of):
        told[NAMES[situation.name][-1]] = left
    silent = 0 if situation.stalled else len(timings) - len(answers)
    counts = {"deliveries": len(timings), "not_acknowledged": len(timings) - len(acks)}
    return {**counts, "unanswered": silent, **told}


async def measure(options: Namespace, folder: Path) -> dict[str, Figure]:
    """All situations in turn."""
    measured: dict[str, dict[str, Figure]] = {}
    async with child("benchmarks.telemetry", SCENARIO) as telemetry:
        for situation in SITUATIONS:
            print(f"{situation.name}...", file=sys.stderr)
            place = folder / situation.name
            measured[situation.name] = await play(situation, options, place, telemetry)
    worst = max(float(measured[name][f"ack_{name}_p99_ms"] or 0) for name in ("0", "20", "60"))
    counts: dict[str, Figure] = {
        name: sum(int(one[name] or 0) for one in measured.values()) for name in COUNTS
    }
    told = {name: value for one in measured.values() for name, value in one.items()}
    return {**told, **counts, "ack_p99_ms": worst}


def main() -> None:
    """Measure and tell."""
    parser = arguments("How fast people are acknowledged while rooms are being opened.")
    parser.add_argument("--socket", action="store_true", help="over Socket Mode instead of HTTP")
    parser.add_argument("--commands", type=int, default=240, help="in each situation (240)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each situation (60)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opsbot-ack-") as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    tell(f"ack, {'Socket Mode' if options.socket else 'HTTP'}", figures, GOALS, options.json)


if __name__ == "__main__":
    main()
