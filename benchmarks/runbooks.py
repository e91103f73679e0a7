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
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    "click_to_first_step_ms": "median under 200", "lost_clicks": "0", "lost": "0",
    "doubled": "0", "peak_rss_mb": "none set",
}  # fmt: skip
NO_EVIDENCE = {
    "integrations": dict.fromkeys(("prometheus", "loki", "tempo", "github", "folder")),
    "executors": {"process": {"programs": ["seq"]}},
}  # fmt: skip
ENDS_WITHIN = 300.0  # seconds for all runs
ONE_ENDS_WITHIN = 30.0  # seconds for one click on an idle opsbot
NOTHING, TALK = "bench-nothing", "bench-talk"


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
    for name, step in ((NOTHING, nothing), (TALK, talk)):
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

    async def click(self, place: int) -> str:
        """Press "Run it now"; the message it stands in, which the stored click names."""
        message = self.player.heard[place]
        await self.player.presses(message, "run:do-way=ask")
        return message.ts

    async def entries(self) -> list[e.Entry]:
        """The incident's whole record, read beside the running opsbot."""
        database = Database(f"sqlite:///{self.stage.folder / 'data' / 'record.db'}")
        try:
            async with database.read() as connection:
                return list(await entries_of(connection, await _only(self.stage)))
        finally:
            await database.close()

    async def until_over(
        self, runbook: str, rounds: Collection[int], within: float
    ) -> list[e.Entry]:
        """Wait until the runs of these rounds have ended, or for so many seconds."""
        until_ = time.monotonic() + within
        while time.monotonic() < until_:
            entries = await self.entries()
            ended = {x.body.run_id for x in entries if isinstance(x.body, e.RunFinished)}
            if all(run in ended for run in _runs(entries, runbook, rounds).values()):
                return entries
            await asyncio.sleep(0.25)
        return await self.entries()


def _runs(entries: Iterable[e.Entry], runbook: str, rounds: Collection[int]) -> dict[int, str]:
    """The run of each round by its id; empty for a round that nobody asked for."""
    asked = {
        int(x.body.plan.arguments["round"]): x.body.run_id for x in entries
        if isinstance(x.body, e.RunRequested) and x.body.plan.runbook == runbook
    }  # fmt: skip
    return {round_: asked.get(round_, "") for round_ in rounds}


async def _only(stage: Stage) -> str:
    with sqlite3.connect(f"file:{stage.folder / 'data' / 'record.db'}?mode=ro", uri=True) as db:
        (found,) = db.execute("select incident_id from incidents where number = 1").fetchone()
    return str(found)


async def opened(stage: Stage) -> Bench:
    """Page, and bring somebody into the room."""
    await stage.world.pagerduty.trigger()
    slack = stage.slack
    await until(lambda: any(_rooms(stage)), "the incident's room", 30.0)
    room = next(_rooms(stage))
    user = slack.workspace.add_user("bench", email="bench@example.com")
    await slack.people.join(user.id, room)
    return Bench(stage, Player(slack, user), room)


def _rooms(stage: Stage) -> Iterator[str]:
    """The ids of incident channels in which a card stands."""
    for channel in stage.slack.workspace.channels.values():
        if channel.name.startswith("inc-") and message_of(stage.slack, channel.id, "card"):
            yield channel.id


async def clicks(bench: Bench, count: int) -> dict[str, Figure]:
    """One click after the other on an idle opsbot; one without a claim is lost."""
    pressed: dict[int, str] = {}
    for round_ in range(count):
        place = await bench.previewed(NOTHING, round_)
        pressed[round_] = await bench.click(place)
        await bench.until_over(NOTHING, (round_,), ONE_ENDS_WITHIN)
    waits = _waits(await bench.entries(), pressed, _clicks_stored(bench.stage))
    return {
        "clicks": count, "lost_clicks": count - len(waits),
        "click_to_first_step_ms": median(waits),
        "click_to_first_step_p99_ms": percentile(waits, 0.99),
    }  # fmt: skip


def _waits(
    entries: Collection[e.Entry], pressed: Mapping[int, str], stored: Mapping[str, float]
) -> list[float]:
    """Milliseconds from each click to the claim of its own run, which its round names; nothing of
    one that was not stored or not claimed."""
    claimed = {
        x.body.run_id: x.recorded_at.timestamp() for x in entries
        if isinstance(x.body, e.StepStarted)
    }  # fmt: skip
    runs = _runs(entries, NOTHING, pressed)
    return [
        (claimed[runs[round_]] - stored[message]) * 1000
        for round_, message in pressed.items()
        if message in stored and runs[round_] in claimed
    ]


def _clicks_stored(stage: Stage) -> dict[str, float]:
    """When each press arrived, in Unix seconds, by the message that was pressed."""
    with sqlite3.connect(f"file:{stage.folder / 'data' / 'inbox.db'}?mode=ro", uri=True) as db:
        rows = db.execute("select key, received_at from inbox where key like 'click:%'").fetchall()
    return {key.split(":")[1]: received_at / 1_000_000 for key, received_at in rows}


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
    rounds = range(after, after + count)
    places = [await bench.previewed(TALK, round_) for round_ in rounds]
    peak, watching = [0.0], asyncio.create_task(_watch_memory(bench.stage.bot.pid))
    began = time.monotonic()
    try:
        await asyncio.gather(*(bench.click(place) for place in places))
        entries = await bench.until_over(TALK, rounds, ENDS_WITHIN)
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
        if isinstance(b, e.RunRequested) and b.plan.runbook == TALK
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
