"""SlackSandbox: the local Slack as one HTTP server on loopback; everything else hangs off it."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterable, Mapping

from aiohttp import web

from opsbot.sandbox.slack.admin import Admin
from opsbot.sandbox.slack.clock import Clock
from opsbot.sandbox.slack.door import ApiDoor
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import MANIFEST_SCOPES
from opsbot.sandbox.slack.faults import Faults
from opsbot.sandbox.slack.foreign_json import as_object
from opsbot.sandbox.slack.interactions import Interactions
from opsbot.sandbox.slack.journal import Journal
from opsbot.sandbox.slack.real_tokens import refuse_real_tokens
from opsbot.sandbox.slack.tiers import Tiers
from opsbot.sandbox.slack.views import ViewStore
from opsbot.sandbox.slack.workspace import Workspace

BOT_TOKEN = "xoxb-sandbox"
SIGNING_SECRET = "sandbox-signing-secret"
_LARGEST_UPLOAD = 64 * 1024 * 1024


class SlackSandbox:
    """A Slack Web API at `/api/`, its upload and response addresses, and `/sandbox/` for us.

    `workspace` holds the state, `journal` every call, `faults` what goes wrong, `tiers` the rate
    limits. `enforce_tiers` may be switched at any time. `clock` replaces the workspace's.
    """

    def __init__(
        self,
        workspace: Workspace | None = None,
        *,
        bot_token: str = BOT_TOKEN,
        signing_secret: str = SIGNING_SECRET,
        scopes: Iterable[str] = MANIFEST_SCOPES,
        interactivity_url: str | None = None,
        enforce_tiers: bool = True,
        clock: Clock | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.workspace = workspace or Workspace()
        if clock is not None:
            self.workspace.clock = clock
        self.bot_token = bot_token
        self.signing_secret = signing_secret
        self.journal = Journal(self.workspace.clock)
        self.faults = Faults()
        self.tiers = Tiers(self.workspace.clock, enforce=enforce_tiers)
        self.views = ViewStore(self.workspace)
        self.interactions = Interactions(self.workspace, self.views, signing_secret=signing_secret)
        self.interactions.interactivity_url = interactivity_url
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self._runner: web.AppRunner | None = None
        self._door = ApiDoor(
            workspace=self.workspace,
            views=self.views,
            tiers=self.tiers,
            journal=self.journal,
            faults=self.faults,
            token=bot_token,
            scopes=frozenset(scopes),
        )

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and return the base URL for Slack clients, ending in `/api/`.

        Raises ValueError for an address beyond loopback, RealTokenConfigured beside a real token.
        """
        refuse_real_tokens(self._environ)
        _refuse_other_than_loopback(host)
        app = web.Application(client_max_size=_LARGEST_UPLOAD)
        app.router.add_route("*", "/api/{method}", self._door.answer)
        app.router.add_post("/upload/v1/{file}", self._take_upload)
        app.router.add_post("/actions/{team}/{key}", self._take_response)
        app.router.add_routes(Admin(self).routes())
        self._door.closing.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound: int = self._runner.addresses[0][1]
        shown = f"[{host}]" if ":" in host else host
        self.workspace.url = f"http://{shown}:{bound}/"
        return f"{self.workspace.url}api/"

    async def stop(self) -> None:
        """Stop listening; calls still held open are let go."""
        self._door.closing.set()
        await self.interactions.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

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
        return self._door.scopes

    @scopes.setter
    def scopes(self, scopes: Iterable[str]) -> None:
        self._door.scopes = frozenset(scopes)

    @property
    def interactivity_url(self) -> str | None:
        """Where the app listens for clicks."""
        return self.interactions.interactivity_url

    @interactivity_url.setter
    def interactivity_url(self, url: str | None) -> None:
        self.interactions.interactivity_url = url

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
        """Press a button as a person; see Interactions.click."""
        return await self.interactions.click(
            user_id, channel_id, message_ts, action_id, block_id=block_id, copies=copies
        )

    async def _take_upload(self, request: web.Request) -> web.Response:
        stored = self.workspace.files.get(request.match_info["file"])
        if stored is None or stored.completed:
            raise web.HTTPNotFound(text="No such upload ticket.")
        if request.content_type == "multipart/form-data":
            parts = (await request.post()).values()
            files = [part.file for part in parts if isinstance(part, web.FileField)]
            data = files[0].read() if files else b""
        else:
            data = await request.read()
        stored.data = data
        return web.Response(text=f"OK - {len(data)}")

    async def _take_response(self, request: web.Request) -> web.Response:
        try:
            body = as_object(json.loads(await request.read()))
        except ValueError:
            body = None
        if body is None:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        try:
            self.interactions.response_urls.answer(request.match_info["key"], body)
        except SlackError as refusal:
            gone = refusal.name in ("used_url", "expired_url")
            return web.json_response(refusal.body(), status=404 if gone else 400)
        return web.json_response({"ok": True})


def _refuse_other_than_loopback(host: str) -> None:
    try:
        inside = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(
            f"The sandbox listens on loopback only, not on {host!r}: use 127.0.0.1 or ::1."
        )
