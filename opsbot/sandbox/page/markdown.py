"""The markdown block as HTML: headings, lists, quotes, fences, and the styles of a line.

Slack page "Markdown block". Slack's own `<...>` tokens are live in it too; nothing else is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markupsafe import Markup

from opsbot.sandbox.page.inline import Inline
from opsbot.sandbox.page.mrkdwn import Mrkdwn

_FENCE = re.compile(r"^```[^`\n]*\n(.*?)^```[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"(#{1,6}) +(.+)")
_BULLET = re.compile(r" {0,8}[-*+] +(.*)")
_NUMBER = re.compile(r" {0,8}\d{1,9}[.)] +(.*)")
_QUOTE = re.compile(r"> ?(.*)")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,})\s*")
_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]\((https?://[^\s()<>]{1,3000})\)")
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+)(?<=\S)\*\*")
_STRIKE = re.compile(r"~~(?=\S)([^~\n]+)(?<=\S)~~")
_ITALIC = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+)(?<=\S)\*(?![\w*])")
_BOLD_MARK, _STRIKE_MARK = "\ue002", "\ue003"


def draw(text: str, inline: Inline) -> Markup:
    """Return the text as HTML."""
    parts = _FENCE.split(re.sub("[\ue002\ue003]", "\ufffd", text))
    drawn = [
        Markup("<pre>{}</pre>").format(part.removesuffix("\n"))
        if number % 2
        else _body(part, inline)
        for number, part in enumerate(parts)
    ]
    return Markup("").join(drawn)


def _body(text: str, inline: Inline) -> Markup:
    drawn: list[Markup] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        kind = _kind(lines[at])
        end = at + 1
        while kind.gathers and end < len(lines) and _kind(lines[end]) is kind:
            end += 1
        drawn.append(kind.draw(lines[at:end], inline))
        at = end
    return Markup("").join(drawn)


class _Kind:
    """A kind of line: how to tell it, how to draw neighbours of it."""

    def __init__(
        self,
        found: Callable[[str], bool],
        draw: Callable[[Sequence[str], Inline], Markup],
        *,
        gathers: bool = True,
    ) -> None:
        self.found, self.draw, self.gathers = found, draw, gathers


def _kind(line: str) -> _Kind:
    return next(kind for kind in _KINDS if kind.found(line))


def _words(line: str, inline: Inline) -> Markup:
    """Draw one line: Markdown's marks become mrkdwn's, whose live tokens are Slack's own."""
    line = _LINK.sub(lambda link: f"<{link[2]}|{link[1].replace('|', '/')}>", line)
    line = _BOLD.sub(rf"{_BOLD_MARK}\1{_BOLD_MARK}", line)
    line = _STRIKE.sub(rf"{_STRIKE_MARK}\1{_STRIKE_MARK}", line)
    line = _ITALIC.sub(r"_\1_", line)
    line = line.replace(_BOLD_MARK, "*").replace(_STRIKE_MARK, "~")
    return Mrkdwn(inline).draw(line)


def _paragraph(lines: Sequence[str], inline: Inline) -> Markup:
    return Markup("<p>{}</p>").format(Markup("\n").join(_words(line, inline) for line in lines))


def _quote(lines: Sequence[str], inline: Inline) -> Markup:
    said = (_words(_QUOTE.sub(r"\1", line, count=1), inline) for line in lines)
    return Markup("<blockquote>{}</blockquote>").format(Markup("\n").join(said))


def _list(tag: str, mark: re.Pattern[str]) -> Callable[[Sequence[str], Inline], Markup]:
    def draw_list(lines: Sequence[str], inline: Inline) -> Markup:
        items = Markup("").join(
            Markup("<li>{}</li>").format(_words(mark.sub(r"\1", line, count=1), inline))
            for line in lines
        )
        return Markup("<{0}>{1}</{0}>").format(tag, items)

    return draw_list


def _heading(lines: Sequence[str], inline: Inline) -> Markup:
    said = _HEADING.sub(r"\2", lines[0], count=1)
    return Markup('<p class="heading">{}</p>').format(_words(said, inline))


def _is(mark: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda line: mark.fullmatch(line) is not None


_KINDS = (
    _Kind(lambda line: not line.strip(), lambda _lines, _inline: Markup("")),
    _Kind(_is(_RULE), lambda _lines, _inline: Markup("<hr>"), gathers=False),
    _Kind(_is(_HEADING), _heading, gathers=False),
    _Kind(_is(_BULLET), _list("ul", _BULLET)),
    _Kind(_is(_NUMBER), _list("ol", _NUMBER)),
    _Kind(_is(_QUOTE), _quote),
    _Kind(lambda _line: True, _paragraph),
)
