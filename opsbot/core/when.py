"""Times as people type them in an incident: read in the typist's own zone, as the nearest past.

The clock changes are read as people mean them: of an hour that came twice the later one that is
not in the future, and for a time that never came the moment the clocks jumped over it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from opsbot.core.moment import day_text
from opsbot.core.text import inert
from opsbot.core.wall_clock import Shown, shown_on, zone_named

SKEW = timedelta(minutes=2)  # clocks differ: this far in the future is still now
OLDEST = timedelta(days=31)
_FAR = 40  # days from today beyond which a date is refused before anything is computed with it

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_WORD = (
    r"today|yesterday|tomorrow|"
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r?s?(?:day)?)?|fri(?:day)?|"
    r"sat(?:urday)?|sun(?:day)?"
)
_ABSOLUTE = re.compile(
    r"(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:t|,?\s+(?:at\s+)?)"
    rf"|(?P<day>{_DAY_WORD}),?\s+(?:at\s+)?)?"
    r"@?(?P<hour>[0-9]{1,2})"
    r"(?:[:h](?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,6}))?)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
    r"(?:\s*(?P<utc>z|utc|gmt)(?P<from_utc>[+\-−][0-9]{1,2}(?::?[0-9]{2})?)?"
    r"|(?P<attached>[+\-−][0-9]{1,2}(?::?[0-9]{2})?)|\s+(?P<apart>[+\-−][0-9]{2}:?[0-9]{2}))?"
    r"(?:\s+(?P<after>today|yesterday|tomorrow))?",
    re.IGNORECASE | re.ASCII,
)
_PART = re.compile(
    r"([0-9]{1,6})\s*(d(?:ays?)?|h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)\s*",
    re.IGNORECASE | re.ASCII,
)
_SPAN = rf"(?:{_PART.pattern})+"
_RELATIVE = re.compile(rf"[-−–—](?P<back>{_SPAN})|(?P<ago>{_SPAN})ago", re.IGNORECASE | re.ASCII)
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_OFFSET = re.compile(r"([+\-−])([0-9]{1,2}):?([0-9]{2})?")
_ODD_MINUTES = {("-", 2, 30), ("-", 3, 30), ("-", 9, 30)}  # Newfoundland, Marquesas


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time that was typed: what it means, and how it was understood, to be said back."""

    at: datetime  # aware, UTC
    said: str  # `14:02 in Europe/Berlin on Mon 23 Nov 2026 (13:02 UTC)`
    assumed_zone: str = ""  # the zone it was read in when none was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A value that cannot be meant, and a sentence that says what to type."""

    sentence: str
    unsure: bool = False  # perhaps it is no such value at all, but a part of what is told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """The pieces of an absolute time, before anything is decided about its day."""

    clock: time
    shown: str
    day: str  # ISO date, word or empty
    zone: tzinfo
    zone_name: str
    assumed: bool
    doubt: str = ""  # said when the typist's own zone is not known


def read_moment(text: str, *, zone: str, now: datetime) -> Moment | Refused | None:
    """The moment that `text` names, or None when it is no time.

    `zone` is the typist's IANA zone (UTC, and said so, when it is unknown); `now` is aware. Older
    than 31 days, or more than two minutes in the future, is refused. Never raises.
    """
    text = " ".join(text.split())
    now = now.astimezone(UTC)
    if text.casefold() == "now":
        return Moment(at=now, said=f"now, {_utc(now)}")
    if relative := _RELATIVE.fullmatch(text):
        return _relative(relative, now)
    match = _ABSOLUTE.fullmatch(text)
    if match is None:
        return None
    if _may_be_span(match):
        return Refused(
            sentence=f"`{inert(text, 40)}` may be a stretch of time or a time zone: type one time, "
            "such as `14:02`, or name the zone as in `14:02 UTC-5`.",
            unsure=True,
        )
    typed = _typed(match, zone)
    return None if typed is None else _absolute(typed, now)


def has_clock(text: str) -> bool:
    """Whether `text` is a time of day, such as `14:02` or `2pm`, with or without its zone."""
    match = _ABSOLUTE.fullmatch(text)
    return match is not None and _clock(match) is not None


def _relative(match: re.Match[str], now: datetime) -> Moment | Refused:
    parts = [(int(n), unit[0].lower()) for n, unit in _PART.findall(match["back"] or match["ago"])]
    seconds = sum(number * _SECONDS[unit] for number, unit in parts)
    told = " ".join(f"{number} {'min' if unit == 'm' else unit}" for number, unit in parts) + " ago"
    if seconds > OLDEST.total_seconds():
        return _too_old(told, now)
    at = now - timedelta(seconds=seconds)
    return Moment(at=at, said=f"{told}, {_utc(at)}")


