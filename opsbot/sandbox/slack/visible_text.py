"""What a person reads in a channel, as plain text: blocks when there are any, else the text."""

from __future__ import annotations

from typing import Any

from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Channel, Json, Message

TOMBSTONE = "This message was deleted."


def of_blocks(blocks: list[Json]) -> str:
    """Return the words of a list of blocks, one block a line."""
    lines = (" ".join(_words(block)).strip() for block in blocks)
    return "\n".join(line for line in lines if line)


def of_message(message: Message) -> str:
    """Return the words of one message."""
    if message.deleted:
        return TOMBSTONE
    shown = of_blocks(message.blocks) if message.blocks else message.text
    attached = of_blocks(message.attachments)
    return "\n".join(part for part in (shown, attached) if part)


def of_channel(channel: Channel) -> str:
    """Return the channel as it reads: messages in order, replies indented, nothing deleted."""
    lines: list[str] = []
    for message in channel.messages.values():
        replies = channel.replies(message.ts)
        if message.is_reply or (message.deleted and not replies):
            continue
        lines.append(of_message(message))
        for reply in replies:
            lines.extend(f"    {line}" for line in of_message(reply).splitlines())
    return "\n".join(lines)


def _words(value: Any) -> list[str]:
    found = as_object(value)
    if found is None:
        return [word for inner in as_list(value) or [] for word in _words(inner)]
    kind = found.get("type")
    if kind == "image":
        return [f"[image: {found.get('alt_text', '')}]"]
    if kind == "button":
        return [f"[{word}]" for word in _words(found.get("text"))]
    if kind in ("user", "usergroup", "channel"):
        return [f"<{kind} {found.get(f'{kind}_id', '')}>"]
    if kind == "link":
        return [str(found.get("text") or found.get("url", ""))]
    if kind == "emoji":
        return [f":{found.get('name', '')}:"]
    if kind == "date":
        return [str(found.get("fallback", ""))]
    return _words_of_fields(found)


def _words_of_fields(found: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for key in ("title", "label", "text", "fallback", "fields", "elements", "blocks", "rows"):
        value = found.get(key)
        if isinstance(value, str) and not (key == "fallback" and "text" in found):
            words.append(value)
        else:
            words.extend(_words(value))
    for key in ("accessory", "element", "placeholder"):
        words.extend(_words(found.get(key)))
    return words
