"""Long lines on a terminal: wrapped at words, with what follows indented below its beginning."""

from __future__ import annotations

import textwrap

from rich.console import Console


def say(console: Console, text: str, *, hang: int, style: str | None = None) -> None:
    """Print `text` line by line; what wraps is indented by `hang` columns."""
    for line in text.splitlines():
        wrapped = textwrap.wrap(
            line, width=max(console.width, hang + 40), subsequent_indent=" " * hang,
            break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
            replace_whitespace=False,
        )  # fmt: skip
        for part in wrapped or [""]:
            console.print(part, markup=False, style=style, soft_wrap=True)
