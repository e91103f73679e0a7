"""What was kept behind the charts: the chart takes the newest answer whole, the back-test all that
is as fine, and both stay right when the incident was long."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.picture import Chart
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.figures import pictures_of
from opsbot.core.postmortem.kept_series import kept_series, newest_exhibits
from opsbot.core.postmortem.material import Material, material
from opsbot.core.series import Series, holes, pack, runs
from tests.core.postmortem.test_proposal import RISE, background, memory
from tests.documents import records
from tests.documents.pen import at

SAME = memory(*((m / 4, 250.0 if -8 <= m < 100 else 200.0) for m in range(-60, 140)))
"""Every 15 s from 11:45 to 12:35, as RISE was; well again from 12:25 on."""
COARSE = memory(*((m * 2.0, 250.0 if -1 <= m < 150 else 200.0) for m in range(-7, 230)))
"""Every two minutes from 11:46 to 19:38; well again from 17:00 on."""


def about(*kept: Series) -> Material:
    """A record with one picture for each of these, drawn one after the other."""
    pen = records.rolled_back_and_verified()
    for number, _ in enumerate(kept):
        pen.write(
            e.Illustrated(slot="chart:page", blob=f"b{number}", file_id="F", title="INC-42",
                          alt="a chart"), 9 + number,
        )  # fmt: skip
    blobs = {f"b{number}": pack(one) for number, one in enumerate(kept)}
    return material(pen.incident, pen.entries, background(blobs=blobs))


def joined(given: Material) -> tuple[Series, tuple[int, ...]]:
    series, seqs = kept_series(given, "session-validation", "memory")
    assert series is not None
    return series, seqs


def test_a_series_that_goes_on_as_finely_is_one_series() -> None:
    series, seqs = joined(about(RISE, SAME))
    assert len(seqs) == 2
    assert len(runs(series.points)) == 1
    assert (series.points[0][0], series.points[-1][0]) == (at(-15), at(34.75))
    assert len(series.points) == 200


def test_a_much_coarser_one_is_left_to_the_chart() -> None:
    """In one line its samples would all look alone."""
    given = about(RISE, COARSE)
    series, seqs = joined(given)
    assert series.points == RISE.points
    assert len(seqs) == 1
    assert newest_exhibits(given) == [COARSE]


def test_a_stretch_that_was_asked_for_twice_is_as_dense_as_the_rest() -> None:
    """Moved by a few seconds, samples of two answers would make a later step look like a hole."""
    half = memory(*((m / 2 + 0.1, 250.0) for m in range(-29, 70)))
    series, _ = joined(about(RISE, half))
    assert len(runs(series.points)) == 1


def test_the_chart_goes_to_the_end_without_a_hole() -> None:
    for longer in (SAME, COARSE):
        (drawn,) = pictures_of(about(RISE, longer)).values()
        assert isinstance(drawn, Chart)
        assert drawn.window is not None
        (line,) = drawn.series
        assert line == longer
        assert not [one for one in holes(line.points, drawn.window) if one.start >= at(-15)]


def test_the_back_test_says_the_same_with_the_longer_series() -> None:
    """When it would have paged is told by the finer samples, however long the incident was."""
    for longer in ((), (SAME,), (COARSE,), (SAME, COARSE)):
        given = about(RISE, *longer)
        proposal = postmortem(given.incident, given.entries, given.background).proposal
        assert proposal is not None
        assert (proposal.backtest.fires_at, proposal.backtest.earlier_s) == (at(0), 492.0)


def test_an_answer_that_reaches_less_far_replaces_none() -> None:
    """A later look into the past leaves the chart as it is."""
    assert newest_exhibits(about(SAME, RISE)) == [SAME]
    assert newest_exhibits(about(RISE, RISE, SAME)) == [SAME]


def test_data_that_ends_before_the_end_is_said_and_one_that_does_not_is_not() -> None:
    short, whole = about(RISE), about(RISE, COARSE)
    told = [postmortem(x.incident, x.entries, x.background).figures[0].alt for x in (short, whole)]
    assert "The data kept for this chart ends at 12:08, so it does not show how" in told[0]
    assert "The data kept" not in told[1]