def _may_be_span(match: re.Match[str]) -> bool:
    """`10:02-11:00` without a date: a minus and a later time of day may well mean "until"."""
    until = _OFFSET.fullmatch(match["attached"] or "")
    if until is None or until[1] == "+" or match["date"] or not match["minute"]:
        return False
    clock = int(match["hour"]), int(match["minute"])
    return (int(until[2]), int(until[3] or 0)) > clock


def _typed(match: re.Match[str], zone: str) -> _Typed | None:
    clock = _clock(match)
    day = match["date"] or match["day"] or match["after"] or ""
    if clock is None or (match["after"] and day != match["after"]):
        return None
    if match["date"] and _date(day) is None:
        return None
    shown = f"{clock:%H:%M:%S}" if match["second"] else f"{clock:%H:%M}"
    offset = match["from_utc"] or match["attached"] or match["apart"] or ""
    if match["utc"] or offset:
        fixed = _offset(offset)
        if fixed is None:
            return None
        name = fixed.tzname(None) or "UTC"
        return _Typed(clock=clock, shown=shown, day=day, zone=fixed, zone_name=name, assumed=False)
    own = zone_named(zone)
    doubt = "" if own else _unknown_zone(zone)
    return _Typed(clock=clock, shown=shown, day=day, zone=own or UTC, assumed=True,
                  zone_name=zone if own else "UTC", doubt=doubt)  # fmt: skip


def _clock(match: re.Match[str]) -> time | None:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if not match["minute"] and not half:
        return None
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return time(hour, minute, second, int((match["part"] or "0").ljust(6, "0")))


def _offset(text: str) -> timezone | None:
    """An offset from UTC that some place on earth uses; the empty text is UTC itself."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return UTC
    sign, hours, minutes = match[1].replace("−", "-"), int(match[2]), int(match[3] or 0)
    if sign == "+" and (hours > 14 or minutes not in {0, 30, 45}):
        return None
    if sign == "-" and (hours > 12 or (minutes and (sign, hours, minutes) not in _ODD_MINUTES)):
        return None
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(span if sign == "+" else -span)


def _unknown_zone(name: str) -> str:
    if not name:
        return "your time zone is not known, so it was read as UTC"
    return f"your time zone {inert(name, 40)} is not known here, so it was read as UTC"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _absolute(typed: _Typed, now: datetime) -> Moment | Refused:
    given = _date(typed.day)
    if given is not None and abs((given - now.date()).days) > _FAR:
        told = f"{typed.shown} on {day_text(given)}"
        return _too_old(told, now) if given < now.date() else _in_future(told, now)
    today = now.astimezone(typed.zone).date()
    days, latest = _candidates(typed.day, today), now + SKEW
    shown = (shown_on(day, typed.clock, typed.zone, latest) for day in days)
    found = next((one for one in shown if one), None)
    if found is None:
        day = typed.day.lower() if given is None else f"on {day_text(given)}"
        return _in_future(f"{typed.shown} {day}", now)
    if now - found.at > OLDEST:
        return _too_old(f"{typed.shown} on {day_text(found.at.astimezone(typed.zone))}", now)
    return Moment(at=found.at, said=_said(typed, found),
                  assumed_zone=typed.zone_name if typed.assumed else "")  # fmt: skip


def _candidates(day: str, today: date) -> list[date]:
    """The days it may have been, the latest first. Tomorrow's first minutes may be clock skew."""
    word = day.casefold()
    if (given := _date(day)) is not None:
        return [given]
    if word in {"today", "yesterday", "tomorrow"}:
        return [today + timedelta(days=("yesterday", "today", "tomorrow").index(word) - 1)]
    near = [today - timedelta(days=back) for back in range(-1, 9)]
    if not word:
        return near[:4]
    return [one for one in near if one.weekday() == _DAYS.index(word[:3])]


def _said(typed: _Typed, found: Shown) -> str:
    local = found.at.astimezone(typed.zone)
    if typed.zone_name == "UTC":
        told = _utc(found.at)
    else:
        zone = f"in {inert(typed.zone_name, 60)}" if typed.assumed else typed.zone_name
        utc = _utc(found.at) if local.date() != found.at.date() else f"{found.at:%H:%M} UTC"
        told = f"{_clock_text(local)} {zone} on {day_text(local)} ({utc})"
    return "; ".join(part for part in (told, found.remark, typed.doubt) if part)


def _utc(at: datetime) -> str:
    return f"{_clock_text(at)} UTC on {day_text(at)}"


def _clock_text(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _too_old(told: str, now: datetime) -> Refused:
    return Refused(
        sentence=f"{inert(told, 80)} is more than {OLDEST.days} days ago: type a later time, such "
        f"as `14:02`, `-20m` or `{now:%Y-%m-%d} 00:00Z`."
    )


def _in_future(told: str, now: datetime) -> Refused:
    return Refused(
        sentence=f"{inert(told, 80)} is in the future: type a time that has passed, such as "
        f"`-20m`, `yesterday 14:02` or `{now:%Y-%m-%d} 00:00Z`."
    )
