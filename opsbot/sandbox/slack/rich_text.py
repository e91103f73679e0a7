"""Slack's rich text block: sections, lists, quotes, preformatted, and what may stand in them.

Empty lists of elements and empty texts are refused, which Slack's page does not say but Slack does
(reported from production, July 2026).
"""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.sandbox.slack.shapes import (
    Check,
    anything,
    array,
    flag,
    record,
    tagged,
    text,
    whole,
    word,
)

_STYLES = ["bold", "italic", "strike", "code", "underline", "highlight", "client_highlight"]
_STYLE = record(dict.fromkeys([*_STYLES, "unlink"], flag))


def _inline(fields: Mapping[str, Check], *required: str) -> Check:
    return record({"type": anything, "style": _STYLE, **fields}, required=required)


_TEXT = _inline({"text": text(least=1)}, "text")
_LINK = _inline({"url": text(least=1), "text": text(least=1), "unsafe": flag}, "url")
_INLINE: Mapping[str, Check] = {
    "text": _TEXT,
    "link": _LINK,
    "user": _inline({"user_id": text(least=1)}, "user_id"),
    "usergroup": _inline({"usergroup_id": text(least=1)}, "usergroup_id"),
    "channel": _inline({"channel_id": text(least=1)}, "channel_id"),
    "team": _inline({"team_id": text(least=1)}, "team_id"),
    "emoji": _inline({"name": text(least=1), "unicode": text(), "skin_tone": whole(1, 6)}, "name"),
    "broadcast": _inline({"range": word("here", "channel", "everyone")}, "range"),
    "color": _inline({"value": text(least=1)}, "value"),
    "date": _inline(
        {"timestamp": whole(0), "format": text(least=1), "url": text(), "fallback": text()},
        "timestamp",
        "format",
    ),
}

SECTION = record(
    {"type": anything, "elements": array(tagged(_INLINE), least=1)}, required=("elements",)
)
_BORDER = whole(0, 1)
_PARTS: Mapping[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_preformatted": record(
        {
            "type": anything,
            "elements": array(tagged({"text": _TEXT, "link": _LINK}), least=1),
            "border": _BORDER,
            "language": text(),
        },
        required=("elements",),
    ),
    "rich_text_quote": record(
        {"type": anything, "elements": array(tagged(_INLINE), least=1), "border": _BORDER},
        required=("elements",),
    ),
    "rich_text_list": record(
        {
            "type": anything,
            "elements": array(tagged({"rich_text_section": SECTION}), least=1),
            "style": word("bullet", "ordered"),
            "indent": whole(0, 8),
            "offset": whole(0),
            "border": _BORDER,
        },
        required=("style", "elements"),
    ),
}

RICH_TEXT_ELEMENTS: Check = array(tagged(_PARTS), least=1)
