"""What a message may say: text, blocks, attachments, metadata and their limits."""

from __future__ import annotations

import json
from dataclasses import dataclass

from opsbot.sandbox.slack import mentions, visible_text
from opsbot.sandbox.slack.arguments import Arguments
from opsbot.sandbox.slack.blocks import check_message_blocks, refuse, with_ids
from opsbot.sandbox.slack.call import ApiCall
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.slack_files import slack_file_problems


@dataclass(slots=True, kw_only=True)
class Content:
    """A checked message; None means the argument was not sent."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not ((self.text or "").strip() or self.blocks or self.attachments)

    def fallback(self) -> str:
        """Return the text, or the words of the blocks when no text was sent."""
        if self.text is not None:
            return self.text
        return visible_text.of_blocks(self.blocks or [])


def read_content(call: ApiCall) -> Content:
    """Return what the call wants to say; raises the SlackError Slack would answer."""
    args = call.args
    documented = call.method.errors
    if args.flag("as_user") and "as_user_not_supported" in documented:
        raise SlackError("as_user_not_supported")
    text = args.text("text")
    markdown = args.text("markdown_text")
    blocks = content_blocks(call)
    if markdown is not None:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > LIMITS["markdown_text"]:
            raise SlackError("msg_too_long")
        blocks = with_ids([{"type": "markdown", "text": markdown}])
    content = Content(
        text=text,
        blocks=blocks,
        attachments=_attachments(args),
        metadata=_metadata(args) if "invalid_metadata_schema" in documented else None,
    )
    forbidden = call.workspace.preferences.mass_mentions == "admins"
    if forbidden and "restricted_action" in documented and _shouts(content):
        raise SlackError("restricted_action")
    return content


def content_blocks(call: ApiCall) -> list[Json] | None:
    """Return the call's `blocks` checked and with ids, None when it sent none."""
    value = call.args.structure("blocks", error="invalid_blocks_format")
    if value is None:
        return None
    blocks = check_message_blocks(value)
    refuse(slack_file_problems(call.workspace, blocks))
    return with_ids(blocks)


def _attachments(args: Arguments) -> list[Json] | None:
    value = args.structure("attachments", error="invalid_attachments")
    if value is None:
        return None
    items = as_list(value)
    if items is None or not all(isinstance(item, dict) for item in items):
        raise SlackError("invalid_attachments")
    if len(items) > LIMITS["attachments"]:
        raise SlackError("too_many_attachments")
    for index, item in enumerate(items):
        if "blocks" in item:
            check_message_blocks(item["blocks"], pointer=f"/attachments/{index}/blocks")
    return items


def _metadata(args: Arguments) -> Json | None:
    value = args.structure("metadata", error="invalid_metadata_format")
    if value is None:
        return None
    found = as_object(value)
    if found is None:
        raise SlackError("invalid_metadata_format")
    if found and not _is_event(found) and as_list(found.get("entities")) is None:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(found).encode()) > LIMITS["metadata_bytes"]:
        raise SlackError("metadata_too_large")
    return found


def _is_event(found: Json) -> bool:
    name, payload = found.get("event_type"), found.get("event_payload")
    return isinstance(name, str) and bool(name) and as_object(payload) is not None


def _shouts(content: Content) -> bool:
    typed = mentions.in_content(content.blocks or [], legacy=False)
    legacy = mentions.in_content(content.attachments or [], legacy=True)
    tokens = [*mentions.in_text(content.text or ""), *(t for _, t, _ in (*typed, *legacy))]
    return any(token.startswith(("<!c", "<!h", "<!e", "broadcast:")) for token in tokens)
