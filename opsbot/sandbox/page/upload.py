"""Uploads as the page serves them: pictures are shown, everything else is only handed out."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.page.words import picture_type
from opsbot.sandbox.slack.model import StoredFile


def answer(viewer: Viewer, file_id: str) -> web.Response:
    """Return an upload that stands where the viewer may look; raises HTTPNotFound."""
    stored = viewer.workspace.files.get(file_id)
    if stored is None or stored.data is None or not _may_see(viewer, stored):
        raise web.HTTPNotFound(text="There is no such file, or you may not see it.")
    kind = picture_type(stored)
    name = quote(stored.name, safe="")
    manner = "inline" if kind else "attachment"
    return web.Response(
        body=stored.data,
        content_type=kind or "application/octet-stream",
        headers={"Content-Disposition": f"{manner}; filename*=UTF-8''{name}"},
    )


def _may_see(viewer: Viewer, stored: StoredFile) -> bool:
    """Whether the file was shared where the viewer is, or with nobody yet: blocks may show it."""
    channels = [viewer.workspace.channels.get(channel_id) for channel_id in stored.channels]
    return not channels or any(found and viewer.sees(found) for found in channels)
