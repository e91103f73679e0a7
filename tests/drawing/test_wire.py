"""The pipe: what goes in comes out, and nothing that goes in is larger than a frame."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.picture import Chart, Picture
from opsbot.core.series import LONGEST
from opsbot.drawing.wire import DRAW, LARGEST, framed, opened, packed, read_frame, unpacked
from tests.drawing.samples import HOSTILE, PAGE, TRACE, at, chart, series


def test_a_chart_comes_out_as_it_went_in() -> None:
    """Marks, limits, window and onset included."""
    assert unpacked(packed(PAGE)) == PAGE


def test_a_waterfall_comes_out_without_what_is_not_drawn() -> None:
    """Its id and link stay with the bot."""
    bare = replace(TRACE, waterfall=replace(TRACE.waterfall, trace_id="", link=""))
    assert unpacked(packed(TRACE)) == bare


@given(picture=HOSTILE)
def test_any_picture_can_be_packed_and_read_again(picture: Picture) -> None:
    """Packing what was unpacked gives the same bytes, so nothing is lost on the way."""
    body = packed(picture)
    assert packed(unpacked(body)) == body


def test_however_long_words_and_series_are_the_frame_is_not() -> None:
    """Words are cut far beyond what fits an image, points and lines to what can be drawn."""
    word = "\U0001f600" * 1_000_000
    lines = [
        series(*((n / 100, 1 / 3) for n in range(9_000)), service=word, name=f"{n % 3}{word}")
        for n in range(30)
    ]
    assert len(packed(chart(*lines))) < LARGEST
    wide = replace(TRACE.waterfall.spans[0], service=word, name=word, note=word)
    large = replace(TRACE, title=word, waterfall=replace(TRACE.waterfall, spans=(wide,) * 500))
    assert len(packed(large)) < LARGEST


def test_the_newest_points_of_a_long_series_are_kept() -> None:
    """What is going on now matters most."""
    picture = unpacked(packed(chart(series(*((n / 100, float(n)) for n in range(9_000))))))
    assert isinstance(picture, Chart)
    (line,) = picture.series
    assert len(line.points) == LONGEST
    assert line.points[-1] == (at(89.99), 8_999.0)


@pytest.mark.parametrize("body", [b"", b"7", b"[]", b"{}", b'{"title":1}', b"{", b'{"trace":[]}'])
def test_what_is_no_picture_is_a_value_error(body: bytes) -> None:
    """The child answers it like any picture that cannot be drawn."""
    with pytest.raises(ValueError, match="not a picture"):
        unpacked(body)


@given(junk=st.binary(max_size=40))
def test_junk_is_no_frame(junk: bytes) -> None:
    """Reading ends or says so; it neither waits nor takes more than a frame's worth."""
    try:
        frame = read_frame(io.BytesIO(junk))
    except ValueError:
        return
    assert frame is None or framed(*frame) == junk[: 5 + len(frame[1])]


def test_a_header_that_promises_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="not a frame"):
        opened((LARGEST + 1).to_bytes(4, "big") + DRAW)
