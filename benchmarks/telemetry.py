"""A scenario's telemetry in a process of its own, which gives way to everything else that runs.

    python -m benchmarks.telemetry SCENARIO

Started by benchmarks.ack: elsewhere it would be another machine that works answers out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os

from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.world import World

GIVING_WAY = 15  # of 19: the higher, the less it takes from others


async def serve(scenario: str) -> None:
    """Listen until killed; print the addresses as opsbot.yaml wants them."""
    urls = await World(load_scenario(scenario)).start()
    integrations = {
        "prometheus": {"url": urls.prometheus}, "loki": {"url": urls.loki},
        "tempo": {"url": urls.tempo}, "github": {"api_url": urls.github},
    }  # fmt: skip
    print(json.dumps(integrations), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description="The telemetry side of benchmarks.ack.")
    parser.add_argument("scenario")
    os.nice(GIVING_WAY)
    asyncio.run(serve(parser.parse_args().scenario))


if __name__ == "__main__":
    main()
