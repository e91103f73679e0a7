"""WorkspacePage: the sandbox workspace as a web page on a loopback port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from opsbot.sandbox.page import upload
from opsbot.sandbox.page.act_body import ActBody
from opsbot.sandbox.page.acts import Acts, refused
from opsbot.sandbox.page.asked import Place, first_to_be, read_asked, read_viewer
from opsbot.sandbox.page.drawing import Drawing
from opsbot.sandbox.page.guard import guard, refuse_other_than_loopback
from opsbot.sandbox.page.panel import Panel
from opsbot.sandbox.page.panel_acts import PanelActs
from opsbot.sandbox.page.stream import Stream
from opsbot.sandbox.page.switches import Switches
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.world import World

_STATIC = Path(__file__).parent / "static"
_LARGEST_ACT = 1024 * 1024


class WorkspacePage:
    """The page of one sandbox Slack; with a world it also has PagerDuty and the backends' faults.

    `landing` is the id of the channel one sees first, #general unless given.
    """

    def __init__(
        self, slack: SlackSandbox, world: World | None = None, *, landing: str = ""
    ) -> None:
        self._slack, self._landing = slack, landing or slack.workspace.general.id
        self._scenario = None if world is None else world.scenario
        switches = Switches(slack, world)
        self._panel = Panel(slack, world, switches)
        self._drawing = Drawing(slack, self._panel)
        acts = Acts(slack.workspace, slack.people)
        self._acts = {**acts.by_name(), **PanelActs(world, switches).by_name()}
        self._closing = asyncio.Event()
        self._leave: Callable[[], None] | None = None
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen and return the address to open, ending in a slash.

        Raises ValueError for an address beyond loopback.
        """
        refuse_other_than_loopback(host)
        self._closing.clear()
        self._leave = self._slack.workspace.subscribe(self._drawing.note)
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound: int = self._runner.addresses[0][1]
        return f"http://{f'[{host}]' if ':' in host else host}:{bound}/"

    async def stop(self) -> None:
        """Stop listening and end the streams of open tabs."""
        self._closing.set()
        if self._leave is not None:
            self._leave()
            self._leave = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def application(self) -> web.Application:
        """Return the page as an application."""
        app = web.Application(middlewares=[guard], client_max_size=_LARGEST_ACT)
        app.add_routes(
            [
                web.get("/", self._enter),
                web.get("/archives/{channel}", self._look("channel")),
                web.get("/archives/{channel}/{permalink}", self._follow),
                web.get("/home", self._look("home")),
                web.get("/messages", self._look("messages")),
                web.get("/files/{file}", self._file),
                web.get("/files/{file}/{name}", self._file),
                web.get("/stream/archives/{channel}", self._listen("channel")),
                web.get("/stream/home", self._listen("home")),
                web.get("/stream/messages", self._listen("messages")),
                web.post("/act/{name}", self._act),
                web.static("/static", _STATIC),
            ]
        )
        return app

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        if "as" not in request.query:
            first = first_to_be(self._slack.workspace, self._scenario)
            raise web.HTTPFound(f"/?as={first}")
        viewer = read_viewer(self._slack.workspace, request)
        wanted = (
            self._landing if viewer.channel(self._landing) else self._slack.workspace.general.id
        )
        raise web.HTTPFound(viewer.channel_address(wanted))

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        """Lead a permalink (`p` and the ts without its point) to its message."""
        viewer = read_viewer(self._slack.workspace, request)
        digits = request.match_info["permalink"].removeprefix("p")
        channel = viewer.channel(request.match_info["channel"])
        ts = f"{digits[:-6]}.{digits[-6:]}"
        message = channel.messages.get(ts) if channel is not None else None
        if message is None:
            raise web.HTTPNotFound(text="There is no such message, or you may not see it.")
        raise web.HTTPFound(viewer.message_address(message))

    def _look(self, place: Place) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def look(request: web.Request) -> web.Response:
            asked = read_asked(self._slack.workspace, request, place)
            part = "regions" in request.query
            drawn = self._drawing.regions(asked) if part else self._drawing.page(asked)
            return web.Response(text=drawn, content_type="text/html")

        return look

    def _listen(self, place: Place) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def listen(request: web.Request) -> web.StreamResponse:
            asked = read_asked(self._slack.workspace, request, place)
            stream = Stream(self._slack.workspace, asked, self._panel.version)
            return await stream.run(request, self._closing, version=lambda: self._drawing.version)

        return listen

    async def _file(self, request: web.Request) -> web.Response:
        viewer = read_viewer(self._slack.workspace, request)
        return upload.answer(viewer, request.match_info["file"])

    async def _act(self, request: web.Request) -> web.Response:
        act = self._acts.get(request.match_info["name"])
        if act is None:
            raise web.HTTPNotFound(text="The page has no such act.")
        viewer = read_viewer(self._slack.workspace, request)
        body = await ActBody.read(request, viewer)
        try:
            return web.json_response(await act(body))
        except CannotAct as why:
            return web.json_response(refused(why))
