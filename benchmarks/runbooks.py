"""From a click to the first step, and two hundred runs at once.

    python -m benchmarks.runbooks [--clicks N] [--runs N] [--lines N]

The first part presses "Run it now" on an idle opsbot and takes the time from the durable click (its
row in the inbox) to the durable claim of the first step. The floor is what two commits with fsync
cost on this disk at that time. The second part presses two hundred such buttons together; every run
starts a program that writes thousands of lines. Memory is opsbot's own process while they run.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.idle import tree_rss_mb
from benchmarks.table import Figure, arguments, median, percentile, tell
from opsbot.core import entry as e
from opsbot.core.incident import fold
from opsbot.core.run_entry import Phase, RunOutcome
from opsbot.sandbox.cast import Player, message_of, until
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import Stage
from opsbot.store.database import Database
from opsbot.store.lookup import entries_of

GOALS = {
    "click_to_first_step_ms": "median under 200", "lost": "0", "doubled": "0",
    "peak_rss_mb": "none set",
}  # fmt: skip
NO_EVIDENCE = {
    "integrations": dict.fromkeys(("prometheus", "loki", "tempo", "github", "folder")),
    "executors": {"process": {"programs": ["seq"]}},
}  # fmt: skip
ENDS_WITHIN = 300.0  # seconds for all runs


def write_runbooks(folder: Path, lines: int) -> None:
    """Two runbooks that only read: one does nothing, one writes many lines."""
    shared = {
        "owner": "platform", "risk": "none", "guard": {"target": "round ${round}"},
        "parameters": {"round": {"kind": "integer", "min": 0, "max": 100_000}},
    }  # fmt: skip
    nothing = {"name": "nothing", "executor": "noop", "do": {"say": "done"}}
    talk = {
        "name": "talk", "executor": "process", "timeout": "2m", "output_limit": "1MiB",
        "do": {"argv": ["seq", "-f", "line %06g of a program that has much to say", str(lines)]},
    }  # fmt: skip
    (folder / "runbooks").mkdir(parents=True)
    for name, step in (("bench-nothing", nothing), ("bench-talk", talk)):
        book = {**shared, "title": name, "steps": [step]}
        (folder / "runbooks" / f"{name}.yaml").write_text(yaml.safe_dump(book), "utf-8")


@dataclass(slots=True)
class Bench:
    """A stage with one incident, and somebody in its room."""

    stage: Stage
    player: Player
    room: str

    async def previewed(self, runbook: str, round_: int) -> int:
        """Ask for a preview; the place among what the player has heard."""
        heard = len(self.player.heard)
        await self.player.types(f"run {runbook} round={round_}", self.room)
        return heard

    async def click(self, place: int) -> None:
        """Press "Run it now"."""
        await self.player.presses(self.player.heard[place], "run:do-way=ask")

    async def entries(self) -> list[e.Entry]:
        """The incident's whole record, read beside the running opsbot."""
        database = Database(f"sqlite:///{self.stage.folder / 'data' / 'record.db'}")
        try:
            async with database.read() as connection:
                return list(await entries_of(connection, await _only(self.stage)))
        finally:
            await database.close()

    async def until_over(self, count: int) -> list[e.Entry]:
        """Wait until so many runs have ended."""
        until_ = time.monotonic() + ENDS_WITHIN
        while time.monotonic() < until_:
            entries = await self.entries()
            if sum(isinstance(x.body, e.RunFinished) for x in entries) >= count:
                return entries
            await asyncio.sleep(0.25)
        return await self.entries()


async def _only(stage: Stage) -> str:
    with sqlite3.connect(f"file:{stage.folder / 'data' / 'record.db'}?mode=ro", uri=True) as db:
        (found,) = db.execute("select incident_id from incidents where number = 1").fetchone()
    return str(found)


async def opened(stage: Stage) -> Bench:
    """Page, and bring somebody into the room."""
    await stage.world.pagerduty.trigger()
    slack = stage.slack
    await until(lambda: any(_cards(stage)), "the incident's room", 30.0)
    room = next(_cards(stage))
    user = slack.workspace.add_user("bench", email="bench@example.com")
    await slack.people.join(user.id, room)
    return Bench(stage, Player(slack, user), room)


def _cards(stage: Stage):  # type: ignore[no-untyped-def] # a generator of channel ids
    for channel in stage.slack.workspace.channels.values():
        if channel.name.startswith("inc-") and message_of(stage.slack, channel.id, "card"):
            yield channel.id


async def clicks(bench: Bench, count: int) -> dict[str, Figure]:
    """One click after the other on an idle opsbot."""
    for round_ in range(count):
        place = await bench.previewed("bench-nothing", round_)
        await bench.click(place)
        await bench.until_over(round_ + 1)
    entries = await bench.entries()
    claims = {
        x.body.run_id: x.recorded_at for x in entries if isinstance(x.body, e.StepStarted)
    }  # fmt: skip
    asked = {x.body.run_id: x.key for x in entries if isinstance(x.body, e.RunRequested)}
    stored = _clicks_stored(bench.stage)
    claimed = sorted(at.timestamp() for at in claims.values())
    waits = [(claim - at) * 1000 for claim, at in zip(claimed, stored, strict=False)]
    return {
        "clicks": len(asked), "click_to_first_step_ms": median(waits),
        "click_to_first_step_p99_ms": percentile(waits, 0.99),
    }  # fmt: skip


