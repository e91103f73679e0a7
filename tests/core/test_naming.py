"""Channel names stay legal for any title, prefix and number, and the number is never cut."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.naming import NAME_LIMIT, channel_name

LEGAL = re.compile(r"[a-z0-9][a-z0-9_-]*[a-z0-9]")


@given(st.text(max_size=500), st.integers(1, 10**12), st.integers(0, 9), st.booleans())
def test_any_title_gives_a_legal_name(title: str, number: int, attempt: int, private: bool):
    name = channel_name(number, title, private=private, attempt=attempt)
    assert len(name) <= NAME_LIMIT
    assert LEGAL.fullmatch(name)
    assert name.startswith(f"inc-{number}")


@given(st.text(max_size=200), st.integers(1, 10**6))
def test_later_attempts_never_repeat_a_name(title: str, number: int):
    names = [channel_name(number, title, attempt=attempt) for attempt in range(5)]
    assert len(set(names)) == 5


@given(st.text(max_size=200), st.text(max_size=200), st.integers(1, 10**6))
def test_two_numbers_never_share_a_name(one: str, other: str, number: int):
    assert channel_name(number, one) != channel_name(number + 1, other)


def test_names_read_well():
    assert channel_name(42, "Checkout: error rate > 5 %") == "inc-42-checkout-error-rate-5"
    assert channel_name(43, "Überlastung in São Paulo") == "inc-43-uberlastung-in-sao-paulo"
    assert channel_name(44, "服务中断") == "inc-44-fuwuzhongduan"
    assert channel_name(45, "<!channel> *x* & <@U1> \u202e") == "inc-45-channel-x-u1"
    assert channel_name(46, "\u202e\U0001f600" * 3)[:6] == "inc-46"


def test_a_private_incident_never_shows_its_title():
    assert channel_name(7, "secret merger", private=True) == "inc-7-private"
