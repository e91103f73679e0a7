"""Many incidents together: median and 90th percentile, with what was left out said."""

from __future__ import annotations

from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Mode, Status
from opsbot.core.measures import Measures, measures
from opsbot.core.measures_summary import Figure, aggregate
from tests.documents import records
from tests.documents.pen import ROBIN, Pen, at


def lasting(minutes: float, *, mode: Mode = Mode.LIVE) -> Measures:
    """Measures of an incident that was resolved this long after its start."""
    pen = Pen()
    pen.page(0, mode=mode)
    pen.write(e.OnsetSet(at=at(0)), 0, by=ROBIN)
    pen.status(Status.RESOLVED, minutes, "done", by=ROBIN, closure=Closure.FIXED)
    return measures(pen.entries)


def resolve(many: list[Measures]) -> Figure:
    return next(f for f in aggregate(many).figures if f.name == "time_to_resolve")


def test_median_and_ninetieth_percentile_of_ten() -> None:
    """Of 1, 2, ... 10 minutes: the median lies between 5 and 6, nine are at most 9."""
    figure = resolve([lasting(minutes) for minutes in range(1, 11)])
    assert (figure.samples, figure.missing) == (10, 0)
    assert figure.median == timedelta(minutes=5, seconds=30)
    assert figure.p90 == timedelta(minutes=9)


def test_of_an_odd_number_the_median_is_one_of_them() -> None:
    assert resolve([lasting(m) for m in (1, 100, 7)]).median == timedelta(minutes=7)


def test_one_sample_is_its_own_median_and_percentile() -> None:
    figure = resolve([lasting(5)])
    assert figure.median == figure.p90 == timedelta(minutes=5)


def test_drills_and_what_was_no_incident_are_counted_apart_with_their_reason() -> None:
    many = [
        lasting(10), lasting(1000, mode=Mode.SHADOW), measures(records.cancelled().entries),
        lasting(1000, mode=Mode.SHADOW),
    ]  # fmt: skip
    summary = aggregate(many)
    assert summary.incidents == 1
    assert summary.excluded == (("cancelled", 1), ("shadow mode", 2))
    assert resolve(many).median == timedelta(minutes=10)


def test_times_that_are_missing_or_out_of_order_are_counted_and_not_guessed() -> None:
    backwards = Pen()
    backwards.page(0)
    backwards.write(e.OnsetSet(at=at(90)), 1, by=ROBIN)
    backwards.status(Status.RESOLVED, 10, "done", by=ROBIN, closure=Closure.FIXED)
    still_open = Pen()
    still_open.page(0)
    many = [lasting(4), measures(backwards.entries), measures(still_open.entries)]
    figure = resolve(many)
    assert (figure.samples, figure.missing, figure.out_of_order) == (1, 1, 1)


def test_of_no_incident_there_is_no_figure() -> None:
    assert aggregate([]).figures == ()
