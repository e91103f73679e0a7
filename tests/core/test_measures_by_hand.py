"""What a formula prints can be taken by hand: the printed times give the length beside them,
whatever parts of a second the times have."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Status
from opsbot.core.event import Transition
from opsbot.core.measures import OPEN, exactly, measures
from tests.documents.pen import PAGED_ROBIN, ROBIN, Pen

SECOND = 1 / 60  # of a minute, as the pen takes it
STAMP = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?)")
parts = st.integers(0, 10**8).map(lambda n: n / 10**6 * SECOND)  # up to 100 s, to the microsecond


def by_hand(formula: str) -> timedelta:
    """Every pair of times in a formula, subtracted and added up."""
    times = [datetime.fromisoformat(f"{day or '2026-11-22'} {time}")
             for day, time in STAMP.findall(formula)]  # fmt: skip
    pairs = zip(times[::2], times[1::2], strict=True)
    return sum((later - earlier for later, earlier in pairs), timedelta(0))


@given(page=parts, acknowledged=parts, over=parts, again=parts, end=parts)
def test_the_printed_times_give_the_printed_length(
    page: float, acknowledged: float, over: float, again: float, end: float
) -> None:
    pen = Pen()
    pen.page(page)
    pen.alert(Transition.ACKNOWLEDGED, page + acknowledged, by=PAGED_ROBIN)
    pen.status(Status.RESOLVED, page + over, "done", by=ROBIN, closure=Closure.FIXED)
    pen.status(Status.TRIAGE, page + over + again, "it fires again")
    pen.status(Status.RESOLVED, page + over + again + end, "done", by=ROBIN, closure=Closure.FIXED)
    told = measures(pen.entries)
    for name in ("time_to_acknowledge", OPEN):
        one = told[name]
        assert one.value == by_hand(one.formula)
        assert one.shown == exactly(by_hand(one.formula))


def test_who_acknowledged_within_the_second_of_the_page_was_not_before_it() -> None:
    """PagerDuty's log has whole seconds, and its webhook has parts of them."""
    pen = Pen()
    pen.page(0.9 * SECOND)
    pen.alert(Transition.ACKNOWLEDGED, 0, by=PAGED_ROBIN)
    acknowledged = measures(pen.entries)["time_to_acknowledge"]
    assert (acknowledged.shown, acknowledged.why_not) == ("0 s", "")


def test_a_second_before_is_out_of_order_all_the_same() -> None:
    pen = Pen()
    pen.page(2)
    pen.write(e.OnsetSet(at=pen.entries[0].occurred_at + timedelta(seconds=1)), 3, by=ROBIN)
    assert measures(pen.entries)["time_to_detect"].out_of_order
