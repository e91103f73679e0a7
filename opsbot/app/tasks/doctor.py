"""`opsbot doctor`: ask everything that is configured; one line and one fix each."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from argparse import Namespace
from dataclasses import asdict

from rich.console import Console

from opsbot.app.clock import SystemClock
from opsbot.app.doctor import Finding, Means, Verdict, examine, open_means, plan
from opsbot.app.doctor.paper import Paper
from opsbot.app.settings import read_settings
from opsbot.app.store import Unusable
from opsbot.config import Settings
from opsbot.slack.manifest import NotPublic, public_address


def run(arguments: Namespace) -> int:
    """Print what was found. Answers 1 when something needs a person; warnings do not."""
    # What a check has to say is its line, not the log.
    logging.basicConfig(level=os.environ.get("OPSBOT_LOG", "CRITICAL").upper())
    settings = read_settings(arguments)
    try:
        url = public_address(arguments.url) if arguments.url else ""
    except NotPublic as why:
        raise Unusable(f"--url: {why}") from None
    found = asyncio.run(_examine(settings, arguments.write, url, as_json=arguments.json))
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in found], indent=2))  # noqa: T201 - the output
    return 1 if any(finding.verdict is Verdict.BAD for finding in found) else 0


async def _examine(settings: Settings, write: bool, url: str, *, as_json: bool) -> list[Finding]:
    async with open_means(settings, SystemClock(), write=write, url=url) as means:
        if not as_json:
            return await _told(means)
        order = [check.name for check in plan(means)]
        found = [finding async for finding in examine(means)]
    return sorted(found, key=lambda finding: order.index(finding.name))


async def _told(means: Means) -> list[Finding]:
    console = Console(highlight=False)
    found: list[Finding] = []
    with Paper(console, [check.name for check in plan(means)]) as paper:
        async for finding in examine(means):
            found.append(finding)
            paper.tell(finding)
    console.print()
    paper.sum_up()
    return found
