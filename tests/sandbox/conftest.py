"""Fixtures of the sandbox tests: a running sandbox Slack with the real Slack client beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from opsbot.sandbox.slack.server import BOT_TOKEN, SlackSandbox
from opsbot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack_app import App
from tests.sandbox.slack_world import ManualClock, SlackWorld


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackWorld]:
    """A sandbox Slack on a clock that stands still, and slack_sdk's client without retries."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    clock = ManualClock()
    sandbox = SlackSandbox(Workspace(clock=clock), environ={})
    base_url = await sandbox.start()
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=BOT_TOKEN, base_url=base_url, session=session, retry_handlers=[]
        )
        yield SlackWorld(
            sandbox=sandbox, client=client, session=session, base_url=base_url, clock=clock
        )
    await sandbox.stop()


@pytest.fixture
async def app(slack: SlackWorld) -> AsyncIterator[App]:
    """An app listening on loopback, known to the sandbox for clicks, forms and shortcuts."""
    listening = App(slack)
    application = web.Application()
    application.add_routes(listening.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    settings = slack.sandbox.app
    settings.interactivity_url = f"{base}/interactions"
    settings.commands_url = f"{base}/commands"
    listening.events_url = f"{base}/events"
    yield listening
    await slack.sandbox.courier.close()
    await runner.cleanup()
