"""What is on the images, looked at by their pixels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image, ImageChops

from opsbot.core.picture import Chart, Picture
from opsbot.core.series import Series, Span
from tests.drawing.conftest import Drawn
from tests.drawing.samples import EVIL, HOSTILE, PAGE, RISE, TRACE, at, chart, series

BLUE, VERMILION, GREEN = (0, 114, 178), (213, 94, 0), (0, 158, 115)


def columns(image: Image.Image, colour: tuple[int, int, int]) -> set[int]:
    """The columns of an image, a quarter as wide, in which a colour occurs, but for what the
    palette rounds."""
    small = image.resize((image.width // 4, image.height // 4), Image.Resampling.NEAREST)
    far = ImageChops.difference(small, Image.new("RGB", small.size, colour))
    pixels = far.tobytes()
    return {n // 3 % small.width for n in range(0, len(pixels), 3) if max(pixels[n : n + 3]) <= 24}


def bounded(image: Image.Image) -> bool:
    """2,000 pixels wide, and no higher than a thumb scrolls."""
    return image.width == 2_000 and 100 <= image.height <= 4_000


def test_a_page_chart_shows_line_onset_and_deploy(drawn: Drawn) -> None:
    """The house colours are on it, the deploy left of the onset, the line on both sides."""
    image = drawn(PAGE)
    assert bounded(image)
    onset, deploy, line = (columns(image, c) for c in (VERMILION, GREEN, BLUE))
    assert onset
    assert deploy
    assert max(deploy) < min(onset)
    assert min(line) < min(deploy)
    assert max(line) > max(onset)


def test_the_same_picture_gives_the_same_image(drawn: Drawn) -> None:
    """So a redrawn picture that shows nothing new need not be sent again."""
    assert drawn(PAGE).tobytes() == drawn(PAGE).tobytes()


def test_missing_points_are_a_gap_in_the_line(drawn: Drawn) -> None:
    """Lines are not joined across what nobody measured."""
    with_hole = replace(RISE, points=tuple(p for p in RISE.points if not at(5) < p[0] < at(12)))
    whole, broken = (columns(drawn(chart(one)), BLUE) for one in (RISE, with_hole))
    missing = whole - broken
    assert len(missing) > 50
    assert missing == {x for x in whole if min(missing) <= x <= max(missing)}


def test_a_failing_call_is_hatched_and_a_good_one_is_not(drawn: Drawn) -> None:
    """Of the same request without failures nothing is drawn in the colour of failures."""
    calm = tuple(replace(span, failed=False, unanswered=False) for span in TRACE.waterfall.spans)
    well = replace(TRACE, waterfall=replace(TRACE.waterfall, spans=calm))
    assert len(columns(drawn(TRACE), VERMILION)) > 100
    assert not columns(drawn(well), VERMILION)


def _many_points(number: int) -> Chart:
    return chart(series(*((m * 30 / number, float(m % 7)) for m in range(number))))


def _sixty_calls() -> Picture:
    span = Span(service=EVIL, name=EVIL, start=0.1, length=0.2, depth=3, failed=True, note=EVIL)
    return replace(TRACE, waterfall=replace(TRACE.waterfall, spans=(span,) * 200, left_out=7))


@pytest.mark.parametrize(
    "picture",
    [
        Chart(title="", series=()),
        chart(series()),
        chart(series((3, 0.5))),
        Chart(title="", series=(series((3, 0.5)),)),
        _many_points(2_000),
        _many_points(50_000),
        chart(*(series((1, n), (2, n), name=f"n{n}") for n in range(40))),
        chart(*(replace(RISE, service=f"s{n}") for n in range(40))),
        _sixty_calls(),
        replace(TRACE, waterfall=replace(TRACE.waterfall, spans=())),
    ],
    ids=range(10),
)
def test_any_number_of_points_series_and_calls_is_one_bounded_image(
    drawn: Drawn, picture: Picture
) -> None:
    """Nothing at all, one point and far too many: an image of bearable size."""
    assert bounded(drawn(picture))


@given(picture=HOSTILE)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_number_and_no_word_breaks_a_picture(drawn: Drawn, picture: Picture) -> None:
    """NaN, infinities, ends of the calendar, mathtext, controls and missing glyphs are drawn."""
    assert bounded(drawn(picture))


def test_a_dollar_sign_is_a_dollar_sign(drawn: Drawn) -> None:
    """Mathtext is off: broken formulas are words, and drawn as wide as they are."""
    words: Series = replace(RISE, service="$\\frac{")
    assert bounded(drawn(replace(chart(words), title="$\\nosuch{$")))
