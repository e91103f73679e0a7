"""opsbot under test, plus the floor beside it, in one process under one background load.

Started by benchmarks.intake. `/webhooks/pagerduty` is opsbot's own door. `/floor` on the second
port does the least any honest door does: HMAC, JSON, 202, and stores nothing. Eight synthetic
incidents keep short flows going all the while, each appending to the record; as with a real room,
one in eight is a flow of several steps that the engine checkpoints, the others are of one step.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from opsbot.app.build import Opsbot
from opsbot.app.clock import SystemClock
from opsbot.app.settings import read_settings
from opsbot.core.entry import Draft, NoteAdded
from opsbot.core.people import OPSBOT
from opsbot.entrypoints.server import Server
from opsbot.flows import ONE_STEP
from opsbot.ports import Flow, Obligation, Ports, Steps

EVERY = 0.08  # seconds from the end of one flow of an incident to the next: up to 100 a second


class Background:
    """Eight incidents whose flow owes itself again."""

    def __init__(self) -> None:
        self.finished = 0
        self._ports: Ports | None = None

    def flows(self, ports: Ports) -> Mapping[str, Flow]:
        """The synthetic flow, bound to the running bot's ports."""
        self._ports = ports
        return {"synthetic": self._flow, "synthetic_steps": self._flow}

    async def _flow(self, steps: Steps, arguments: Mapping[str, str]) -> float | None:
        ports, incident_id, round_ = self._ports, arguments["incident_id"], int(arguments["round"])
        assert ports is not None  # noqa: S101 - set when the flows were made

        async def step() -> None:
            now = ports.clock.now()
            note = Draft(
                key=f"synthetic:{round_}",
                occurred_at=now,
                actor=OPSBOT,
                source="opsbot",
                body=NoteAdded(text=f"round {round_}"),
            )
            async with ports.record.transaction(incident_id) as tx:
                await tx.append(incident_id, [note])
                await tx.owe(_owed(incident_id, round_ + 1, ports))

        await steps.run("note", step)
        if round_ % 8 == 0:
            await steps.run("look", lambda: _seq(ports, incident_id))
        self.finished += 1
        return None

    async def begin(self) -> None:
        """Owe the first flow of each incident."""
        assert self._ports is not None  # noqa: S101 - the bot has started
        for number in range(8):
            async with self._ports.record.transaction() as tx:
                await tx.owe(_owed(f"synthetic-{number}", 1, self._ports))


async def _seq(ports: Ports, incident_id: str) -> int:
    return (await ports.record.incident(incident_id)).seq


def _owed(incident_id: str, round_: int, ports: Ports) -> Obligation:
    purpose = "synthetic" if round_ % 8 else "synthetic_steps"
    return Obligation(
        key=f"{incident_id}:{round_}",
        incident_id=incident_id,
        purpose=purpose,
        due_at=ports.clock.now() + timedelta(seconds=EVERY),
        arguments={"round": str(round_)},
    )


def floor_app(secret: bytes, background: Background) -> web.Application:
    """HMAC, JSON, 202; and how many background flows have finished."""

    async def floor(request: web.Request) -> web.Response:
        body = await request.read()
        proof = hmac.new(secret, body, hashlib.sha256).hexdigest()
        given = request.headers["X-PagerDuty-Signature"].removeprefix("v1=")
        if not hmac.compare_digest(proof, given):
            return web.Response(status=401)
        json.loads(body)
        return web.Response(status=202)

    async def finished(request: web.Request) -> web.Response:
        return web.json_response({"finished": background.finished})

    app = web.Application()
    app.router.add_post("/floor", floor)
    app.router.add_get("/finished", finished)
    return app


async def serve(config: Path, secret: str) -> None:
    """Run until killed; print both addresses when ready."""
    settings = read_settings(argparse.Namespace(config=str(config)))
    background = Background()
    bot = Opsbot(
        settings, SystemClock(), more_flows=background.flows, one_step=ONE_STEP | {"synthetic"}
    )
    await bot.start()
    floor = Server(floor_app(secret.encode(), background), "127.0.0.1", 0)
    await floor.start()
    await background.begin()
    print(json.dumps({"door": bot.port, "floor": floor.port}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description="The server side of benchmarks.intake.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--secret", default="sandbox-webhook-secret")
    options = parser.parse_args()
    logging.basicConfig(level="WARNING")
    asyncio.run(serve(options.config, options.secret))


if __name__ == "__main__":
    main()