def _clicks_stored(stage: Stage) -> list[float]:
    """When each press arrived, in Unix seconds, in order."""
    with sqlite3.connect(f"file:{stage.folder / 'data' / 'inbox.db'}?mode=ro", uri=True) as db:
        rows = db.execute(
            "select received_at from inbox where key like 'click:%' order by received_at"
        ).fetchall()
    return [row[0] / 1_000_000 for row in rows]


def two_commits_ms(folder: Path, rounds: int = 50) -> float:
    """The floor: two durable commits one after the other, as a click and its claim are."""
    took: list[float] = []
    with sqlite3.connect(folder / "floor.db", isolation_level=None) as db:
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        db.execute("create table t (x integer primary key, body text)")
        for _ in range(rounds):
            began = time.monotonic()
            for _ in range(2):
                db.execute("begin immediate")
                db.execute("insert into t (body) values (?)", ("x" * 500,))
                db.execute("commit")
            took.append((time.monotonic() - began) * 1000)
    return median(took)


async def together(bench: Bench, count: int, lines: int, after: int) -> dict[str, Figure]:
    """Many runs at once, each with many lines."""
    places = [await bench.previewed("bench-talk", after + number) for number in range(count)]
    peak, watching = [0.0], asyncio.create_task(_watch_memory(bench.stage.bot.pid))
    began = time.monotonic()
    try:
        await asyncio.gather(*(bench.click(place) for place in places))
        entries = await bench.until_over(after + count)
        took = time.monotonic() - began
    finally:
        watching.cancel()
        peak = await watching
    return {**_fates(entries, count, lines), "runs_s": took, "peak_rss_mb": max(peak)}


async def _watch_memory(pid: int) -> list[float]:
    seen: list[float] = [0.0]
    try:
        while True:
            seen.append(own_rss_mb(pid))
            await asyncio.sleep(0.1)
    except asyncio.CancelledError:
        return seen


def own_rss_mb(pid: int) -> float:
    """Resident memory of opsbot's own process, in MiB, without the programs it runs."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = next((line for line in text.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(found.split()[1]) / 1024


def _fates(entries: list[e.Entry], count: int, lines: int) -> dict[str, Figure]:
    """Which runs came to what end, and whether every line of each is kept."""
    bodies = [entry.body for entry in entries]
    asked = {
        b.run_id for b in bodies
        if isinstance(b, e.RunRequested) and b.plan.runbook == "bench-talk"
    }  # fmt: skip
    good = {
        b.run_id for b in bodies
        if isinstance(b, e.RunFinished) and b.outcome is RunOutcome.SUCCEEDED
    }  # fmt: skip
    whole = {
        b.run_id for b in bodies
        if isinstance(b, e.StepFinished) and b.lines == lines and not b.cut
    }  # fmt: skip
    begun = [
        (b.run_id, b.step) for b in bodies
        if isinstance(b, e.StepStarted) and b.phase is Phase.STEPS
    ]  # fmt: skip
    state = fold(entries[0].incident_id, entries) if entries else None
    return {
        "runs": len(asked), "lost": count - len(asked & good & whole),
        "doubled": len(begun) - len(set(begun)), "entries": state.seq if state else 0,
    }  # fmt: skip


async def measure(options: dict[str, int]) -> dict[str, Figure]:
    """Both parts on one stage."""
    folder = Path(tempfile.mkdtemp(prefix="opsbot-runbooks-"))
    stage = Stage(
        scenario=load_scenario("no-culprit"), folder=folder / "s", changes=NO_EVIDENCE,
        enforce_tiers=False,
    )  # fmt: skip
    try:
        write_runbooks(folder / "s", options["lines"])
        await stage.start()
        bench = await opened(stage)
        figures = await clicks(bench, options["clicks"])
        figures["floor_two_commits_ms"] = two_commits_ms(folder)
        figures["idle_rss_mb"] = tree_rss_mb(stage.bot.pid)
        figures |= await together(bench, options["runs"], options["lines"], options["clicks"])
    finally:
        await stage.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return figures


def main() -> None:
    """Measure and tell."""
    parser = arguments("From a click to the first step, and many runs at once.")
    parser.add_argument("--clicks", type=int, default=50, help="clicks to time (default: 50)")
    parser.add_argument("--runs", type=int, default=200, help="runs at once (default: 200)")
    parser.add_argument("--lines", type=int, default=5_000, help="lines of each (default: 5,000)")
    given = parser.parse_args()
    options = {"clicks": given.clicks, "runs": given.runs, "lines": given.lines}
    tell("runbooks", asyncio.run(measure(options)), GOALS, given.json)


if __name__ == "__main__":
    main()
