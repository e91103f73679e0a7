"""Times: always aware and in UTC, whole microseconds, safe at the ends of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 (negative before); exact for every year from 1 to 9999."""
    return (at - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The moment that `to_micros` made `micros` of."""
    return EPOCH + timedelta(microseconds=micros)


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 time as UTC; a time without a zone is taken as UTC.

    Raises ValueError when `text` is no time.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 with an offset that leaves the calendar
        return at.replace(tzinfo=UTC)


def shifted(at: datetime, by: timedelta) -> datetime:
    """`at + by`, stopping at the ends of the calendar instead of raising OverflowError."""
    try:
        return at + by
    except OverflowError:
        return LATEST if by > timedelta(0) else EARLIEST


def plausible(at: datetime, now: datetime) -> datetime:
    """`at` if it lies within a month before and a day after `now`, otherwise `now`.

    Senders do send years 1 and 9999; such a time is kept on the record as it came, but no
    evidence window or wait is computed from it.
    """
    return at if now - timedelta(days=31) <= at <= now + timedelta(days=1) else now


def lasting(length: timedelta) -> str:
    """A duration in words, coarse as people say it: `40 s`, `7 min`, `2 h 5 min`, `3 d 4 h`."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 90:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        rest = minutes % 60
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    rest = hours % 24
    return f"{days} d {rest} h" if rest else f"{days} d"


def clock_text(at: datetime) -> str:
    """`14:02 UTC`, for plain text where no reader's own zone is known."""
    return f"{at:%H:%M} UTC"


def day_text(day: date) -> str:
    """`Mon 23 Nov 2026`, in English whatever the locale."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
