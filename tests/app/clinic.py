"""The sandbox without an opsbot, and the doctor's checks on it one by one."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from opsbot.app.clock import SystemClock
from opsbot.app.doctor import Finding, Means, examine, open_means, plan
from opsbot.app.settings import read_settings
from opsbot.config import Settings
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.slack.model import Channel
from opsbot.sandbox.stage import Stage, secrets

_loaded = cache(load_scenario)


class BriskClock(SystemClock):
    """The real time of day, perhaps off by something, and waits that cost nothing."""

    def __init__(self, off: timedelta = timedelta(0)) -> None:
        self._off, self._slept = off, 0.0

    def now(self) -> datetime:
        return super().now() + self._off

    def monotonic(self) -> float:
        return super().monotonic() + self._slept

    async def sleep(self, seconds: float) -> None:
        self._slept += seconds
        await asyncio.sleep(0)


class Clinic:
    """A stage, and what the doctor says of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.slack, self.workspace = stage.slack, stage.slack.workspace
        self.pagerduty = stage.world.pagerduty
        self.environ = {**secrets(), "PORT": str(stage.bot.port)}

    def settings(self, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings as they are read with the sandbox's secrets, and others over them."""
        return read_settings(
            Namespace(config=str(self.stage.config)), {**self.environ, **(environ or {})}
        )

    async def find(
        self, name: str, *, environ: Mapping[str, str] | None = None, write: bool = False,
        off: timedelta = timedelta(0), url: str = "", **changes: Any,
    ) -> Finding:  # fmt: skip
        """What one check finds; `changes` are made to its means."""
        clock = BriskClock(off)
        async with open_means(self.settings(environ), clock, write=write, url=url) as opened:
            means: Means = replace(opened, **changes)
            (check,) = [check for check in plan(means) if check.name == name]
            (found,) = [finding async for finding in examine(means, (check,))]
        assert found.name == name
        return found

    def channel(self, name: str) -> Channel:
        """A channel of the workspace by its name."""
        found = self.workspace.channel_named(name)
        assert found is not None
        return found

    def calls(self, method: str) -> int:
        """How often a Slack method was called."""
        return sum(call.method == method for call in self.slack.journal.calls)


@asynccontextmanager
async def clinic(
    folder: Path, scenario: str = "no-culprit", **changes: Any
) -> AsyncGenerator[Clinic]:
    """A sandbox with no opsbot running; keyword arguments are merged into opsbot.yaml."""
    stage = Stage(scenario=_loaded(scenario), folder=folder, changes=changes, enforce_tiers=False)
    await stage.start(with_bot=False)
    try:
        yield Clinic(stage)
    finally:
        await stage.stop()
