"""An update as people wrote it, for a card: its own lines, and long ones broken where a line of a
card would be cut."""

from __future__ import annotations

from opsbot.core.text import cut, inert

LONGEST = 3_000  # characters of either text
LINE = 800
MOST_LINES = 40


def written_lines(text: str) -> tuple[str, ...]:
    """The text quoted, inert, in lines of at most `LINE` characters; never empty."""
    lines = [part for written in text.splitlines() for part in _parts(inert(written, LONGEST))]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], "…"]
    lines = lines or [""]
    return (f"“{lines[0]}", *lines[1:-1], f"{lines[-1]}”") if lines[1:] else (f"“{lines[0]}”",)


def shortened(text: str) -> str:
    """What is kept of a text that is too long, with an ellipsis where it was cut."""
    return cut(text, LONGEST)


def _parts(line: str) -> list[str]:
    """A long line broken between words, or within one that is longer than a line."""
    parts: list[str] = []
    while len(line) > LINE:
        at = line.rfind(" ", 1, LINE)
        at = at if at > 0 else LINE
        parts.append(line[:at].rstrip())
        line = line[at:].lstrip()
    return [*parts, line] if line else parts
