"""Slack's composition objects: text, options, confirmation (Block Kit page "Composition objects").

They take no field beyond the listed ones: an option with a `type` is refused, as Slack does.
"""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.sandbox.slack.facts import BLOCK_LIMITS as LIMIT
from opsbot.sandbox.slack.shapes import (
    Check,
    anything,
    array,
    file_id,
    flag,
    link,
    record,
    tagged,
    text,
)


def _plain(most: int, least: int) -> Check:
    fields = {"type": anything, "text": text(most, least=least), "emoji": flag}
    return record(fields, required=("text",))


def _mrkdwn(most: int, least: int) -> Check:
    fields = {"type": anything, "text": text(most, least=least), "verbatim": flag}
    return record(fields, required=("text",))


def plain_text(most: int, *, least: int = 1) -> Check:
    """Check a text object that must be plain_text."""
    return tagged({"plain_text": _plain(most, least)})


def any_text(most: int, *, least: int = 1) -> Check:
    """Check a text object that may be plain_text or mrkdwn."""
    return tagged({"plain_text": _plain(most, least), "mrkdwn": _mrkdwn(most, least)})


CONFIRM: Check = record(
    {
        "title": plain_text(LIMIT["confirmation.title"]),
        "text": any_text(LIMIT["confirmation.text"]),
        "confirm": plain_text(LIMIT["confirmation.confirm"]),
        "deny": plain_text(LIMIT["confirmation.deny"]),
        "style": text(),
    },
    required=("title", "text", "confirm", "deny"),
)


def option(*, mrkdwn: bool = False, url: bool = False) -> Check:
    """Check an option; only radio buttons and checkboxes take mrkdwn, only overflow a url."""
    label = any_text if mrkdwn else plain_text
    fields: dict[str, Check] = {
        "text": label(LIMIT["option.text"]),
        "value": text(LIMIT["option.value"], least=1),
        "description": label(LIMIT["option.description"]),
    }
    if url:
        fields["url"] = link(LIMIT["option.url"])
    return record(fields, required=("text", "value"))


OPTION_GROUP: Check = record(
    {
        "label": plain_text(LIMIT["option_group.label"]),
        "options": array(option(), least=1, most=LIMIT["option_group.options.items"]),
    },
    required=("label", "options"),
)

SLACK_FILE: Check = record({"id": file_id, "url": text()}, one_of=("id", "url"))

CONVERSATION_FILTER: Check = record(
    {
        "include": array(text()),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    }
)

IMAGE_FIELDS: Mapping[str, Check] = {
    "type": anything,
    "image_url": link(LIMIT["image.image_url"]),
    "slack_file": SLACK_FILE,
    "alt_text": text(LIMIT["image.alt_text"], least=1),
}
