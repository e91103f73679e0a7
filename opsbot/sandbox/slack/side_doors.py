"""Slack's addresses beside the Web API: uploads, response URLs, and the bytes of files."""

from __future__ import annotations

import json

from aiohttp import web

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.foreign_json import as_object
from opsbot.sandbox.slack.response_urls import ResponseUrls
from opsbot.sandbox.slack.workspace import Workspace

_SHOWN_IN_PLACE = ("png", "jpg", "gif")


class SideDoors:
    """The handlers of `/upload/v1/`, `/actions/` and `/files/`."""

    def __init__(self, workspace: Workspace, response_urls: ResponseUrls) -> None:
        self._workspace, self._response_urls = workspace, response_urls

    def routes(self) -> list[web.RouteDef]:
        """Return what to mount beside the Web API."""
        return [
            web.post("/upload/v1/{file}", self._take_upload),
            web.post("/actions/{team}/{key}", self._take_response),
            web.get("/files/{file}/{name}", self._give_file),
        ]

    async def _take_upload(self, request: web.Request) -> web.Response:
        stored = self._workspace.files.get(request.match_info["file"])
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
            self._response_urls.answer(request.match_info["key"], body)
        except SlackError as refusal:
            gone = refusal.name in ("used_url", "expired_url")
            return web.json_response(refusal.body(), status=404 if gone else 400)
        return web.json_response({"ok": True})

    async def _give_file(self, request: web.Request) -> web.Response:
        """Give a completed upload's bytes; what is no picture is only ever downloaded."""
        stored = self._workspace.files.get(request.match_info["file"])
        name = request.match_info["name"]
        if stored is None or not stored.completed or stored.name != name:
            raise web.HTTPNotFound(text="No such file.")
        kind = render.filetype(stored)
        in_place = kind in _SHOWN_IN_PLACE and "download" not in request.query
        return web.Response(
            body=stored.data or b"",
            content_type=render.MIMETYPES[kind],
            headers={
                "Content-Disposition": "inline" if in_place else "attachment",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
            },
        )
