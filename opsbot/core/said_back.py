"""A time that somebody typed, said back to them: how it was read, and what looked like one."""

from __future__ import annotations

import re

from opsbot.core.card import Line, Tone, line
from opsbot.core.when import Moment

_TIME = re.compile(
    r"[-+~]?[0-9]{1,2}[:.h][0-9]{2}\b.*|[-+~]?[0-9]{1,6}\s?(?:s|m|h|d|min|mins|minutes?|hours?|am|pm)"
    r"|tomorrow|today|yesterday|tonight|noon|midnight|just now|ago|earlier",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)


def read_as(moment: Moment) -> Line:
    """How a typed time was understood, with UTC: whoever was misread sees it."""
    return line(f"Read as {moment.said}.", tone=Tone.QUIET)


def looks_like_time(words: str) -> bool:
    """Whether words that were taken for a text are nothing but a time that could not be read."""
    return len(words) <= 40 and _TIME.fullmatch(words.strip().strip("\"'")) is not None
