"""Buckets stay below Slack's limits whatever the order of calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.slack.budget import Bucket, Budgets
from opsbot.slack.methods import METHODS


@given(
    method=st.sampled_from(sorted(METHODS)),
    gaps=st.lists(st.floats(min_value=0, max_value=20), max_size=300),
)
def test_no_minute_holds_more_calls_than_the_tier_allows(method: str, gaps: list[float]) -> None:
    """Slack counts per method in windows of a minute (page "Rate limits")."""
    (bucket,), now, taken = Budgets().buckets(method, "", 0.0), 0.0, list[float]()
    for gap in gaps:
        now = max(now + gap, bucket.ready_at(now + gap))
        bucket.take(now)
        taken.append(now)
    for at in taken:
        window = [one for one in taken if at <= one < at + 60]
        assert len(window) <= METHODS[method].per_minute


def test_a_channel_takes_three_posts_at_once_and_then_one_a_second() -> None:
    """By whatever route, a channel takes about a message a second (page "Rate limits")."""
    _, channel = Budgets().buckets("chat.postMessage", "C1", 0.0)
    for _ in range(3):
        assert channel.ready_at(0.0) == 0.0
        channel.take(0.0)
    assert channel.ready_at(0.0) == pytest.approx(1.0, abs=1e-3)


def test_only_posting_draws_on_a_channel_and_channels_are_apart() -> None:
    """chat.update is limited per workspace, not per channel."""
    budgets = Budgets()
    assert len(budgets.buckets("chat.update", "C1", 0.0)) == 1
    method, one = budgets.buckets("chat.postMessage", "C1", 0.0)
    same, other = budgets.buckets("chat.postMessage", "C2", 0.0)
    assert method is same
    assert one is not other


def test_a_frozen_bucket_gives_one_token_when_it_thaws() -> None:
    """A burst right after a limit would only be refused again."""
    bucket = Bucket(per_second=0.5, burst=4, now=0.0)
    bucket.freeze(0.0, 10)
    assert bucket.ready_at(3.0) == 10.0
    bucket.take(10.0)
    assert bucket.ready_at(10.0) == pytest.approx(12.0, abs=1e-3)


def test_a_shorter_freeze_does_not_end_a_longer_one() -> None:
    """Answers to calls in flight come in any order."""
    bucket = Bucket(per_second=1, burst=4, now=0.0)
    bucket.freeze(0.0, 10)
    bucket.freeze(1.0, 2)
    assert bucket.ready_at(1.0) == 10.0


def test_thousands_of_channels_do_not_pile_up() -> None:
    """A bucket that is full again holds nothing worth remembering."""
    budgets = Budgets()
    for number in range(5_000):
        _, bucket = budgets.buckets("chat.postMessage", f"C{number}", float(number * 10))
        bucket.take(float(number * 10))
    _, first = budgets.buckets("chat.postMessage", "C1", 60_000.0)
    assert first.is_full(60_000.0)
