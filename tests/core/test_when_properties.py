"""Typed times against a clock on the wall that is simply looked at, minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core.when import OLDEST, SKEW, Moment, Refused, read_moment

BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
FROM = datetime(1990, 1, 1, tzinfo=UTC)
CHANGING = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
            "America/St_Johns", "Asia/Tehran", "Europe/Dublin", "Antarctica/Troll",
            "America/Havana", "Pacific/Chatham")  # fmt: skip
ZONES = st.sampled_from(CHANGING) | st.sampled_from(sorted(available_timezones()))
TIMES = st.integers(0, 48 * 365 * 86_400).map(lambda second: FROM + timedelta(seconds=second))
CLOCKS = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
TEXTS = st.text(st.sampled_from("0123456789:-+−hmsdapTZ agoutcyesrdnw./"), max_size=24)


@lru_cache(maxsize=64)
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The ends of the stretches of six hours in which the zone's offset changes."""
    info, at, found = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC), list[datetime]()
    while at.year == year:
        later = at + timedelta(hours=6)
        if at.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            found.append(later)
        at = later
    return tuple(found)


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone, and a time within 30 hours of one of its clock changes where it has any."""
    zone, year = draw(st.sampled_from(CHANGING)), draw(st.integers(2010, 2030))
    change = draw(st.sampled_from(changes(zone, year) or (datetime(year, 6, 1, tzinfo=UTC),)))
    return zone, change + timedelta(seconds=draw(st.integers(-30 * 3600, 30 * 3600)))


def read(text: str, zone: str, now: datetime) -> Moment:
    found = read_moment(text, zone=zone, now=now)
    assert isinstance(found, Moment)
    return found


def on_the_wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def looked_up(clock: str, zone: str, now: datetime) -> datetime:
    """The last minute, up to the skew, at which the wall showed `clock`."""
    at = (now + SKEW).replace(second=0, microsecond=0)
    while f"{on_the_wall(at, zone):%H:%M}" != clock:
        at -= MINUTE
    return at


@settings(deadline=None, max_examples=50)
@given(CLOCKS, near_a_change() | st.tuples(ZONES, TIMES))
def test_a_clock_time_is_the_last_one_on_the_wall(clock: str, where: tuple[str, datetime]):
    """Or, later than that, the jump of the clocks over it."""
    zone, now = where
    found, seen = read(clock, zone, now), looked_up(clock, zone, now)
    if "never came" not in found.said:
        assert found.at == seen
        return
    assert seen < found.at <= now + SKEW
    before, onto = on_the_wall(found.at - MINUTE, zone), on_the_wall(found.at, zone)
    skipped = datetime.combine(onto.date(), time.fromisoformat(clock))
    assert before + MINUTE <= skipped < onto


@settings(deadline=None)
@given(CLOCKS, ZONES, TIMES)
def test_a_time_is_never_in_the_future_and_never_long_ago(clock: str, zone: str, now: datetime):
    found = read(clock, zone, now)
    assert now - timedelta(hours=50) < found.at <= now + SKEW
    assert found.at.utcoffset() == timedelta(0)


@settings(deadline=None)
@given(CLOCKS, ZONES, TIMES)
def test_reading_back_in_the_zone_gives_the_typed_clock(clock: str, zone: str, now: datetime):
    found = read(clock, zone, now)
    local = f"{found.at.astimezone(ZoneInfo(zone)):%H:%M}"
    assert local == clock or "never came" in found.said


@settings(deadline=None)
@given(st.timedeltas(timedelta(0), timedelta(days=30)), ZONES, TIMES)
def test_the_iso_form_of_a_moment_means_the_same_moment(ago: timedelta, zone: str, now: datetime):
    at = now - ago
    for text in (
        at.isoformat(),
        at.isoformat(sep=" "),
        at.astimezone(ZoneInfo(BERLIN)).isoformat(),
    ):
        assert read(text, zone, now).at == at


@settings(deadline=None)
@given(CLOCKS, st.integers(1, 28), near_a_change())
def test_a_local_date_and_time_are_read_back(clock: str, days: int, where: tuple[str, datetime]):
    zone, now = where
    info = ZoneInfo(zone)
    day = (now.astimezone(info) - timedelta(days=days)).date()
    found = read(f"{day} {clock}", zone, now)
    local = found.at.astimezone(info)
    assert f"{local:%Y-%m-%d %H:%M}" == f"{day} {clock}" or "never came" in found.said


@settings(deadline=None)
@given(st.integers(0, 700), st.integers(0, 59), st.integers(0, 59), ZONES, TIMES)
def test_relative_times_are_exact(hours: int, minutes: int, seconds: int, zone: str, now: datetime):
    ago = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    for text in (f"-{hours}h{minutes}m{seconds}s", f"{hours}h {minutes} min {seconds} sec ago"):
        assert read(text, zone, now).at == now - ago


@settings(deadline=None)
@given(TEXTS | st.text(max_size=40), ZONES | st.text(max_size=12), TIMES)
def test_no_text_and_no_zone_fails(text: str, zone: str, now: datetime):
    found = read_moment(text, zone=zone, now=now)
    if isinstance(found, Moment):
        assert now - OLDEST <= found.at <= now + SKEW
    assert found is None or isinstance(found, Moment | Refused)
