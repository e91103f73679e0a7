"""Markdown as one HTML page that needs nothing else: charts inline, no script, no address asked.

The page is made from the Markdown, so that a team's template and what people wrote show here too.
Raw HTML in it is text; links go to web addresses only.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from opsbot.documents.sections import Section, sections_of, without_front_matter

_LINK = re.compile(r"(?:https?://|#)[^\s]+|[\w./-]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One section as HTML, and how the list of contents calls it."""

    name: str
    title: str
    html: str


def page(markdown: str, *, title: str, images: Mapping[str, bytes]) -> str:
    """The whole page. `images` are PNG bytes by the path that the Markdown names them by; an image
    that is not among them is its alternative text."""
    parts = [_part(section, images) for section in sections_of(without_front_matter(markdown))]
    style = _style()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{_digest(style)}'"
    head, rest = parts[0], parts[1:]
    return "\n".join((
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape(title)}</title>",
        f"<style>{style}</style>",
        "</head>",
        "<body>",
        '<a class="skip" href="#content">Skip the contents</a>',
        f"<header>\n{head.html}</header>",
        _contents(rest),
        '<main id="content">',
        *(f'<section id="{part.name}">\n{part.html}</section>' for part in rest),
        "</main>",
        "</body>",
        "</html>",
        "",
    ))  # fmt: skip


def _contents(parts: Sequence[_Part]) -> str:
    """The list of sections; hidden in print."""
    listed = [f'<li><a href="#{part.name}">{escape(part.title)}</a></li>'
              for part in parts if part.title]  # fmt: skip
    if not listed:
        return ""
    return "\n".join(('<nav aria-label="Contents">', "<ol>", *listed, "</ol>", "</nav>"))


def _part(section: Section, images: Mapping[str, bytes]) -> _Part:
    env: dict[str, Any] = {"images": images}
    reader = _reader()
    tokens = reader.parse(section.text, env)
    titles = [after for before, after in pairwise(tokens) if before.type == "heading_open"]
    title = _plain(titles[0].children or []) if titles else ""
    html = reader.renderer.render(tokens, reader.options, env)
    return _Part(name=section.name, title=title, html=html)


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.validateLink = lambda url: _LINK.fullmatch(url) is not None
    reader.add_render_rule("image", _image)
    reader.add_render_rule("link_open", _link)
    reader.add_render_rule("table_open", _table)
    reader.add_render_rule("table_close", _table_end)
    return reader


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """The image itself where it is at hand, else its words."""
    token = tokens[index]
    alt = _plain(token.children or [])
    data = env["images"].get(str(token.attrGet("src") or ""))
    if data is None:
        return f'<span class="unseen">Picture: {escape(alt)}</span>'
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    title = str(token.attrGet("title") or "")
    caption = f'<span class="caption">{escape(title)}</span>' if title else ""
    return f'<img src="{source}" alt="{escape(alt)}">{caption}'


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    href = str(tokens[index].attrGet("href") or "")
    return f'<a href="{escape(href)}" rel="noopener noreferrer">'


def _table(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A wide table scrolls in a box of its own, which the keyboard reaches."""
    return '<div class="wide" role="region" aria-label="Table" tabindex="0"><table>\n'


def _table_end(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return "</table></div>\n"


def _plain(tokens: Sequence[Token]) -> str:
    """The words of inline tokens, without their markup."""
    return "".join(
        " " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text("utf-8").strip()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
