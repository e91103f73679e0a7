"""Whether a block may show an uploaded file (Block Kit page "Slack file object").

Slack answers `invalid slack file` for one that is not there, not an image, not the app's to see, or
still being worked on after its upload (python-slack-sdk issues 1797 and 1658, slack-github-action
issue 413).
"""

from __future__ import annotations

from typing import Any

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.foreign_json import as_object, objects_in
from opsbot.sandbox.slack.model import Json, StoredFile
from opsbot.sandbox.slack.workspace import Workspace

_IMAGES = {"png", "jpg", "gif"}


def slack_file_problems(
    workspace: Workspace, blocks: list[Json], *, pointer: str = "/blocks"
) -> list[str]:
    """Return a problem for every `slack_file` in well-formed blocks that cannot be shown."""
    return [
        f"invalid slack file [json-pointer:{pointer}{inside}/slack_file]"
        for inside, found in objects_in(blocks)
        if found.get("type") == "image"
        and "slack_file" in found
        and not _can_show(workspace, found["slack_file"])
    ]


def _can_show(workspace: Workspace, wanted: Any) -> bool:
    stored = _find(workspace, as_object(wanted) or {})
    if stored is None or not stored.completed or workspace.clock.monotonic() < stored.ready_at:
        return False
    shared_with_us = any(
        workspace.bot_user_id in workspace.channels[channel].members
        for channel in stored.channels
        if channel in workspace.channels
    )
    ours = stored.user == workspace.bot_user_id or shared_with_us
    return ours and render.filetype(stored) in _IMAGES


def _find(workspace: Workspace, wanted: Json) -> StoredFile | None:
    if "id" in wanted:
        return workspace.files.get(str(wanted["id"]))
    for stored in workspace.files.values():
        if render.file_url(workspace, stored) == wanted.get("url"):
            return stored
    return None
