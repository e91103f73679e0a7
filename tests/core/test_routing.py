"""Routing: first matching rule wins, every answer has its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.entry import Placement
from opsbot.core.hours import Hours
from opsbot.core.routing import DEFAULT_RULES, Page, Rule, route

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday
PAGE = Page(
    urgency="high", priority="P2", service="checkout-api", service_name="Checkout",
    team_channel="C0TEAM", teams=("payments",), triggered_at=NOW,
)  # fmt: skip
ROOM, DIGEST, THREAD = Placement.ROOM, Placement.DIGEST, Placement.THREAD


def _decide(rule: Rule, now: datetime = NOW, zone: str = "UTC") -> str:
    return route(PAGE, (rule,), now, zone).rule


@pytest.mark.parametrize(
    ("conditions", "matches"),
    [
        ({}, True),
        ({"urgency": "high"}, True),
        ({"urgency": "low"}, False),
        ({"priorities": ("P1", "P2")}, True),
        ({"priorities": ("P1",)}, False),
        ({"services": ("checkout-api",)}, True),
        ({"services": ("auth-api",)}, False),
        ({"teams": ("Payments",)}, True),  # team names are compared without case
        ({"teams": ("identity",)}, False),
        ({"known_service": True}, True),
        ({"known_service": False}, False),
        ({"hours": Hours(start=time(9), end=time(17))}, True),
        ({"hours": Hours(start=time(22), end=time(6))}, False),  # over midnight
        ({"days": ("mon", "tue")}, True),
        ({"days": ("sat", "sun")}, False),
        ({"urgency": "high", "services": ("auth-api",)}, False),  # all must hold
    ],
)
def test_conditions(conditions: dict[str, object], matches: bool):
    rule = Rule(name="it", then=ROOM, **conditions)  # type: ignore[arg-type] # table of fields
    assert (_decide(rule) == "it") is matches


def test_hours_are_read_in_the_configured_zone():
    rule = Rule(name="night", hours=Hours(start=time(22), end=time(6)), then=DIGEST)
    assert _decide(rule, NOW, "Asia/Tokyo") == "night"  # 23:00 there
    assert _decide(rule, NOW, "UTC") == "(none)"


def test_a_thread_without_a_channel_falls_to_the_digest_and_says_so():
    page = replace(PAGE, team_channel="")
    decision = route(page, (Rule(name="team", then=THREAD),), NOW)
    assert decision.placement is DIGEST
    assert "no channel in the catalogue" in decision.reason


def test_a_young_alert_is_decided_by_later_rules_and_looked_at_again():
    wait = Rule(name="wait", still_open_after=timedelta(minutes=2), then=ROOM)
    decision = route(PAGE, (wait, *DEFAULT_RULES), NOW)
    assert (decision.rule, decision.again_at) == ("high urgency", NOW + timedelta(minutes=2))
    assert route(PAGE, (wait,), NOW + timedelta(minutes=2)).rule == "wait"


rows = st.builds(
    Rule, name=st.text(max_size=5), then=st.sampled_from(list(Placement)),
    urgency=st.sampled_from(["", "high", "low"]), known_service=st.sampled_from([None, True]),
    still_open_after=st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(hours=1))),
)  # fmt: skip


@given(st.lists(rows, max_size=6), st.datetimes(timezones=st.just(UTC)))
def test_every_page_gets_a_place_and_a_reason(rules: list[Rule], now: datetime):
    decision = route(PAGE, tuple(rules), now)
    assert decision.reason
    assert decision.again_at is None or decision.again_at > now
