"""Ticks: round, few, inside the axis, and said in the axis' unit."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.evidence import Window
from opsbot.drawing.ticks import onset_ticks, time_ticks, value_ticks
from tests.drawing.samples import TIMES, WINDOW, at


@pytest.mark.parametrize(
    ("high", "unit", "labels"),
    [
        (0.0112, "ratio", ["0", "0.5 %", "1 %"]),
        (0.34, "ratio", ["0", "10 %", "20 %", "30 %"]),
        (0.9, "s", ["0", "200 ms", "400 ms", "600 ms", "800 ms"]),
        (580 * 2**20, "bytes", ["0", "128 MiB", "256 MiB", "384 MiB", "512 MiB"]),
        (1_150, "per_s", ["0", "500 /s", "1,000 /s"]),
        (4, "count", ["0", "1", "2", "3", "4"]),
    ],
)
def test_values_are_round_in_their_unit(high: float, unit: str, labels: list[str]) -> None:
    """Percent, milliseconds, powers of two for bytes."""
    assert [label for _, label in value_ticks(0, high, unit)] == labels


@given(
    low=st.floats(-1.2e15, 0),
    high=st.floats(0, 1.2e15),
    unit=st.sampled_from(("ratio", "s", "bytes", "per_s", "")),
)
def test_values_of_any_size_give_a_handful_of_ticks(low: float, high: float, unit: str) -> None:
    """Inside the axis, rising, and never many."""
    values = [value for value, _ in value_ticks(low, max(high, low + 1e-6), unit)]
    assert len(values) <= 7
    assert values == sorted(set(values))
    assert all(low - 1e-6 * abs(low) <= value for value in values)


def test_times_are_utc_and_the_distance_from_the_onset_is_signed() -> None:
    """Half an hour has five minutes between ticks; only the last one names the unit."""
    utc = [label for _, label in time_ticks(WINDOW)]
    assert utc == ["13:40", "13:45", "13:50", "13:55", "14:00", "14:05", "14:10"]
    away = [label for _, label in onset_ticks(WINDOW, at(18))]
    assert away == ["−15", "−10", "−5", "0", "+5", "+10 min"]


def test_long_charts_count_in_hours_and_days() -> None:
    day = Window(start=at(0), end=at(0) + timedelta(days=1))
    assert [label for _, label in onset_ticks(day, at(360))] == ["−6", "0", "+6", "+12", "+18 h"]
    month = Window(start=at(0), end=at(0) + timedelta(days=30))
    assert [label for _, label in time_ticks(month)][:2] == ["05 Mar", "12 Mar"]


@given(one=TIMES, other=TIMES, onset=TIMES)
def test_any_window_of_the_calendar_gives_a_handful_of_ticks(
    one: datetime, other: datetime, onset: datetime
) -> None:
    """From minutes to ten thousand years, whenever the onset was."""
    window = Window(start=min(one, other), end=max(one, other))
    if window.length < timedelta(minutes=2):
        return
    for ticks in (time_ticks(window), onset_ticks(window, onset)):
        assert len(ticks) <= 9
        assert all(window.start <= when <= window.end for when, _ in ticks)
