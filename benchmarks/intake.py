"""How fast pages are taken: acknowledgements a second and their latency, against the floor.

    python -m benchmarks.intake [--seconds S] [--rounds N] [--connections C]

SQLite with synchronous=FULL; 1.8 kB bodies; the load comes from a process of its own. Door and
floor are measured in turn, round by round, in one server process under one background load of
eight synthetic incidents; the medians over the rounds are told.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from benchmarks.table import Figure, arguments, median, tell

GOALS = {
    "ack_per_s": "2,000", "ack_p99_ms": "under 50", "flows_per_s": "at least 50",
    "ratio_to_floor": "0.3 or better",
}  # fmt: skip
SECRET = "sandbox-webhook-secret"


async def start_server(folder: Path) -> tuple[asyncio.subprocess.Process, dict[str, int]]:
    """Start opsbot with the floor beside it; answer the process and both ports."""
    config = folder / "opsbot.yaml"
    settings: dict[str, Any] = {
        "listen": {"host": "127.0.0.1", "port": 0}, "data_dir": str(folder / "data"),
        "ephemeral_disk": "allow", "integrations": {"pagerduty": {}},
        "limits": {"backlog": 1_000_000},
    }  # fmt: skip
    config.write_text(yaml.safe_dump(settings), "utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "PAGERDUTY_"))}
    kept.pop("PORT", None)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.intake_server", str(config),
        env={**kept, "PAGERDUTY_WEBHOOK_SECRET": SECRET}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - asked for above
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    return process, json.loads(line)


async def load(url: str, options: Namespace) -> dict[str, Any]:
    """Run the load generator against one address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", url, "--secret", SECRET,
        "--seconds", str(options.seconds), "--connections", str(options.connections),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return json.loads(out)


async def flows_finished(ports: dict[str, int]) -> int:
    """How many background flows have finished so far."""
    url = f"http://127.0.0.1:{ports['floor']}/finished"
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as answer:
        return int((await answer.json())["finished"])


async def handled(ports: dict[str, int]) -> float:
    """How many deliveries are on the record so far, by opsbot's own metrics."""
    url = f"http://127.0.0.1:{ports['door']}/metrics"
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(url) as answer:
        for line in (await answer.text()).splitlines():
            if line.startswith("opsbot_deliveries_handled_total "):
                return float(line.split()[1])
    return 0.0


async def measure(options: Namespace, folder: Path) -> dict[str, Figure]:
    """Door and floor in turn."""
    process, ports = await start_server(folder)
    door, floor = f":{ports['door']}/webhooks/pagerduty", f":{ports['floor']}/floor"
    rounds: list[tuple[dict[str, Any], dict[str, Any], float]] = []
    statuses: dict[str, int] = {}
    try:
        await asyncio.sleep(1.0)
        for _ in range(options.rounds):
            before, behind = await flows_finished(ports), await handled(ports)
            taken = await load(f"http://127.0.0.1{door}", options)
            flows = (await flows_finished(ports) - before) / options.seconds
            taken["handled_per_s"] = (await handled(ports) - behind) / options.seconds
            least = await load(f"http://127.0.0.1{floor}", options)
            rounds.append((taken, least, flows))
            for status, number in taken["statuses"].items():
                statuses[status] = statuses.get(status, 0) + number
    finally:
        process.kill()
        await process.wait()
    acks, floors = [r[0]["per_s"] for r in rounds], [r[1]["per_s"] for r in rounds]
    return {
        "connections": options.connections, "rounds": options.rounds,
        "ack_per_s": median(acks), "ack_p50_ms": median([r[0]["p50_ms"] for r in rounds]),
        "ack_p99_ms": median([r[0]["p99_ms"] for r in rounds]),
        "flows_per_s": median([r[2] for r in rounds]), "floor_per_s": median(floors),
        "ratio_to_floor": median([a / f for a, f in zip(acks, floors, strict=True)]),
        "handled_per_s": median([r[0]["handled_per_s"] for r in rounds]),
        "not_202": sum(n for status, n in statuses.items() if status != "202"),
    }  # fmt: skip


def main() -> None:
    """Measure and tell."""
    parser = arguments("Acknowledgements a second, against the floor.")
    parser.add_argument("--seconds", type=float, default=5.0, help="a round's length (default: 5)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each (default: 5)")
    parser.add_argument("--connections", type=int, default=32, help="default: 32")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="opsbot-intake-") as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    tell("intake, SQLite synchronous=FULL", figures, GOALS, options.json)


if __name__ == "__main__":
    main()
