"""The `response_url` of an interaction: five uses in thirty minutes, no token needed.

It ignores membership and archiving, and the total-size rule of posts does not apply to it
(Slack page "Handling user interaction"; bolt-js issue 2867).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from opsbot.sandbox.slack import visible_text
from opsbot.sandbox.slack.blocks import problems_in, with_ids
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import BLOCK_LIMITS, LIMITS
from opsbot.sandbox.slack.foreign_json import as_list
from opsbot.sandbox.slack.model import Channel, Ephemeral, Json, Message
from opsbot.sandbox.slack.slack_files import slack_file_problems
from opsbot.sandbox.slack.workspace import Workspace

Source = Message | Ephemeral


@dataclass(slots=True)
class _Url:
    user: str
    channel: Channel
    source: Source | None
    expires_at: float
    left: int


class ResponseUrls:
    """The open response URLs of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open: dict[str, _Url] = {}

    def new(self, user: str, channel: Channel, source: Source | None = None) -> str:
        """Return the address for answering one interaction; a command has no source to replace."""
        key = secrets.token_hex(12)
        expires_at = self._workspace.clock.monotonic() + LIMITS["response_url_seconds"]
        self._open[key] = _Url(user, channel, source, expires_at, LIMITS["response_url_uses"])
        return f"{self._workspace.url}actions/{self._workspace.team_id}/{key}"

    def answer(self, key: str, body: Json) -> None:
        """Do what the app asks; raises SlackError used_url, expired_url or a content error."""
        url = self._open.get(key)
        if url is None or self._workspace.clock.monotonic() > url.expires_at:
            raise SlackError("expired_url")
        if url.left <= 0:
            raise SlackError("used_url")
        if body.get("delete_original") is True:
            self._replace(url.source, None, None)
        else:
            text, blocks = self._content(body)
            if body.get("replace_original") is True and url.source is not None:
                self._replace(url.source, text, blocks)
            else:
                self._add(url.user, url.channel, body, text, blocks)
        url.left -= 1

    def say(self, user: str, channel: Channel, body: Json) -> None:
        """Show what an app answered inline to a command; raises SlackError for bad content."""
        text, blocks = self._content(body)
        self._add(user, channel, body, text, blocks)

    def _add(self, user: str, channel: Channel, body: Json, text: str, blocks: list[Json]) -> None:
        workspace, thread_ts = self._workspace, body.get("thread_ts")
        thread_ts = thread_ts if isinstance(thread_ts, str) else None
        if body.get("response_type") == "in_channel":
            workspace.post(
                channel,
                user=workspace.bot_user_id,
                text=text,
                blocks=blocks,
                thread_ts=thread_ts,
            )
        else:
            workspace.post_ephemeral(
                channel, to=user, text=text, blocks=blocks, thread_ts=thread_ts
            )

    def _replace(self, source: Source | None, text: str | None, blocks: list[Json] | None) -> None:
        if source is None:
            return
        if isinstance(source, Ephemeral):
            if source in self._workspace.ephemerals:
                self._workspace.replace_ephemeral(source, text=text, blocks=blocks)
        elif text is None:
            self._workspace.delete(source)
        else:
            self._workspace.edit(
                source, text=text, blocks=blocks or [], attachments=[], metadata=source.metadata
            )

    def _content(self, body: Json) -> tuple[str, list[Json]]:
        blocks: Any = body.get("blocks")
        if blocks is None:
            blocks = []
        if as_list(blocks) is None:
            raise SlackError("invalid_blocks_format")
        found = problems_in(blocks, most=BLOCK_LIMITS["message.blocks.items"])
        found = found or slack_file_problems(self._workspace, blocks)
        if found:
            raise SlackError("invalid_blocks", errors=found)
        text = body.get("text")
        if not isinstance(text, str):
            text = visible_text.of_blocks(blocks)
        if not text.strip() and not blocks:
            raise SlackError("no_text")
        return text, with_ids(blocks)
