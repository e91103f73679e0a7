"""Long lines on a terminal: wrapped at words, with what follows indented below its beginning."""

from __future__ import annotations

import textwrap
import unicodedata

from rich.console import Console
from rich.text import Text


def say(console: Console, text: str, *, hang: int, style: str | None = None) -> None:
    """Print `text` line by line; what wraps is indented by `hang` columns. Characters that would
    move the cursor or hide something are written out."""
    for line in map(_visible, text.splitlines()):
        wrapped = textwrap.wrap(
            line, width=max(console.width, hang + 40), subsequent_indent=" " * hang,
            break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
            replace_whitespace=False,
        )  # fmt: skip
        for part in wrapped or [""]:
            console.print(part, markup=False, style=style, soft_wrap=True)


def cell(text: str) -> Text:
    """Somebody's words in a table: as they are, and never as markup of the terminal's own."""
    return Text(_visible(text))


def _visible(text: str) -> str:
    return "".join(f"[U+{ord(char):04X}]" if _is_unseen(char) else char for char in text)


def _is_unseen(char: str) -> bool:
    """Whether a terminal would obey it or hide it; a joiner builds emoji."""
    return char not in "\t\u200d" and unicodedata.category(char) in ("Cc", "Cf", "Cs")
