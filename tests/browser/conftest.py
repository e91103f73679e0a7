"""Running workspaces for the browser tests, and a Chromium: the sandbox, `opsbot serve` by Socket
Mode and the page. Without a Chromium the tests skip and say where one is looked for.

`OPSBOT_CHROMIUM` names another one; `OPSBOT_SCREENSHOTS` a folder to put pictures into.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from opsbot.sandbox.page.site import WorkspacePage
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.slack.model import Channel
from opsbot.sandbox.stage import Stage
from tests.stories.actor import until

if TYPE_CHECKING:  # without Playwright this file still loads, and the tests skip
    from playwright.async_api import Browser

    from tests.browser.visitor import Visitor

CHROMIUM = "/usr/bin/chromium"
# No sandbox: it needs what containers lack, and only our own page on loopback is opened. The rest
# keeps the browser from talking to anybody else.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
WIDTHS = {"desk": 1280, "phone": 375}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A stage, and where its page is."""

    stage: Stage
    address: str

    async def paged_room(self) -> str:
        """The name of a room of the scenario's page with all its pictures; paged now if there is
        none yet."""
        if not any(map(_is_paged, self._channels())):
            await self.stage.world.pagerduty.trigger()
        await until(lambda: any(map(_has_pictures, self._channels())), "two pictures", 30.0)
        return next(filter(_has_pictures, self._channels())).name

    async def close_forms(self) -> None:
        """Close what a failed story left open, or the next one meets it."""
        people = self.stage.slack.people
        for user_id in self.stage.slack.workspace.users:
            while (form := people.modal(user_id)) is not None:
                await people.close_view(user_id, form.id)

    def _channels(self) -> list[Channel]:
        return list(self.stage.slack.workspace.channels.values())


def _is_paged(channel: Channel) -> bool:
    return channel.name.startswith("inc-") and "error-share" in channel.name


def _has_pictures(channel: Channel) -> bool:
    blocks = [block for message in channel.messages.values() for block in message.blocks]
    return _is_paged(channel) and sum(block["type"] == "image" for block in blocks) == 2


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
async def workspaces(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, Running]]:
    """A workspace for the desk and one for the phone: edits are rationed by Slack's limits, and
    two stories at once on one workspace would wait for each other."""
    folder = tmp_path_factory.mktemp("browser")
    async with AsyncExitStack() as stack:
        async with asyncio.TaskGroup() as starting:
            running = {
                name: starting.create_task(stack.enter_async_context(_running(folder / name)))
                for name in WIDTHS
            }
        yield {name: task.result() for name, task in running.items()}


@asynccontextmanager
async def _running(folder: Path) -> AsyncGenerator[Running]:
    stage = Stage(scenario=load_scenario("memory-limit"), folder=folder, by_socket=True)
    try:
        await stage.start()
        workspace = stage.slack.workspace
        guest = workspace.add_user("gus.guest", real_name="Gus Guest", is_restricted=True)
        workspace.add_channel("visitors", members=[guest.id])
        page = WorkspacePage(stage.slack, stage.world, landing=stage.places.digest)
        try:
            yield Running(stage=stage, address=await page.start())
        finally:
            await page.stop()
    finally:
        await stage.stop()


@pytest_asyncio.fixture(loop_scope="package", params=list(WIDTHS))
async def visitor(
    browser: Browser, workspaces: Mapping[str, Running], request: pytest.FixtureRequest
) -> AsyncIterator[Visitor]:
    """Somebody in front of the page, at a desk or with a phone; what the browser complained of and
    whom it asked is looked at when they leave."""
    from tests.browser.visitor import enter

    running, width = workspaces[request.param], WIDTHS[request.param]
    folder = os.environ.get("OPSBOT_SCREENSHOTS", "")
    try:
        async with enter(
            browser, running.address, width=width, album=Path(folder) if folder else None
        ) as someone:
            yield someone
            await someone.picture(f"last-of-{request.node.originalname}")
    finally:
        await running.close_forms()


@pytest_asyncio.fixture(loop_scope="package")
async def paged_room(workspaces: Mapping[str, Running], visitor: Visitor) -> str:
    """The name of a room of the visitor's workspace in which all evidence and pictures are."""
    return await workspaces["phone" if visitor.on_phone else "desk"].paged_room()
