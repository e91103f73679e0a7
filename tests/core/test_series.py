"""Exhibits: kept as blobs and read again, and where a series says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.evidence import Window
from opsbot.core.series import (
    LONGEST,
    MOST_SPANS,
    Exhibit,
    Series,
    Waterfall,
    holes,
    lasts,
    pack,
    runs,
    unpack,
)
from tests.drawing.samples import HOSTILE_SERIES, HOSTILE_TRACES, PAGE, TRACE, WINDOW, at, series


@pytest.mark.parametrize("exhibit", [*PAGE.series, TRACE.waterfall], ids=range(3))
def test_an_exhibit_comes_back_from_its_blob(exhibit: Exhibit) -> None:
    """Points, limits, calls and what was left out."""
    assert unpack(pack(exhibit)) == exhibit


@given(st.one_of(HOSTILE_SERIES, HOSTILE_TRACES.map(lambda one: one.waterfall)))
def test_a_blob_of_a_blob_is_the_same(exhibit: Exhibit) -> None:
    """The same exhibit gives the same bytes, NaN and infinities included."""
    packed = pack(exhibit)
    assert pack(unpack(packed)) == packed


@given(st.one_of(st.binary(max_size=60), st.sampled_from((b'{"series":1}', b"[1]", b'"series"'))))
def test_what_is_no_blob_of_ours_is_a_value_error(junk: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own and ours alike
        unpack(junk)


def test_a_blob_is_bounded() -> None:
    """The newest points are kept, and calls beyond the bound are counted."""
    long = unpack(pack(series(*((n, 1.0) for n in range(LONGEST + 5)))))
    assert not isinstance(long, Waterfall)
    assert len(long.points) == LONGEST
    assert long.points[-1][0] == at(LONGEST + 4)
    span = TRACE.waterfall.spans[0]
    wide = Waterfall(trace_id="a", at=at(0), spans=(span,) * (MOST_SPANS + 7), left_out=3)
    kept = unpack(pack(wide))
    assert isinstance(kept, Waterfall)
    assert (len(kept.spans), kept.left_out) == (MOST_SPANS, 10)


def test_points_belong_together_until_some_are_missing() -> None:
    """Two usual steps may pass without a point, three may not; NaN is no point."""
    one = series((0, 1), (1, 1), (2, float("nan")), (3, 1), (4, 1), (7, 1), (8, 1))
    assert [len(run) for run in runs(one.points)] == [4, 2]


def test_holes_are_told_at_both_ends_and_in_between() -> None:
    one = series(*((float(n), 1.0) for n in range(5, 21) if n not in (10, 11, 12)))
    assert holes(one.points, WINDOW) == (
        Window(start=at(0), end=at(5)),
        Window(start=at(9), end=at(13)),
        Window(start=at(20), end=at(30)),
    )


def test_a_series_that_fills_its_window_has_no_hole_and_an_empty_one_is_a_hole() -> None:
    assert holes(PAGE.series[0].points, WINDOW) == ()
    assert holes((), WINDOW) == (WINDOW,)


@given(HOSTILE_SERIES)
def test_holes_lie_between_points_whatever_the_points(one: Series) -> None:
    """None is empty, none holds a point inside."""
    points = one.points
    known = {moment for run in runs(points) for moment, _ in run}
    for gap in holes(points, WINDOW):
        assert gap.start < gap.end
        assert not [moment for moment in known if gap.start < moment < gap.end]


def test_a_request_lasts_until_its_last_call_ends() -> None:
    assert lasts(TRACE.waterfall) == pytest.approx(2.1)
    assert lasts(Waterfall(trace_id="", at=at(0), spans=())) == 0.0
