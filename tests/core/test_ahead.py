"""Days and lengths of time that lie ahead, as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.ahead import FURTHEST, LONGEST, read_day, read_length, typed_length
from opsbot.core.when import Refused

# Monday 23 November 2026, 23:30 in London: Tuesday morning in Tokyo.
NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("today", date(2026, 11, 24)),
        ("Tomorrow", date(2026, 11, 25)),
        ("friday", date(2026, 11, 27)),
        ("fri", date(2026, 11, 27)),
        ("next friday", date(2026, 11, 27)),
        ("tuesday", date(2026, 11, 24)),  # it is one there
        ("next tuesday", date(2026, 12, 1)),
        ("monday", date(2026, 11, 30)),
        ("in 3 days", date(2026, 11, 27)),
        ("in a week", date(2026, 12, 1)),
        ("in 2w", date(2026, 12, 8)),
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-11-24", date(2026, 11, 24)),
        ("2028-02-29", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read_in_the_typists_own_zone(typed: str, meant: date) -> None:
    assert read_day(typed, zone="Asia/Tokyo", now=NOW) == meant


@pytest.mark.parametrize("typed", ["", "friday deploys", "14:02", "3", "3 days", "soon", "inn 3 d"])
def test_what_names_no_day_is_none(typed: str) -> None:
    assert read_day(typed, zone="UTC", now=NOW) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-11-22", "has passed"),
        ("2026-02-30", "no day of the calendar"),
        ("2036-12-01", "more than two years ahead"),
        ("in 999 days", "more than two years ahead"),
    ],
)
def test_a_day_that_cannot_be_meant_is_refused_with_what_to_type(typed: str, said: str) -> None:
    found = read_day(typed, zone="UTC", now=NOW)
    assert isinstance(found, Refused)
    assert said in found.sentence


def test_an_unknown_zone_is_read_as_utc() -> None:
    assert read_day("today", zone="Mars/Olympus", now=NOW) == date(2026, 11, 23)


@given(st.text(max_size=30), st.sampled_from(["UTC", "Asia/Tokyo", "America/St_Johns", ""]))
def test_no_text_breaks_it_and_no_day_lies_behind(typed: str, zone: str) -> None:
    found = read_day(typed, zone=zone, now=NOW)
    if isinstance(found, date):
        assert date(2026, 11, 23) <= found <= date(2026, 11, 24) + FURTHEST


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("30m", 30), ("30 min", 30), ("1h", 60), ("1h30m", 90), ("1 h 30 min", 90), ("2 hours", 120),
     ("1d", 1440), ("in 45 minutes", 45), ("90M", 90)],
)  # fmt: skip
def test_a_length_is_read_with_its_unit(typed: str, minutes: int) -> None:
    assert read_length(typed) == timedelta(minutes=minutes)


@pytest.mark.parametrize("typed", ["", "30", "m", "half an hour", "14:02", "30 mice", "-5m", "5s"])
def test_what_is_no_length_is_none(typed: str) -> None:
    assert read_length(typed) is None


@pytest.mark.parametrize("typed", ["0m", "32d", "999999d", "0h 0m"])
def test_a_length_out_of_bounds_is_refused(typed: str) -> None:
    found = read_length(typed)
    assert isinstance(found, Refused)
    assert "between one minute and a month" in found.sentence


@given(st.integers(min_value=1, max_value=int(LONGEST.total_seconds()) // 60))
def test_a_length_is_typed_as_it_is_read(minutes: int) -> None:
    length = timedelta(minutes=minutes)
    assert read_length(typed_length(length)) == length


@pytest.mark.parametrize(
    ("now", "zone", "friday"),
    [
        ("2026-11-27T09:59:59", "Pacific/Kiritimati", date(2026, 11, 27)),  # 23:59:59 on Friday
        ("2026-11-27T10:00:00", "Pacific/Kiritimati", date(2026, 12, 4)),  # Saturday there
        ("2026-11-28T04:59:59", "America/New_York", date(2026, 11, 27)),  # 23:59:59 on Friday
        ("2026-11-28T05:00:00", "America/New_York", date(2026, 12, 4)),
        ("2026-10-24T22:30:00", "Europe/Berlin", date(2026, 10, 30)),  # the clocks change that day
    ],
)
def test_friday_is_today_to_the_last_second_where_the_typist_sits(
    now: str, zone: str, friday: date
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert read_day("friday", zone=zone, now=at) == friday
