"""Patterns of parameters agree with Python's own where both know them, and never take long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.runbook.pattern import PatternUnusable, compiled, matches

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[a-c-]", r"\d", r"\.", r"\-", "[^\\d]"])
COUNTS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{0,}"])
PATTERNS = st.recursive(
    st.tuples(ATOMS, COUNTS).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map("|".join).map(lambda either: f"({either})"),
        st.tuples(inner.map(lambda one: f"(?:{one})"), COUNTS).map("".join),
    ),
    max_leaves=5,
)


@given(pattern=PATTERNS, text=st.text(alphabet="abc.-1", max_size=8))
def test_it_matches_what_pythons_own_matches(pattern: str, text: str) -> None:
    """For the whole of the text, with ASCII classes."""
    wanted = re.fullmatch(pattern, text, re.ASCII | re.DOTALL) is not None
    assert matches(pattern, text) is wanted


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+", "a" * 1_000 + "b"),
        ("(a|aa)*c", "a" * 1_000),
        ("(.*)*(.*)*x", "y" * 1_000),
        ("a*a*a*a*a*a*b", "a" * 1_000),
        ("(a{0,30}){0,15}b", "a" * 1_000),
    ],
)
def test_no_pattern_takes_long_whatever_the_text(pattern: str, text: str) -> None:
    """Python's own matcher would take years over these."""
    started = time.process_time()
    assert not matches(pattern, text)
    assert time.process_time() - started < 2


def test_anchors_at_both_ends_say_what_holds_anyway() -> None:
    assert matches("^v[0-9]+$", "v12")
    assert not matches("^v[0-9]+$", "v12\n")
    assert matches("^a|b$", "b")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(?=a)", "cannot be used"),
        ("(?i)a", "cannot be used"),
        (r"(a)\1", r"`\1` cannot be used"),
        (r"\bword", "cannot be used"),
        ("a**", "two repetitions"),
        ("a+?", "two repetitions"),
        ("*a", "nothing to repeat"),
        ("(a", "never closed"),
        ("a)", "stands alone"),
        ("[a", "never closed"),
        ("[]", "allows nothing"),
        ("[z-a]", "backwards"),
        ("[[a]]", "inside"),
        ("a{3,2}", "more than it allows"),
        ("a{,3}", "no repetition"),
        ("a^b", "remove it"),
        ("(a{1000}){1000}", "too many characters"),
        ("(((){9999}){9999}){9999}", "too many characters"),
        ("(" * 40 + ")" * 40, "too deeply"),
        ("a" * 501, "shorten it"),
        ("a\\", "cannot be used"),
    ],
)
def test_what_is_none_of_ours_is_refused_with_the_cure(pattern: str, told: str) -> None:
    """At once, when the file is read."""
    with pytest.raises(PatternUnusable, match=re.escape(told)):
        compiled(pattern)
