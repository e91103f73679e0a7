"""SlackSandbox: the local Slack as one HTTP server on loopback; everything else hangs off it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Literal

from aiohttp import web

from opsbot.sandbox.slack.acts.scene import Scene
from opsbot.sandbox.slack.admin import Admin
from opsbot.sandbox.slack.clock import Clock
from opsbot.sandbox.slack.delivery.courier import Courier, read_duplicates
from opsbot.sandbox.slack.delivery.http_post import HttpPost
from opsbot.sandbox.slack.delivery.parcel import Delivery
from opsbot.sandbox.slack.delivery.socket_mode import SocketMode
from opsbot.sandbox.slack.door import ApiDoor
from opsbot.sandbox.slack.events.feed import EventFeed
from opsbot.sandbox.slack.facts import MANIFEST_SCOPES
from opsbot.sandbox.slack.faults import Faults
from opsbot.sandbox.slack.installed_app import InstalledApp
from opsbot.sandbox.slack.journal import Journal
from opsbot.sandbox.slack.notices import Notices
from opsbot.sandbox.slack.people import People
from opsbot.sandbox.slack.real_tokens import refuse_real_tokens
from opsbot.sandbox.slack.response_urls import ResponseUrls
from opsbot.sandbox.slack.side_doors import SideDoors
from opsbot.sandbox.slack.tiers import Tiers
from opsbot.sandbox.slack.tokens import Tokens
from opsbot.sandbox.slack.views import ViewStore
from opsbot.sandbox.slack.workspace import Workspace

BOT_TOKEN = "xoxb-sandbox"
APP_TOKEN = "xapp-sandbox"
SIGNING_SECRET = "sandbox-signing-secret"
_LARGEST_UPLOAD = 64 * 1024 * 1024


class SlackSandbox:
    """A Slack Web API at `/api/`, its other addresses, and `/sandbox/` for us.

    `workspace` holds the state, `people` is everything a person can do, `app` the app's settings at
    Slack, `courier` how things reach it, `sockets` its websockets, `feed` its events, `journal`
    every call it made, `faults` what goes wrong, `tiers` the rate limits. `enforce_tiers` may be
    switched at any time. `clock` replaces the workspace's.
    """

    def __init__(
        self,
        workspace: Workspace | None = None,
        *,
        bot_token: str = BOT_TOKEN,
        app_token: str = APP_TOKEN,
        signing_secret: str = SIGNING_SECRET,
        scopes: Iterable[str] = MANIFEST_SCOPES,
        interactivity_url: str | None = None,
        enforce_tiers: bool = True,
        clock: Clock | None = None,
        environ: Mapping[str, str] | None = None,
        seed: int = 0,
    ) -> None:
        self.workspace = workspace or Workspace()
        if clock is not None:
            self.workspace.clock = clock
        clock = self.workspace.clock
        self.bot_token, self.app_token = bot_token, app_token
        self.signing_secret = signing_secret
        self.tokens = Tokens(bot=bot_token, app=app_token, bot_scopes=frozenset(scopes))
        self.journal = Journal(clock)
        self.faults = Faults()
        self.tiers = Tiers(clock, enforce=enforce_tiers)
        self.views = ViewStore(self.workspace)
        self.app = InstalledApp(interactivity_url=interactivity_url)
        self.sockets = SocketMode(self.workspace, seed=seed)
        http = HttpPost(clock, signing_secret)
        self.courier = Courier(clock, self.app, http, self.sockets)
        self.feed = EventFeed(self.workspace, self.app, self.courier, lambda: self.scopes)
        self.response_urls = ResponseUrls(self.workspace)
        self.people = self._people()
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self._runner: web.AppRunner | None = None
        self._door = ApiDoor(
            workspace=self.workspace,
            views=self.views,
            sockets=self.sockets,
            tiers=self.tiers,
            journal=self.journal,
            faults=self.faults,
            tokens=self.tokens,
        )

    def _people(self) -> People:
        scene = Scene(
            workspace=self.workspace,
            views=self.views,
            app=self.app,
            courier=self.courier,
            feed=self.feed,
            response_urls=self.response_urls,
            notices=Notices(self.workspace),
        )
        return People(scene)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and return the base URL for Slack clients, ending in `/api/`.

        Raises ValueError for an address beyond loopback, RealTokenConfigured beside a real token.
        """
        refuse_real_tokens(self._environ)
        _refuse_other_than_loopback(host)
        app = web.Application(client_max_size=_LARGEST_UPLOAD)
        app.router.add_route("*", "/api/{method}", self._door.answer)
        app.router.add_get("/link/", self.sockets.take)
        app.router.add_routes(SideDoors(self.workspace, self.response_urls).routes())
        app.router.add_routes(Admin(self).routes())
        self._door.closing.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound: int = self._runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        self.workspace.url = f"http://{shown}:{bound}/"
        self.feed.open()
        return f"{self.workspace.url}api/"

    async def stop(self) -> None:
        """Stop listening and delivering; calls and sockets still held open are let go."""
        self._door.closing.set()
        self.feed.close()
        await self.courier.close()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def uninstall(self) -> None:
        """Take the app out of the workspace: its tokens are dead, then the events say so."""
        self.tokens.revoked = True
        self.workspace.notify("app_uninstalled")

    @property
    def enforce_tiers(self) -> bool:
        """Whether rate limits are enforced."""
        return self.tiers.enforce

    @enforce_tiers.setter
    def enforce_tiers(self, enforce: bool) -> None:
        self.tiers.enforce = enforce

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes the bot token carries."""
        return self.tokens.bot_scopes

    @scopes.setter
    def scopes(self, scopes: Iterable[str]) -> None:
        self.tokens.bot_scopes = frozenset(scopes)

    @property
    def interactivity_url(self) -> str | None:
        """Where the app listens for clicks, forms and shortcuts; more of these in `app`."""
        return self.app.interactivity_url

    @interactivity_url.setter
    def interactivity_url(self, url: str | None) -> None:
        self.app.interactivity_url = url

    @property
    def transport(self) -> Literal["auto", "http", "socket"]:
        """How things reach the app; "auto" takes Socket Mode while it is connected."""
        return self.courier.transport

    @transport.setter
    def transport(self, transport: Literal["auto", "http", "socket"]) -> None:
        self.courier.transport = transport

    @property
    def duplicate(self) -> int:
        """How many extra deliveries everything gets; delays and more in `courier.duplicates`."""
        return self.courier.duplicates.extra

    @duplicate.setter
    def duplicate(self, extra: int) -> None:
        self.courier.duplicates = read_duplicates(
            {**asdict(self.courier.duplicates), "extra": extra}
        )

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt to tell the app something."""
        return self.courier.deliveries

    async def click(
        self,
        user_id: str,
        channel_id: str,
        message_ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        copies: int = 1,
    ) -> int:
        """Press a button as a person and return the HTTP status, 0 for none; see People.click."""
        answer = await self.people.click(
            user_id, channel_id, message_ts, action_id, block_id=block_id, copies=copies
        )
        return answer.status


def _refuse_other_than_loopback(host: str) -> None:
    try:
        inside = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(
            f"The sandbox listens on loopback only, not on {host!r}: use 127.0.0.1 or ::1."
        )
