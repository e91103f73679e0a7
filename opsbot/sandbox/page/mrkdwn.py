"""Slack's mrkdwn as HTML: live `<...>` tokens, styles, quotes, code, emoji codes, bare addresses.

Source: Slack page "Formatting text for app surfaces". Text within code still has live tokens.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from opsbot.sandbox.page.inline import Inline, is_safe_address

_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_LIVE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<token>[^<>\n]+)>"
    r"|(?P<url>https?://[^\s<>|`]+)"
    r"|:(?P<emoji>[a-z0-9_+'-]{1,60}(?:::skin-tone-[2-6])?):"
)
_TOKEN = re.compile(r"<(?P<token>[^<>\n]+)>")
# Each kind of style reaches to the next mark of its own kind only, so a hostile text costs no more
# than its length.
_STYLED = re.compile(
    r"(?<!\w)(?:\*(?=\S)(?P<b>[^*\n]+)(?<=\S)\*|_(?=\S)(?P<i>[^_\n]+)(?<=\S)_"
    r"|~(?=\S)(?P<s>[^~\n]+)(?<=\S)~)(?!\w)"
)
_TAGS = {"b": "strong", "i": "em", "s": "s"}
_HELD = re.compile("\ue000([0-9]+)\ue001")
_QUOTED = re.compile(r"(?:>|&gt;) ?")
_TRAILING = ".,;:!?)"


def decoded(text: str) -> str:
    """Return text with Slack's three entities read back."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class Mrkdwn:
    """Draws one text; what is already HTML is held aside until the rest is escaped."""

    def __init__(self, inline: Inline, *, verbatim: bool = False) -> None:
        self._inline = inline
        self._verbatim = verbatim
        self._held: list[Markup] = []

    def draw(self, text: str) -> Markup:
        """Return the whole text as HTML that keeps its line breaks (white-space: pre-wrap)."""
        clean = re.sub("[\ue000\ue001\x00]", "\ufffd", text)
        parts = _FENCE.split(clean)
        drawn = [
            self._fenced(part) if number % 2 else self._lines(part)
            for number, part in enumerate(parts)
        ]
        return Markup("").join(drawn)

    def _fenced(self, code: str) -> Markup:
        inner = code.removeprefix("\n").removesuffix("\n")
        return Markup("<pre>{}</pre>").format(self._flat(inner, _TOKEN))

    def _lines(self, text: str) -> Markup:
        """Draw lines; neighbouring ones that begin with `>` share a quote."""
        drawn: list[Markup] = []
        pending: list[str] = []
        quoting = False
        for line in text.split("\n"):
            mark = _QUOTED.match(line)
            if (mark is not None) is not quoting:
                drawn.append(self._group(pending, quoting))
                pending, quoting = [], mark is not None
            pending.append(line[mark.end() :] if mark else line)
        drawn.append(self._group(pending, quoting))
        return Markup("").join(drawn)

    def _group(self, lines: list[str], quoting: bool) -> Markup:
        said = self._flat("\n".join(lines), _LIVE)
        return Markup("<blockquote>{}</blockquote>").format(said) if quoting else said

    def _flat(self, text: str, live: re.Pattern[str]) -> Markup:
        held = live.sub(self._hold, text)
        shown = _styled(held) if live is _LIVE else _escaped(held)
        return Markup(_HELD.sub(lambda mark: self._held[int(mark[1])], shown))  # noqa: S704 - escaped

    def _hold(self, found: re.Match[str]) -> str:
        named = found.groupdict()
        if named.get("url") and self._verbatim:
            return found[0]
        if named.get("code"):
            inner = self._flat(named["code"], _TOKEN)
            return self._keep(Markup("<code>{}</code>").format(inner))
        if named.get("token"):
            return self._keep(self._token(named["token"]))
        if named.get("emoji"):
            return self._keep(self._inline.emoji(named["emoji"]))
        url = named["url"].rstrip(_TRAILING)
        shown = decoded(url)
        return self._keep(self._inline.link(shown, shown)) + named["url"][len(url) :]

    def _keep(self, drawn: Markup) -> str:
        self._held.append(drawn)
        return f"\ue000{len(self._held) - 1}\ue001"

    def _token(self, token: str) -> Markup:
        inside, _, label = token.partition("|")
        target, label = decoded(inside), decoded(label)
        if target.startswith("@"):
            return self._inline.person(target[1:])
        if target.startswith("#"):
            return self._inline.channel(target[1:])
        if target.startswith("!"):
            return self._special(target[1:], label)
        if not is_safe_address(target):
            return escape(f"<{decoded(token)}>")
        return self._inline.link(target, label or target.removeprefix("mailto:"))

    def _special(self, token: str, label: str) -> Markup:
        name, *rest = token.split("^")
        if name in ("here", "channel", "everyone"):
            return self._inline.broadcast(name)
        if name == "subteam" and rest:
            return self._inline.usergroup(rest[0], label)
        if name == "date" and len(rest) >= 2 and re.fullmatch(r"[0-9]{1,12}", rest[0], re.ASCII):
            url = rest[2] if len(rest) > 2 else ""
            return self._inline.date(int(rest[0]), rest[1], fallback=label, url=url)
        return escape(label or f"<!{token}>")


def _escaped(text: str) -> str:
    return str(escape(decoded(text)))


def _styled(text: str) -> str:
    """Return escaped text with its styles; a style holds the two other kinds, never its own."""
    drawn: list[str] = []
    end = 0
    for found in _STYLED.finditer(text):
        kind = str(found.lastgroup)
        drawn += [_escaped(text[end : found.start()]), f"<{_TAGS[kind]}>"]
        drawn += [_styled(found[kind]), f"</{_TAGS[kind]}>"]
        end = found.end()
    return "".join((*drawn, _escaped(text[end:])))
