"""kill -9 at random moments, and hours of outage: what is lost, what is doubled.

    python -m benchmarks.crash --kills N [--store sqlite|postgres] [--delete-engine] [--seed S]
    python -m benchmarks.crash --outage

A real `opsbot serve` is killed and started again while the sandbox PagerDuty triggers incidents;
they are counted where they were triggered, so one that never arrived is counted as lost. A short
outage follows; --outage plays the whole one instead. --poll: PagerDuty is asked, no webhooks.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.outage import POLLING, SHORT, measure_outage
from benchmarks.pager_story import STORIES
from benchmarks.postgres import drop_engine_schema, fresh_database
from benchmarks.rooms import find, is_whole, messages_of, record_of, rooms_of
from benchmarks.table import Figure, arguments, median, tell
from opsbot.core.incident import Incident
from opsbot.sandbox.pagerduty_account import Incident as Page
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import Stage
from opsbot.store.record import SqlRecord

GOALS = {
    "lost": "0", "duplicate_rooms": "0", "duplicate_cards": "0", "half_built_rooms": "0",
    "recover_s_max": "under 15", "outage_lost": "0", "outage_duplicates": "0",
    "outage_recover_s": "under 15",
}  # fmt: skip
BAD = (
    "lost", "duplicate_rooms", "duplicate_cards", "half_built_rooms", "outage_lost",
    "outage_duplicates",
)  # fmt: skip
SPAN = 2.5  # seconds from the page within which the kill falls
GIVEN_UP = 90.0  # seconds after a restart


@dataclass(slots=True, kw_only=True)
class Tally:
    """What happened so far."""

    pages: list[Page] = field(default_factory=list[Page])
    recovered: list[float] = field(default_factory=list[float])
    unfinished: int = 0


async def round_of(stage: Stage, record: SqlRecord, tally: Tally, options: Namespace) -> None:
    """One page, one kill, one restart, and the wait until the room is whole."""
    services = [service.name for service in stage.scenario.services]
    (page,) = await stage.world.pagerduty.synthetic_incidents(1, services=[random.choice(services)])
    tally.pages.append(page)
    await asyncio.sleep(random.uniform(0.0, SPAN))
    await stage.bot.kill()
    if options.delete_engine:
        _lose_engine(stage, options)
    began = time.monotonic()
    await stage.bot.start()
    while not is_whole(await find(record, page)):
        if time.monotonic() - began > GIVEN_UP:
            tally.unfinished += 1
            return
        await asyncio.sleep(0.05)
    tally.recovered.append(time.monotonic() - began)


def _lose_engine(stage: Stage, options: Namespace) -> None:
    if options.store == "postgres":
        drop_engine_schema(stage.environ["DATABASE_URL"])
        return
    for file in (stage.folder / "data").glob("engine.db*"):
        file.unlink()


def count(stage: Stage, found: dict[str, Incident | None]) -> dict[str, Figure]:
    """Losses and doubles, as Slack and the record show them."""
    stood = Counter((incident, slot) for incident, slot, _ in messages_of(stage))
    held = {i.surface.channel_id for i in found.values() if i and i.surface.channel_id}
    return {
        "triggered": len(found),
        "lost": sum(1 for i in found.values() if i is None or not stood[i.id, "card"]),
        "duplicate_rooms": len([room for room in rooms_of(stage) if room.id not in held]),
        "duplicate_cards": sum(number - 1 for number in stood.values()),
        "half_built_rooms": sum(1 for i in found.values() if not is_whole(i)),
    }


async def measure(options: Namespace, folder: Path, environ: dict[str, str]) -> dict[str, Figure]:
    """All rounds on one stage."""
    scenario = load_scenario("memory-limit")
    changes = POLLING if options.poll else {}
    stage = Stage(scenario=scenario, folder=folder, environ=environ, changes=changes)
    tally = Tally()
    await stage.start()
    try:
        async with record_of(stage) as record:
            for number in range(options.kills):
                await round_of(stage, record, tally, options)
                print(f"\r{number + 1} of {options.kills} kills", end="", file=sys.stderr)
            await asyncio.sleep(2.0)
            found = {page.id: await find(record, page) for page in tally.pages}
        figures = count(stage, found)
    finally:
        print(file=sys.stderr)
        await stage.stop()
    return {
        "kills": options.kills, **figures,
        "recover_s_median": median(tally.recovered),
        "recover_s_max": max(tally.recovered, default=float("nan")),
    }  # fmt: skip


async def run(options: Namespace, folder: Path, environ: dict[str, str]) -> dict[str, Figure]:
    """The outage alone, or the kills with a short outage after them."""
    if options.outage:
        return await measure_outage(options, folder / "outage", environ)
    figures = await measure(options, folder / "kills", environ)
    if options.store == "postgres":
        return figures  # a database of its own for each is not worth a minute
    return {**figures, **await measure_outage(options, folder / "outage", environ, STORIES[:SHORT])}


def main() -> int:
    """Measure and tell; answers 1 when anything was lost, doubled or left half-built."""
    parser = arguments("kill -9 between webhook and complete evidence, and two hours of outage.")
    parser.add_argument("--kills", type=int, default=25, help="how many (default: 25)")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument(
        "--delete-engine", action="store_true", help="lose the engine's database at every kill"
    )
    parser.add_argument("--seed", type=int, default=None, help="for the moments of the kills")
    parser.add_argument("--outage", action="store_true", help="the whole outage instead of kills")
    parser.add_argument("--poll", action="store_true", help="no webhooks: PagerDuty is asked")
    options = parser.parse_args()
    random.seed(options.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="opsbot-crash-")))
        environ: dict[str, str] = {}
        if options.store == "postgres":
            environ["DATABASE_URL"] = stack.enter_context(fresh_database())
        figures = asyncio.run(run(options, folder, environ))
    engine = ", engine deleted" if options.delete_engine else ""
    tell(f"crash, {options.store}{engine}{', poll' if options.poll else ''}", figures, GOALS,
         options.json)  # fmt: skip
    return 1 if any(figures.get(name) for name in BAD) else 0


if __name__ == "__main__":
    sys.exit(main())
