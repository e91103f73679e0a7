"""Everything that comes in, five times over: what has its effect once, twice, or never.

    python -m benchmarks.redelivery [--kills N] [--hold SECONDS] [--transport http|socket]

Each inbound kind is brought five times: all at once and one after another, with retry markers and
without, over HTTP and over Socket Mode, and across a kill -9 and restart of opsbot; then once only,
with a kill right behind it. At last everything waits six minutes in the inbox, because the record
cannot be written; --hold really waits, otherwise opsbot is killed meanwhile and the time of arrival
is put back.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from argparse import Namespace
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.inbound import KINDS, Scene
from benchmarks.outage import POLLING, TELEMETRY_OFF
from benchmarks.redelivery_rounds import APART, CALM, RETRIES, Play, Tally
from benchmarks.rooms import record_of, whole_room
from benchmarks.table import Figure, arguments, tell
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import Stage

ONCE = "all of them"
GOALS = {
    "duplicates": "0", "lost": "0", "answers_doubled": "0", "poll_line": ONCE, "webhook": ONCE,
    "page": ONCE, "slash_command": ONCE, "button_click": ONCE, "card_button": ONCE,
    "form_submission": ONCE, "message_shortcut": ONCE, "mention": ONCE, "reaction": ONCE,
    "channel_event": ONCE, "home": ONCE, "taken_and_killed": ONCE, "after_six_minutes": ONCE,
}  # fmt: skip


@asynccontextmanager
async def staged(folder: Path, tally: Tally, *, by_socket: bool) -> AsyncGenerator[Play]:
    """A stage with one room, in which there is somebody for each kind."""
    changes = {"integrations": TELEMETRY_OFF, **POLLING}
    scenario = load_scenario("memory-limit")
    stage = Stage(scenario=scenario, folder=folder, changes=changes, by_socket=by_socket)
    try:
        await stage.start()
        stage.slack.courier.retry_waits = RETRIES
        stage.slack.app.subscribed.add("message.channels")  # so that a mention comes twice
        async with record_of(stage) as record:
            page, incident = await whole_room(stage, record)
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
                await play.once_and_killed(random.uniform(0.0, 0.3))
            await play.held(options.hold)
        print(f"{transport}: done", file=sys.stderr)
    return _figures(tally)


def _figures(tally: Tally) -> dict[str, Figure]:
    kinds: dict[str, Figure] = {name: _share(found) for name, found in tally.effects.items()}
    return {
        "acts": len(tally.all()), "deliveries": tally.deliveries, "kills": tally.kills,
        "before_kill": tally.before_kill, "after_kill": tally.after_kill,
        "duplicates": sum(max(0, number - 1) for number in tally.all()),
        "lost": tally.all().count(0), "answers_doubled": tally.answers_doubled, **kinds,
        "taken_and_killed": _share(tally.alone), "after_six_minutes": _share(tally.held),
    }  # fmt: skip


def _share(effects: Iterable[int]) -> str:
    """How many of the acts had their effect exactly once."""
    found = list(effects)
    return f"{found.count(1)} of {len(found)}"


def main() -> int:
    """Measure and tell; answers 1 when anything was lost or done twice."""
    parser = arguments("Everything that comes in, five times over.")
    parser.add_argument(
        "--kills", type=int, default=2, help="of both sorts, on each transport (default: 2)"
    )
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
