"""The forms a single value can take in the file: durations, sizes, hours, days, times, ids, URLs.

Each raises an error made by `wrong`, whose two sentences say what is off and what to write.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, WithJsonSchema

from opsbot.config.problem import alternatives, quoted, suggestion, wrong
from opsbot.core.hours import WEEKDAYS, Hours

DURATION_PATTERN = r"^([0-9]{1,6}d)?([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?$"
MAX_DURATION = timedelta(days=3660)
_DURATION_FIX = "Write it like 30s, 5m, 2h, 1d or 1h30m"
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_UNITS = {"KiB": 1024, "MiB": 1024**2, "KB": 1000, "MB": 1000**2}
_SIZE = re.compile(r"([0-9]{1,6}) ?([KM]i?B)")
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,20}")


def duration(value: Any) -> timedelta:
    """Read `30s`, `5m`, `2h`, `1d` or a row of them such as `1h30m`; longer than zero."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float):
        raise wrong("a duration without a unit", _DURATION_FIX)
    match = re.fullmatch(DURATION_PATTERN, value) if isinstance(value, str) else None
    if match is None or not match.group():
        raise wrong(f"{quoted(str(value))} is no duration", _DURATION_FIX)
    amounts = (int(part[:-1]) if part else 0 for part in match.groups())
    length = timedelta(
        seconds=sum(n * unit for n, unit in zip(amounts, _SECONDS.values(), strict=True))
    )
    if not timedelta(0) < length <= MAX_DURATION:
        raise wrong(f"{quoted(value)} is not between 1s and 3660d", _DURATION_FIX)
    return length


def written_duration(length: timedelta) -> str:
    """A duration as the file writes it; `duration` reads it back."""
    rest, text = int(length.total_seconds()), ""
    for unit, seconds in _SECONDS.items():
        amount, rest = divmod(rest, seconds)
        text += f"{amount}{unit}" if amount else ""
    return text or "0s"


def size(value: Any) -> int:
    """Read a number of bytes: `512KiB`, `2MiB`."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if match is None:
        raise wrong(f"{quoted(str(value))} is no size", "Write it like 512KiB or 2MiB")
    return int(match.group(1)) * _UNITS[match.group(2)]


def hours(value: Any) -> Hours:
    """Read a stretch of the day, `09:00-18:00`; `22:00-06:00` runs over midnight."""
    if isinstance(value, Hours):
        return value
    fix = "Write it like 09:00-18:00 (22:00-06:00 runs over midnight)"
    start, dash, end = str(value).replace(" ", "").partition("-")
    if not dash:
        raise wrong(f"{quoted(str(value))} is no stretch of the day", fix)
    read = Hours(start=_clock(start, fix), end=_clock("0:00" if end == "24:00" else end, fix))
    if read.start == read.end:
        raise wrong("the hours start and end at the same time", "Leave `hours` out for all day")
    return read


def _clock(text: str, fix: str) -> time:
    match = _HOURS.fullmatch(text)
    if match is None or int(match.group(1)) > 23 or int(match.group(2)) > 59:
        raise wrong(f"{quoted(text)} is no time of day", fix)
    return time(int(match.group(1)), int(match.group(2)))


def days(value: Any) -> tuple[str, ...]:
    """Read `sat`, `mon-fri` or a list of those, as the weekdays they cover in order."""
    found: set[str] = set()
    for item in listed_values(value):
        first, _, last = str(item).lower().replace(" ", "").partition("-")
        start, end = _weekday(first), _weekday(last or first)
        span = range(start, end + 1) if start <= end else (*range(start, 7), *range(end + 1))
        found.update(WEEKDAYS[number] for number in span)
    return tuple(day for day in WEEKDAYS if day in found)


def _weekday(word: str) -> int:
    if word not in WEEKDAYS:
        raise wrong(f"{quoted(word)} is no weekday", f"Write {alternatives(WEEKDAYS)}, or mon-fri")
    return WEEKDAYS.index(word)


def listed_values(value: Any) -> Any:
    """A single text as a list of one; anything else as it is."""
    return (value,) if isinstance(value, str | int | float) else value


def moment(text: str, zone: str) -> datetime:
    """Read an ISO 8601 time as UTC; one without an offset is local time in `zone`.

    Raises PydanticCustomError when `text` is no such time.
    """
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        fix = "Write it like 2026-11-28 22:00, or 2026-11-28T22:00:00Z for UTC"
        raise wrong(f"{quoted(text)} is no time", fix) from None


def time_zone(value: Any) -> str:
    """Accept the name of a zone in the IANA time zone database."""
    if not isinstance(value, str):
        raise wrong("a time zone is a name", "Write it like Europe/Berlin or UTC")
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if not known:
            fix = "Install the system package tzdata"
            raise wrong("this machine has no time zone data", fix) from None
        fix = suggestion(value, known, "Write it like Europe/Berlin or UTC")
        raise wrong(f"no time zone is called {quoted(value)}", fix) from None
    return value


def channel_id(value: Any) -> str:
    """Accept a Slack channel id or nothing; a name would break when the channel is renamed."""
    text = value if isinstance(value, str) else str(value)
    if not text or _CHANNEL_ID.fullmatch(text):
        return text
    fix = (
        "Write the channel's id, such as C0123ABCDEF: in Slack open the channel, click its name, "
        "and copy it from the bottom of the About tab"
    )
    looks_named = text.startswith("#") or text == text.lower()
    raise wrong(f"{quoted(text)} is {'a name' if looks_named else 'no channel id'}", fix)


def web_url_or_none(value: Any) -> str:
    """Accept an absolute http or https URL, or the empty text."""
    return "" if value == "" else web_url(value)


def web_url(value: Any) -> str:
    """Accept an absolute http or https URL."""
    text = value if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() for char in text):
        raise wrong("not a web address", "Write the whole URL, starting with https://")
    return text


def _text_schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Duration = Annotated[timedelta, BeforeValidator(duration), _text_schema(DURATION_PATTERN, "1h30m")]
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": ["string", "integer"], "pattern": "^[0-9]{1,6} ?[KM]i?B$"}),
]
HoursOfDay = Annotated[
    Hours,
    BeforeValidator(hours),
    _text_schema("^[0-9]{1,2}:[0-9]{2} ?- ?[0-9]{1,2}:[0-9]{2}$", "09:00-18:00"),
]
_ONE_OR_MORE: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}
Days = Annotated[tuple[str, ...], BeforeValidator(days), WithJsonSchema(_ONE_OR_MORE)]
Texts = Annotated[tuple[str, ...], BeforeValidator(listed_values), WithJsonSchema(_ONE_OR_MORE)]
TimeZone = Annotated[str, BeforeValidator(time_zone)]
ChannelId = Annotated[
    str, BeforeValidator(channel_id), _text_schema("^([CG][A-Z0-9]{6,20})?$", "C0123ABCDEF")
]
WebUrl = Annotated[
    str,
    BeforeValidator(web_url_or_none),
    _text_schema("^(https?://.*)?$", "https://hc.example.com/ping/0a1b2c3d"),
]
