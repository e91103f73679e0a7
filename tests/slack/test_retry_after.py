"""Retry-After comes from anywhere and may say anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.slack.retry_after import seconds_of
from tests.slack.clocks import NOON


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),  # slack_sdk's own handler raises ValueError on it
        ("0", 1.0),
        ("-5", 1.0),
        ("", 10.0),
        (None, 10.0),
        ("soon", 10.0),
        ("nan", 10.0),
        ("inf", 3600.0),
        ("1e99", 3600.0),
        ("999999999", 3600.0),
        ("Tue, 03 Nov 2026 12:00:20 GMT", 20.0),
        ("Tue, 03 Nov 1970 12:00:20 GMT", 1.0),
        ("Tue, 03 Nov 2026 12:00:20", 10.0),  # without a zone it cannot be compared
    ],
)
def test_every_wait_is_between_a_second_and_an_hour(header: str | None, seconds: float) -> None:
    """Whole seconds is what Slack sends; proxies send the rest."""
    assert seconds_of(header, NOON) == seconds


@given(st.text(max_size=40))
def test_no_header_raises(header: str) -> None:
    """A limit is no place to fall over."""
    assert 1.0 <= seconds_of(header, NOON) <= 3600.0
