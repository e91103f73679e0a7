"""Who a message mentions: live `<...>` tokens in parsed text, and typed rich text elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from opsbot.sandbox.slack.foreign_json import objects_in
from opsbot.sandbox.slack.model import Channel, Ephemeral, Json, Message

# Slack page "Formatting text for app surfaces": these notify people; `<#C..>` and links do not.
LIVE = re.compile(
    r"<(?:!(?:channel|here|everyone|group)|!subteam\^[A-Z0-9]+|@[A-Z][A-Z0-9]*)(?:[|^][^<>]*)?>"
)
TYPED = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A mention, where it stands (`text`, `topic`, or a JSON pointer), and its token.

    `typed` ones are rich text elements somebody built on purpose; the others stand in parsed text.
    `author` is whoever posted the message, empty for what belongs to a channel.
    """

    channel: str
    ts: str
    where: str
    token: str
    typed: bool = False
    author: str = ""


def in_text(text: str) -> list[str]:
    """Return the live mention tokens in mrkdwn text."""
    return [match.group(0) for match in LIVE.finditer(text)]


def in_content(content: list[Json], *, legacy: bool) -> Iterator[tuple[str, str, bool]]:
    """Yield pointer, token and whether it is typed for every mention in blocks.

    `legacy` content is attachments, whose own untyped fields are parsed as mrkdwn too.
    """
    for pointer, found in objects_in(content):
        kind = found.get("type")
        if kind in TYPED and TYPED[kind] in found:
            yield pointer, f"{kind}:{found[TYPED[kind]]}", True
        parsed = ("text",) if kind in ("mrkdwn", "markdown") else ()
        if legacy and kind is None:
            parsed = ("text", "pretext", "fallback", "title", "value")
        for key in parsed:
            said = found.get(key)
            for token in in_text(said) if isinstance(said, str) else ():
                yield f"{pointer}/{key}", token, False


def _of_content(
    channel: str, ts: str, text: str, blocks: list[Json], attachments: list[Json]
) -> Iterator[Mention]:
    for token in in_text(text):
        yield Mention(channel=channel, ts=ts, where="text", token=token)
    for name, content in (("/blocks", blocks), ("/attachments", attachments)):
        for pointer, token, typed in in_content(content, legacy=content is attachments):
            yield Mention(channel=channel, ts=ts, where=name + pointer, token=token, typed=typed)


def of_message(message: Message) -> Iterator[Mention]:
    """Yield every mention a message makes or made before an edit; Slack's own lines make none."""
    if message.subtype:
        return
    for said in (message, *message.revisions):
        text = said.text if message.mrkdwn else ""
        found = _of_content(message.channel, message.ts, text, said.blocks, said.attachments)
        yield from (replace(mention, author=message.user) for mention in found)


def of_ephemeral(shown: Ephemeral) -> Iterator[Mention]:
    """Yield every mention in a message one person sees."""
    yield from _of_content(shown.channel, shown.ts, shown.text, shown.blocks, [])


def of_channel(channel: Channel) -> Iterator[Mention]:
    """Yield every mention in a channel: topic, purpose, bookmarks and messages."""
    for where, text in (("topic", channel.topic.value), ("purpose", channel.purpose.value)):
        for token in in_text(text):
            yield Mention(channel=channel.id, ts="", where=where, token=token)
    for bookmark in channel.bookmarks:
        for token in in_text(bookmark.title):
            yield Mention(channel=channel.id, ts="", where=f"bookmark {bookmark.id}", token=token)
    for message in channel.messages.values():
        yield from of_message(message)
