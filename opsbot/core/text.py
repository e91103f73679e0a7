"""Foreign text made inert: titles, log lines and names that somebody else wrote.

Everything opsbot shows passes `inert` before it is put into a card; escaping for a particular
surface (Slack mrkdwn, HTML) happens once, at the last step, in the renderer of that surface.
"""

from __future__ import annotations

import re
import unicodedata

# Characters that reorder or hide text, by Unicode name (UAX #9, UTS #39): direction marks,
# embeddings, overrides, isolates, zero-width, filler and tag characters, variation selectors.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e01ef]"
)
_SPACE = re.compile(r"\s+")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
# A joiner is kept only between two symbols, where it builds one emoji.
_LOOSE_JOINER = re.compile(r"(?<![\U0001F000-\U0001FAFF\u2600-\u27bf\ufe0f])\u200d|\u200d$")


def _visible(match: re.Match[str]) -> str:
    return f"[U+{ord(match.group()):04X}]"


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"}


def inert(text: str, limit: int = 300) -> str:
    """Return one line of at most `limit` code points with nothing hidden or reordered in it.

    Controls and bidirectional marks become visible escapes (`[U+202E]`), white space collapses,
    and what was cut is said with an ellipsis. Normalised to NFC only, so that log lines keep
    their letters. Idempotent.
    """
    text = text[: limit * 8]
    if text.isascii() and text.isprintable():  # nothing in it but blanks to make one of
        return cut(" ".join(text.split()), limit)
    text = unicodedata.normalize("NFC", _ANSI.sub("", text))
    text = _SPACE.sub(" ", text).strip()
    text = _LOOSE_JOINER.sub("[U+200D]", _HIDDEN.sub(_visible, text))
    text = "".join(f"[U+{ord(c):04X}]" if _is_control(c) else c for c in text)
    return cut(text, limit)


def cut(text: str, limit: int) -> str:
    """Shorten `text` to `limit` code points; a visible ellipsis marks that something is missing."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def count(number: int, noun: str) -> str:
    """Say a number with its noun in the right form: `1 alert`, `3 alerts`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: tuple[str, ...], limit: int = 4) -> str:
    """Join names as a person would, cutting long lists with a count of the rest."""
    shown, rest = names[:limit], len(names) - limit
    if rest > 0:
        return f"{', '.join(shown)} and {rest:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
