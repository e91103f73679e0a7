"""The one place where text is made safe for Slack's mrkdwn."""

from __future__ import annotations

import re

_LOOK_ALIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ", "@": "＠"})
_LOOSE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_EMOJI_OR_SCHEME = re.compile(r":(?=\S*:|//)")
_LEADING_QUOTE = re.compile(r"^(\s*)>", re.MULTILINE)


def escape(text: str) -> str:
    """Replace the three characters that open Slack's `<...>` tokens, and only these.

    Source: Slack page "Formatting text for app surfaces". Call it once, at the last step.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_marks(text: str) -> str:
    """Replace markup characters by look-alikes; the result has as many characters as `text`.

    Escaping stops tokens but not `*bold*`, `:emoji:` or `> quotes`, and Slack has no escape for
    those. A look-alike is no markup to any parser, wherever the text ends up, unlike a zero-width
    character in between, which would hide something, or a code span, which a backtick leaves.
    Asterisk, tilde, backtick and at sign always go; an underscore inside a word stays, so that
    names can still be read and copied; a colon goes when another one follows in the same word, so
    that no two can hold an emoji code, or when it ends a scheme (a bare host name is not linked,
    because every post says `parse: none`).
    """
    text = _LEADING_QUOTE.sub(r"\1›", text.translate(_LOOK_ALIKE))
    return _EMOJI_OR_SCHEME.sub("꞉", _LOOSE_UNDERSCORE.sub("ˍ", text))


def neutral(text: str) -> str:
    """Foreign text for a place Slack may read as mrkdwn: nothing formats, links or mentions."""
    return escape(plain_marks(text))


def size(text: str) -> int:
    """Length as Slack may count it at worst: UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def escaped_within(text: str, limit: int) -> str:
    """Escape `text`, cut by whole characters so that the result has at most `limit`.

    Slack counts the escaped form; a cut after escaping could leave half an entity.
    """
    whole = escape(text)
    if size(whole) <= limit:
        return whole
    left = limit - 1
    for at, char in enumerate(text):
        left -= size(escape(char))
        if left < 0:
            return escape(text[:at].rstrip()) + "…"
    return whole
