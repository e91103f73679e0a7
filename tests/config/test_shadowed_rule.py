"""Rules that never decide are told apart from rules that merely decide rarely."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.config.shadowed_rule import covers, shadowed
from opsbot.core.entry import Placement
from opsbot.core.hours import WEEKDAYS, Hours
from opsbot.core.routing import Page, Rule, route


def rule(name: str = "", **conditions: Any) -> Rule:
    return Rule(name=name, then=Placement.ROOM, **conditions)


DAY, NIGHT = Hours(start=time(9), end=time(18)), Hours(start=time(22), end=time(6))


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        (rule(), rule(urgency="high"), True),
        (rule(urgency="high"), rule(), False),
        (rule(urgency="high"), rule(urgency="low"), False),
        (rule(services=("a", "b")), rule(services=("a",)), True),
        (rule(services=("a",)), rule(services=("a", "b")), False),
        (rule(teams=("Shop",)), rule(teams=("shop",)), True),
        (rule(known_service=True), rule(services=("a",)), True),
        (rule(known_service=False), rule(services=("a",)), False),
        (rule(priorities=("P1",)), rule(priorities=("P1", "P2")), False),
        (rule(days=("sat", "sun")), rule(days=("sun",)), True),
        (rule(days=("sun",)), rule(days=("sat", "sun")), False),
        (rule(days=("sun",)), rule(), False),
        (rule(hours=DAY), rule(hours=Hours(start=time(10), end=time(12))), True),
        (rule(hours=NIGHT), rule(hours=Hours(start=time(23), end=time(1))), True),
        (rule(hours=NIGHT), rule(hours=DAY), False),
        (rule(still_open_after=timedelta(minutes=1)), rule(), False),
        (
            rule(still_open_after=timedelta(minutes=1)),
            rule(still_open_after=timedelta(minutes=5)),
            True,
        ),
    ],
)
def test_a_rule_is_covered_when_its_conditions_imply_the_earlier_ones(
    earlier: Rule, later: Rule, covered: bool
) -> None:
    assert covers(earlier, later) is covered


def test_each_covered_rule_is_reported_once_with_the_first_that_takes_its_pages() -> None:
    rules = (rule("a", urgency="high"), rule("b"), rule("c", urgency="high"), rule("d"))
    assert list(shadowed(rules)) == [(2, 0), (3, 1)]


def some(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), max_size=2, unique=True).map(tuple)


CLOCK = st.times().map(lambda at: at.replace(second=0, microsecond=0))
HOURS = st.tuples(CLOCK, CLOCK).filter(lambda pair: pair[0] != pair[1])
RULES = st.builds(
    Rule,
    name=st.just("rule"),
    then=st.just(Placement.ROOM),
    urgency=st.sampled_from(["", "high", "low"]),
    priorities=some("P1", "P2"),
    services=some("a", "b"),
    teams=some("Shop", "shop", "edge"),
    known_service=st.sampled_from([None, True, False]),
    hours=st.none() | HOURS.map(lambda pair: Hours(start=pair[0], end=pair[1])),
    days=some(*WEEKDAYS),
    still_open_after=st.sampled_from([None, timedelta(minutes=1), timedelta(minutes=5)]),
)
NOW = st.integers(0, 60 * 24 * 14).map(
    lambda minutes: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=300, deadline=None)
@given(RULES, RULES, NOW, st.data())
def test_a_covered_rule_never_decides_a_page(
    earlier: Rule, later: Rule, now: datetime, data: st.DataObject
) -> None:
    """Whatever page comes, routing itself agrees with what `covers` claims."""
    if not covers(earlier, later):
        return
    known = data.draw(st.sampled_from(["", "a", "b"]))
    page = Page(
        urgency=data.draw(st.sampled_from(["high", "low", later.urgency])),
        priority=data.draw(st.sampled_from(["", "P1", *later.priorities])),
        service=known,
        service_name=known,
        team_channel="C0123ABCDEF",
        teams=data.draw(some("Shop", "edge", *later.teams)),
        triggered_at=now - data.draw(st.sampled_from([timedelta(0), timedelta(minutes=9)])),
    )
    named = (replace(earlier, name="earlier"), replace(later, name="later"))
    assert route(page, named, now).rule != "later"
