"""Values in words: three digits that count, in the unit people use."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.quantity import percent, quantity


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.31, "ratio", "31 %"),
        (0.0144, "ratio", "1.4 %"),
        (0.0002, "ratio", "0.02 %"),
        (0.0, "ratio", "0 %"),
        (0.0497, "s", "49.7 ms"),
        (2.003, "s", "2 s"),
        (412.0, "s", "412 s"),
        (251.5 * 2**20, "bytes", "252 MiB"),
        (1.5 * 2**30, "bytes", "1.5 GiB"),
        (12.34, "per_s", "12.3 /s"),
        (1234.0, "count", "1,234"),
        (3.0, "", "3"),
        (1e308, "s", "1e+308 s"),
        (math.nan, "ratio", "no value"),
        (-math.inf, "bytes", "no value"),
    ],
)
def test_a_value_is_said_in_its_unit(value: float, unit: str, words: str) -> None:
    assert quantity(value, unit) == words


@given(st.floats(), st.sampled_from(("ratio", "s", "bytes", "per_s", "count", "", "$")))
def test_any_number_is_a_few_characters(value: float, unit: str) -> None:
    """No axis label and no sentence grows with a hostile number."""
    assert 1 <= len(quantity(value, unit)) <= 22


@given(st.floats(0.0001, 1))
def test_a_share_in_words_is_near_the_share(share: float) -> None:
    assert float(percent(share).removesuffix(" %")) == pytest.approx(
        share * 100, rel=0.06, abs=0.006
    )
