"""What lies ahead, as people type it: a day by which something is to be done, a length of time."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from opsbot.core.moment import day_text
from opsbot.core.text import inert
from opsbot.core.wall_clock import zone_named
from opsbot.core.when import Refused

FURTHEST = timedelta(days=731)  # a day further ahead is a mistyped year
LONGEST = timedelta(days=31)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = re.compile(
    r"(next\s+)?(mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r?s?(?:day)?)?|fri(?:day)?|"
    r"sat(?:urday)?|sun(?:day)?)",
    re.IGNORECASE,
)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_IN_DAYS = re.compile(r"in\s+([0-9]{1,3}|a|one)\s*(d(?:ays?)?|w(?:eeks?)?)", re.IGNORECASE)
_PART = re.compile(
    r"([0-9]{1,6})\s*(d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?)\s*", re.IGNORECASE | re.ASCII
)
_LENGTH = re.compile(rf"(?:in\s+)?((?:{_PART.pattern})+)", re.IGNORECASE | re.ASCII)
_MINUTES = {"d": 1440, "h": 60, "m": 1}


def read_day(text: str, *, zone: str, now: datetime) -> date | Refused | None:
    """The day that `text` names, today in the typist's IANA zone or later; None when it is none.

    `friday` is the next one, on a Friday today; `next friday` is never today. Refused when it has
    passed, or lies more than two years ahead.
    """
    text = " ".join(text.casefold().split())
    own = zone_named(zone)
    today = (now.astimezone(own) if own else now).date()
    if text in ("today", "tomorrow"):
        return today + timedelta(days=text == "tomorrow")
    if weekday := _WEEKDAY.fullmatch(text):
        ahead = (_DAYS.index(weekday[2][:3]) - today.weekday()) % 7
        return today + timedelta(days=ahead or (7 if weekday[1] else 0))
    if counted := _IN_DAYS.fullmatch(text):
        number = int(counted[1]) if counted[1].isdigit() else 1
        return _near(today + timedelta(days=number * (7 if counted[2][0] == "w" else 1)), today)
    if _ISO.fullmatch(text):
        try:
            return _near(date.fromisoformat(text), today)
        except ValueError:
            return Refused(sentence=f"`{text}` is no day of the calendar: type it as 2026-12-01.")
    return None


def _near(day: date, today: date) -> date | Refused:
    if day < today:
        return Refused(sentence=f"{day_text(day)} has passed: type a day that is still to come.")
    if day - today > FURTHEST:
        return Refused(sentence=f"{day_text(day)} is more than two years ahead: type a nearer day.")
    return day


def read_length(text: str) -> timedelta | Refused | None:
    """The length of time that `text` names, such as `30m` or `1h 30 min`; None when it is none.

    A unit is needed. Refused when it is nothing, or more than a month.
    """
    match = _LENGTH.fullmatch(" ".join(text.split()))
    if match is None:
        return None
    parts = _PART.findall(match[1])
    length = timedelta(minutes=sum(int(n) * _MINUTES[unit[0].lower()] for n, unit in parts))
    if not timedelta(0) < length <= LONGEST:
        told = inert(text, 40)
        return Refused(sentence=f"`{told}` is not between one minute and a month: type `30m`.")
    return length


def typed_length(length: timedelta) -> str:
    """A length in whole minutes as it may be typed: `30m`, `1h30m`, `1d`."""
    minutes, typed = int(length.total_seconds()) // 60, ""
    for unit, size in _MINUTES.items():
        number, minutes = divmod(minutes, size)
        typed += f"{number}{unit}" if number else ""
    return typed or "0m"
