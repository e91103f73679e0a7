"""One running workspace for all browser tests: the sandbox, `opsbot serve` by Socket Mode, the page
and Debian's Chromium. Without a Chromium the tests skip and say where one is looked for.

`OPSBOT_CHROMIUM` names another one; `OPSBOT_SCREENSHOTS` a folder to put pictures into.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from opsbot.sandbox.page.site import WorkspacePage
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.stage import Stage
from tests.stories.actor import until

if TYPE_CHECKING:  # without Playwright this file still loads, and the tests skip
    from playwright.async_api import Browser

    from tests.browser.visitor import Visitor

CHROMIUM = "/usr/bin/chromium"
# No sandbox: it needs what containers lack, and only our own page on loopback is opened. The rest
# keeps the browser from talking to anybody else.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The stage, and where its page is."""

    stage: Stage
    address: str


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    from playwright.async_api import async_playwright

    wanted = os.environ.get("OPSBOT_CHROMIUM", CHROMIUM)
    found = shutil.which(wanted)
    if found is None:
        pytest.skip(f"no Chromium at {wanted}: install Debian's chromium or set OPSBOT_CHROMIUM")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """The stage with the page before it; a guest is there too, in a channel of their own."""
    stage = Stage(
        scenario=load_scenario("memory-limit"),
        folder=tmp_path_factory.mktemp("browser") / "stage",
        by_socket=True,
    )
    try:
        await stage.start()
        workspace = stage.slack.workspace
        guest = workspace.add_user("gus.guest", real_name="Gus Guest", is_restricted=True)
        workspace.add_channel("visitors", members=[guest.id])
        page = WorkspacePage(stage.slack, stage.world, landing=stage.places.digest)
        address = await page.start()
        yield Running(stage=stage, address=address)
        await page.stop()
    finally:
        await stage.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def evidence(running: Running) -> str:
    """The name of a room in which every source has answered and the pictures are drawn."""
    stage = running.stage
    workspace = stage.slack.workspace
    before = set(workspace.channels)
    await stage.world.pagerduty.trigger()

    def drawn() -> str:
        for channel in workspace.channels.values():
            files = [f for m in channel.messages.values() for f in m.files]
            if channel.id not in before and len(files) == 2:
                return channel.name
        return ""

    await until(lambda: bool(drawn()), "two pictures in the room of a page", 30.0)
    return drawn()


@pytest_asyncio.fixture(loop_scope="package", params=[1280, 375], ids=["desk", "phone"])
async def visitor(
    browser: Browser, running: Running, request: pytest.FixtureRequest
) -> AsyncIterator[Visitor]:
    """Somebody in front of the page, at a desk or with a phone; what the browser complained of and
    whom it asked is looked at when they leave."""
    from tests.browser.visitor import enter

    folder = os.environ.get("OPSBOT_SCREENSHOTS", "")
    album = Path(folder) if folder else None
    async with enter(browser, running.address, width=request.param, album=album) as someone:
        yield someone
