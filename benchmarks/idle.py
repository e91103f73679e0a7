"""What an idle opsbot costs: memory of its process tree 60 s after ready, and time to ready.

python -m benchmarks.idle [--settle SECONDS] [--starts N]
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.table import arguments, median, tell
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import Stage

GOALS = {"rss_mb": "under 150", "ready_s": "under 3 (median)"}


def tree_rss_mb(pid: int) -> float:
    """Resident memory of a process and all its descendants, in MiB."""
    children: dict[int, list[int]] = {}
    rss: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":", 1) for line in status.read_text().splitlines() if ":" in line
            )
        except OSError:
            continue
        own = int(status.parent.name)
        children.setdefault(int(lines["PPid"]), []).append(own)
        rss[own] = int(lines.get("VmRSS", "0 kB").split()[0])
    total, waiting = 0, [pid]
    while waiting:
        own = waiting.pop()
        total += rss.get(own, 0)
        waiting += children.get(own, [])
    return total / 1024


async def measure(settle: float, starts: int) -> dict[str, float]:
    """Start opsbot a few times; leave the last one idle and look at its memory."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(scenario=load_scenario("memory-limit"), folder=Path(folder))
        await stage.start(with_bot=False)
        ready: list[float] = []
        try:
            for number in range(starts):
                if number:
                    await stage.bot.stop()
                began = time.monotonic()
                await stage.bot.start()
                ready.append(time.monotonic() - began)
            await asyncio.sleep(settle)
            rss = tree_rss_mb(stage.bot.pid)
        finally:
            await stage.stop()
    return {"rss_mb": rss, "ready_s": median(ready), "ready_s_first": ready[0]}


def main() -> None:
    """Measure and tell."""
    parser = arguments("Memory and start time of an idle opsbot.")
    parser.add_argument("--settle", type=float, default=60.0, help="seconds to idle (default: 60)")
    parser.add_argument("--starts", type=int, default=5, help="starts to time (default: 5)")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.settle, options.starts))
    tell("idle", figures, GOALS, options.json)


if __name__ == "__main__":
    main()
