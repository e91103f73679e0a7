"""Slack's rich text block as HTML: sections, lists, quotes, preformatted, with every style."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

from opsbot.sandbox.page.inline import Inline
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Json

_TAGS = {
    "bold": "strong",
    "italic": "em",
    "strike": "s",
    "underline": "u",
    "highlight": "mark",
    "client_highlight": "mark",
    "code": "code",
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")


def draw(block: Json, inline: Inline) -> Markup:
    """Return a rich_text block as HTML (white-space: pre-wrap keeps its line breaks)."""
    return Markup("").join(_part(part, inline) for part in _objects(block.get("elements")))


def _part(part: Json, inline: Inline) -> Markup:
    kind = part.get("type")
    if kind == "rich_text_list":
        return _list(part, inline)
    inner = Markup("").join(_piece(piece, inline) for piece in _objects(part.get("elements")))
    if kind == "rich_text_preformatted":
        return Markup('<pre dir="auto">{}</pre>').format(inner)
    if kind == "rich_text_quote":
        return Markup('<blockquote dir="auto">{}</blockquote>').format(inner)
    return Markup('<div class="rich-section" dir="auto">{}</div>').format(inner)


def _list(part: Json, inline: Inline) -> Markup:
    items = Markup("").join(
        Markup("<li>{}</li>").format(
            Markup("").join(_piece(piece, inline) for piece in _objects(item.get("elements")))
        )
        for item in _objects(part.get("elements"))
    )
    indent = min(8, _whole(part.get("indent")))
    border = " bordered" if _whole(part.get("border")) else ""
    if part.get("style") == "ordered":
        start = _whole(part.get("offset")) + 1
        return Markup('<ol class="indent-{}{}" start="{}">{}</ol>').format(
            indent, border, start, items
        )
    return Markup('<ul class="indent-{}{}">{}</ul>').format(indent, border, items)


def _piece(piece: Json, inline: Inline) -> Markup:
    drawn = _bare(piece, inline)
    style = as_object(piece.get("style")) or {}
    for name, tag in _TAGS.items():
        if style.get(name) is True:
            drawn = Markup("<{0}>{1}</{0}>").format(Markup(tag), drawn)  # noqa: S704 - our tags
    return drawn


def _bare(piece: Json, inline: Inline) -> Markup:
    kind = piece.get("type")
    if kind == "link":
        url = _text(piece.get("url"))
        return inline.link(url, _text(piece.get("text")) or url)
    if kind == "user":
        return inline.person(_text(piece.get("user_id")))
    if kind == "usergroup":
        return inline.usergroup(_text(piece.get("usergroup_id")))
    if kind == "channel":
        return inline.channel(_text(piece.get("channel_id")))
    if kind == "broadcast":
        return inline.broadcast(_text(piece.get("range")))
    if kind == "emoji":
        return inline.emoji(_text(piece.get("name")))
    if kind == "color":
        return _colour(_text(piece.get("value")))
    if kind == "team":
        return inline.team()
    if kind == "date":
        return inline.date(
            _whole(piece.get("timestamp")),
            _text(piece.get("format")),
            fallback=_text(piece.get("fallback")),
            url=_text(piece.get("url")),
        )
    return escape(_text(piece.get("text")))


def _colour(value: str) -> Markup:
    if _COLOUR.fullmatch(value) is None:
        return escape(value)
    # An SVG attribute, because the page's policy forbids style attributes.
    return Markup(
        '<svg class="swatch" viewBox="0 0 8 8" aria-hidden="true">'
        '<rect width="8" height="8" fill="{0}"/></svg>{0}'
    ).format(value)


def _objects(value: object) -> list[Json]:
    return [found for found in map(as_object, as_list(value) or []) if found is not None]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
