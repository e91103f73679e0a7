"""Typed times: the typist's own zone, the nearest past, both clock changes, midnight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsbot.core.when import Moment, Refused, has_clock, read_moment

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 23, 13, 22, 30, tzinfo=UTC)  # a Monday; 14:22:30 in Berlin


def read(text: str, *, zone: str = BERLIN, now: datetime = NOW) -> Moment:
    found = read_moment(text, zone=zone, now=now)
    assert isinstance(found, Moment), found
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("14:02", "2026-11-23 13:02"),
        ("9:05", "2026-11-23 08:05"),
        ("14:02:30", "2026-11-23 13:02:30"),
        ("2:02pm", "2026-11-23 13:02"),
        ("2:02 PM", "2026-11-23 13:02"),
        ("2 p.m.", "2026-11-23 13:00"),
        ("12am", "2026-11-22 23:00"),  # midnight, the past one
        ("12pm", "2026-11-23 11:00"),  # noon
        ("14h02", "2026-11-23 13:02"),
        ("00:00", "2026-11-22 23:00"),
        ("14:24", "2026-11-23 13:24"),  # clocks differ a little: still today
        ("14:25", "2026-11-22 13:25"),  # three minutes ahead: yesterday
        ("23:59", "2026-11-22 22:59"),
        ("14:02Z", "2026-11-22 14:02"),  # in UTC it is 13:22 now
        ("13:02Z", "2026-11-23 13:02"),
        ("13:02 utc", "2026-11-23 13:02"),
        ("13:02 GMT", "2026-11-23 13:02"),
        ("14:02+02:00", "2026-11-23 12:02"),
        ("18:02+0530", "2026-11-23 12:32"),
        ("14:02 +02:00", "2026-11-23 12:02"),
        ("14:02-05:00", "2026-11-22 19:02"),
        ("08:02 UTC-5", "2026-11-23 13:02"),
        ("-20m", "2026-11-23 13:02:30"),
        ("−20m", "2026-11-23 13:02:30"),  # a real minus sign
        ("–20m", "2026-11-23 13:02:30"),  # what phones make of it
        ("-1h30m", "2026-11-23 11:52:30"),
        ("-90s", "2026-11-23 13:21"),
        ("-2d", "2026-11-21 13:22:30"),
        ("20m ago", "2026-11-23 13:02:30"),
        ("20 minutes ago", "2026-11-23 13:02:30"),
        ("1h 30m ago", "2026-11-23 11:52:30"),
        ("2 hours ago", "2026-11-23 11:22:30"),
        ("now", "2026-11-23 13:22:30"),
        ("2026-11-23T12:02Z", "2026-11-23 12:02"),
        ("2026-11-23t12:02:03.5z", "2026-11-23 12:02:03.500000"),
        ("2026-11-23T14:02", "2026-11-23 13:02"),
        ("2026-11-23 14:02", "2026-11-23 13:02"),
        ("2026-11-20, 14:02 UTC", "2026-11-20 14:02"),
        ("yesterday 14:02", "2026-11-22 13:02"),
        ("yesterday at 2 pm UTC", "2026-11-22 14:00"),
        ("14:02 yesterday", "2026-11-22 13:02"),
        ("today 14:02", "2026-11-23 13:02"),
        ("mon 14:02", "2026-11-23 13:02"),  # today is Monday
        ("Monday 23:00", "2026-11-16 22:00"),  # not yet today
        ("tue 14:02", "2026-11-17 13:02"),
        ("Thursday, 14:02", "2026-11-19 13:02"),
    ],
)
def test_what_people_type(typed: str, at: str):
    assert read(typed).at == utc(at)


@pytest.mark.parametrize(
    "typed",
    ["", "14", "1402", "14h", "20m", "sev1", "25:02", "14:60", "13pm", "0pm", "14:2", "v2.14",
     "yesterday", "mon", "ago", "m ago", "-", "-m", "2026-02-30 14:02", "2026-11-23", "14:02 CET",
     "14:02+27:00", "2026-11-23 14:02-13:00", "14:02 -00:45", "14:02 +2",
     "14:02 yesterday ago", "yesterday 14:02 today", "٢:٠٢pm", "14:02:30:15", "5ſ ago", "\x00"],
)  # fmt: skip
def test_what_is_no_time(typed: str):
    assert read_moment(typed, zone=BERLIN, now=NOW) is None


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("2027-01-01 00:00", "in the future"),
        ("2026-11-23 14:25", "in the future"),
        ("today 18:00", "in the future"),
        ("tomorrow 14:02", "in the future"),
        ("9999-12-31 23:59-12:00", "in the future"),
        ("2026-10-01 14:02", "more than 31 days ago"),
        ("2026-10-20 14:02", "more than 31 days ago"),
        ("0001-01-01T00:00+14:00", "more than 31 days ago"),
        ("-32d", "more than 31 days ago"),
        ("-" + "999999d" * 4_000, "more than 31 days ago"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_with_a_cure(typed: str, why: str):
    found = read_moment(typed, zone=BERLIN, now=NOW)
    assert isinstance(found, Refused)
    assert why in found.sentence
    assert ": type a " in found.sentence
    assert "`-20m`" in found.sentence
    assert len(found.sentence) < 300


def test_a_month_is_reached_to_the_second():
    assert read("-31d").at == NOW - timedelta(days=31)
    assert isinstance(read_moment("-31d1s", zone=BERLIN, now=NOW), Refused)


def test_a_stretch_of_time_is_not_taken_for_a_zone():
    """`10:02-11:00` would be a time at UTC-11 to a machine, and is none to a person."""
    found = read_moment("10:02-11:00", zone=BERLIN, now=NOW)
    assert isinstance(found, Refused)
    assert found.unsure
    assert "`14:02 UTC-5`" in found.sentence
    assert read("10:02 UTC-11").at == utc("2026-11-22 21:02")


def test_it_says_how_it_understood():
    assert read("14:02").said == "14:02 in Europe/Berlin on Mon 23 Nov 2026 (13:02 UTC)"
    assert read("00:10").said == (
        "00:10 in Europe/Berlin on Mon 23 Nov 2026 (23:10 UTC on Sun 22 Nov 2026)"
    )
    assert read("14:02Z").said == "14:02 UTC on Sun 22 Nov 2026"
    assert read("14:02+02:00").said == "14:02 UTC+02:00 on Mon 23 Nov 2026 (12:02 UTC)"
    assert read("-1h30m").said == "1 h 30 min ago, 11:52:30 UTC on Mon 23 Nov 2026"


def test_the_zone_is_named_only_when_it_was_assumed():
    assert read("14:02").assumed_zone == BERLIN
    assert [read(text).assumed_zone for text in ("14:02Z", "-20m", "now")] == ["", "", ""]


@pytest.mark.parametrize(
    "zone",
    ["", "Mars/Olympus", "Europe", "../../etc/passwd", "/etc/localtime", "a" * 5_000, "\x00",
     "\ud800", "Europe/Berlin\u202e"],
)  # fmt: skip
def test_an_unknown_zone_is_read_as_utc_and_said_so(zone: str):
    found = read("14:02", zone=zone)
    assert (found.at, found.assumed_zone) == (utc("2026-11-22 14:02"), "UTC")
    assert "so it was read as UTC" in found.said
    assert "\u202e" not in found.said
    assert len(found.said) < 300


@pytest.mark.parametrize(
    ("now", "at", "told"),
    [
        # 25 October 2026: at 01:00 UTC Berlin goes back from 03:00 to 02:00.
        ("2026-10-25 08:00", "2026-10-25 01:30", "came twice that day: the later one"),
        ("2026-10-25 01:31", "2026-10-25 01:30", "came twice that day: the later one"),
        ("2026-10-25 01:20", "2026-10-25 00:30", "comes twice that day: the earlier one"),
        ("2026-10-25 00:31", "2026-10-25 00:30", "comes twice that day: the earlier one"),
        ("2026-10-25 00:10", "2026-10-24 00:30", ""),  # it has not come at all yet
    ],
)
def test_in_autumn_the_later_one_that_has_come_is_meant(now: str, at: str, told: str):
    found = read("02:30", now=utc(now))
    assert found.at == utc(at)
    assert ("that day" in found.said) == bool(told)
    assert told in found.said


@pytest.mark.parametrize(
    ("now", "at", "told"),
    [
        # 29 March 2026: at 01:00 UTC Berlin goes from 02:00 to 03:00.
        ("2026-03-29 08:00", "2026-03-29 01:00", "02:30 never came that day"),
        ("2026-03-29 01:00", "2026-03-29 01:00", "02:30 never came that day"),
        ("2026-03-29 00:50", "2026-03-28 01:30", ""),  # the jump is still to come
        ("2026-03-30 08:00", "2026-03-30 00:30", ""),
    ],
)
def test_in_spring_a_time_that_never_came_is_the_jump(now: str, at: str, told: str):
    found = read("02:30", now=utc(now))
    assert found.at == utc(at)
    assert ("never came" in found.said) == bool(told)
    assert told in found.said


def test_a_jump_is_found_where_it_is_odd():
    """Half an hour on Lord Howe Island, and a whole day in Samoa."""
    lord_howe = read("02:10", zone="Australia/Lord_Howe", now=utc("2026-10-03 20:00"))
    assert lord_howe.at == utc("2026-10-03 15:30")
    samoa = read("2011-12-30 12:00", zone="Pacific/Apia", now=utc("2011-12-31 12:00"))
    assert samoa.at == utc("2011-12-30 10:00")


def test_midnight_is_near_from_both_sides():
    before, after = utc("2026-11-23 22:59:30"), utc("2026-11-23 23:00:30")  # 23:59:30 and 00:00:30
    assert read("00:00", now=before).at == utc("2026-11-23 23:00")  # half a minute ahead
    assert read("00:10", now=before).at == utc("2026-11-22 23:10")
    assert read("23:59", now=after).at == utc("2026-11-23 22:59")
    assert read("00:00", now=after).at == utc("2026-11-23 23:00")
    assert read("yesterday 23:59", now=after).at == utc("2026-11-23 22:59")


def test_a_clock_is_told_from_other_numbers():
    assert all(has_clock(text) for text in ("14:02", "2pm", "14:02Z", "14h02", "@14:02"))
    assert not any(has_clock(text) for text in ("14", "@14", "v2.14", "-20m", "now", "30%"))
