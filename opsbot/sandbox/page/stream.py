"""Live updates: one stream of server-sent events a tab, saying which regions to draw again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from opsbot.sandbox.page.asked import Asked
from opsbot.sandbox.page.guard import stream_headers
from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.slack.workspace import Workspace

GATHERED_FOR = 0.1  # seconds; changes that come together are told together
_PANEL_EVERY = 0.5
_BREATH = 15.0  # seconds without a word after which a comment keeps the connection open

_CHANNEL = frozenset({"where", "sidebar", "main", "thread"})
_VIEWS = frozenset({"main", "modals"})
_EVERYTHING = _CHANNEL | _VIEWS
_PERSONAL = ("view_", "ephemeral_")
_MOVES = ("channel_deleted", "channel_moved")


def regions_of(change: Change, asked: Asked) -> frozenset[str]:
    """Return which regions a change touches for one look; nothing for what the person cannot see.

    A change of an unknown kind touches everything, which costs a drawing and is never wrong.
    """
    viewer, mine = asked.viewer, change.user == asked.viewer.id
    if change.kind == "notice_shown" or (change.kind.startswith(_PERSONAL) and not mine):
        return frozenset()
    if change.kind.startswith("view_"):
        return _VIEWS if asked.place == "home" else frozenset({"modals"})
    if not change.channel or change.kind in _MOVES:
        return _EVERYTHING
    if asked.channel is not None and asked.channel.id == change.channel:
        return _CHANNEL
    if viewer.channel(change.channel) is None and not mine:
        return frozenset()
    return _CHANNEL if asked.place == "messages" else frozenset({"sidebar"})


class Stream:
    """One tab's stream, from its first word until the tab or the sandbox goes."""

    def __init__(
        self, workspace: Workspace, asked: Asked, panel_version: Callable[[], tuple[object, ...]]
    ) -> None:
        self._workspace, self._asked, self._panel_version = workspace, asked, panel_version
        self._touched: set[str] = set()
        self._notices: list[str] = []
        self._something = asyncio.Event()

    async def run(
        self, request: web.Request, closing: asyncio.Event, *, version: Callable[[], int]
    ) -> web.StreamResponse:
        """Answer a request with the stream. Its first word is the version of the workspace, so
        that a tab drawn earlier draws again."""
        response = web.StreamResponse(
            headers={**stream_headers(), "Content-Type": "text/event-stream"}
        )
        leave = self._workspace.subscribe(self._hear)
        try:
            return await self._run(request, response, closing, version)
        finally:
            leave()

    async def _run(
        self,
        request: web.Request,
        response: web.StreamResponse,
        closing: asyncio.Event,
        version: Callable[[], int],
    ) -> web.StreamResponse:
        await response.prepare(request)
        work: list[Coroutine[Any, Any, object]] = [self._tell(response), closing.wait()]
        if self._asked.viewer.panel_open:
            work.append(self._watch_panel())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            await response.write(f"event: hello\ndata: {version()}\n\n".encode())
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return response

    def _hear(self, change: Change) -> None:
        if change.kind == "notice_shown" and change.user == self._asked.viewer.id:
            self._notices.append(str(change.detail.get("text", "")))
        self._touch(regions_of(change, self._asked))

    def _touch(self, regions: frozenset[str]) -> None:
        self._touched |= regions
        if self._touched or self._notices:
            self._something.set()

    async def _tell(self, response: web.StreamResponse) -> None:
        try:
            while True:
                await self._wait(response)
                await asyncio.sleep(GATHERED_FOR)
                self._something.clear()
                said = {"regions": sorted(self._touched), "notices": self._notices}
                self._touched, self._notices = set(), []
                await response.write(f"event: change\ndata: {json.dumps(said)}\n\n".encode())
        except ConnectionError:
            return

    async def _wait(self, response: web.StreamResponse) -> None:
        while not self._something.is_set():
            try:
                await asyncio.wait_for(self._something.wait(), _BREATH)
            except TimeoutError:
                await response.write(b": still here\n\n")

    async def _watch_panel(self) -> None:
        seen = self._panel_version()
        while True:
            await asyncio.sleep(_PANEL_EVERY)
            now = self._panel_version()
            if now != seen:
                seen = now
                self._touch(frozenset({"panel"}))
