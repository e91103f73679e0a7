"""Slack's date tokens in the reader's own zone (Slack page "Formatting text", "Date formatting").

The sandbox's people prefer the 24-hour clock, which is a setting of Slack's client.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

_TOKEN = re.compile(r"\{(\w{1,30})\}")
_HALF_A_YEAR = 182  # days; Slack leaves the year out of a date that is nearer


def formatted(pattern: str, moment: datetime, now: datetime) -> str:
    """Return a pattern such as `{date_short_pretty} {time}` filled in; unknown tokens stay.

    Both moments carry the reader's zone.
    """

    def fill(token: re.Match[str]) -> str:
        known = _FORMATS.get(token[1])
        if known is None:
            return token[0]
        said = known(moment, now)
        return said[:1].upper() + said[1:] if token.start() == 0 else said

    return _TOKEN.sub(fill, pattern)


def full(moment: datetime) -> str:
    """Return the whole moment, as Slack's tooltip has it."""
    return f"{_long(moment)} at {moment:%H:%M:%S} {moment.tzname() or ''}".rstrip()


def day(moment: datetime, now: datetime) -> str:
    """Return the words of a day divider."""
    near = _near(moment, now)
    if near:
        return near.capitalize()
    said = f"{moment:%A, %B} {_ordinal(moment.day)}"
    return said if moment.year == now.year else f"{said}, {moment.year}"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago in words, or how soon."""
    seconds = (now - moment).total_seconds()
    distance = _distance(abs(seconds))
    # A timestamp may be microseconds ahead of the clock it was made by.
    return f"in {distance}" if seconds <= -1 else f"{distance} ago"


def _distance(seconds: float) -> str:
    if seconds < 45:
        return "a few seconds"
    for unit, length, next_length in _UNITS:
        count = round(seconds / length)
        if count * length < next_length:
            return f"{max(1, count)} {unit}{'' if count <= 1 else 's'}"
    years = max(1, round(seconds / (365 * 86400)))
    return f"{years} year{'' if years == 1 else 's'}"


_UNITS = (
    ("minute", 60, 3600),
    ("hour", 3600, 86400),
    ("day", 86400, 30 * 86400),
    ("month", 30 * 86400, 360 * 86400),
)


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _near(moment: datetime, now: datetime) -> str:
    distance = (moment.date() - now.date()).days
    return {0: "today", -1: "yesterday", 1: "tomorrow"}.get(distance, "")


def _date(moment: datetime, now: datetime) -> str:
    said = f"{moment:%B} {_ordinal(moment.day)}"
    return said if abs((now - moment).days) < _HALF_A_YEAR else f"{said}, {moment.year}"


def _short(moment: datetime, _now: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}"


def _long(moment: datetime, _now: datetime | None = None) -> str:
    return f"{moment:%A, %B} {_ordinal(moment.day)}, {moment.year}"


def _pretty(plain: Callable[[datetime, datetime], str]) -> Callable[[datetime, datetime], str]:
    return lambda moment, now: _near(moment, now) or plain(moment, now)


_FORMATS: dict[str, Callable[[datetime, datetime], str]] = {
    "date_num": lambda moment, _now: f"{moment:%Y-%m-%d}",
    "date_slash": lambda moment, _now: f"{moment:%m/%d/%Y}",
    "date": _date,
    "date_pretty": _pretty(_date),
    "date_short": _short,
    "date_short_pretty": _pretty(_short),
    "date_long": _long,
    "date_long_full": _long,
    "date_long_pretty": _pretty(_long),
    "day_divider_pretty": day,
    "time": lambda moment, _now: f"{moment:%H:%M}",
    "time_secs": lambda moment, _now: f"{moment:%H:%M:%S}",
    "ago": ago,
}
