"""Foreign text: nothing hidden, nothing reordered, nothing on a second line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.text import inert, listed

ANYTHING = st.text(st.characters(), max_size=400)


@given(ANYTHING, st.integers(1, 300))
def test_nothing_hidden_survives(text: str, limit: int):
    shown = inert(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Co"} for c in shown)
    assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI"}
                   for c in shown)  # fmt: skip


@given(ANYTHING)
def test_making_text_inert_twice_changes_nothing(text: str):
    assert inert(inert(text, 200), 200) == inert(text, 200)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),  # right-to-left override
        ("one\ntwo\tthree", "one two three"),  # no second line, no fake field
        ("\x1b[31mred\x1b[0m", "red"),  # terminal colours
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("nul\x00", "nul[U+0000]"),
        ("e\u0301", "é"),  # composed
        ("\u2068isolated\u2069", "[U+2068]isolated[U+2069]"),
    ],
)
def test_controls_become_visible(raw: str, shown: str):
    assert inert(raw) == shown


def test_an_emoji_of_several_parts_stays_whole():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert inert(family) == family


def test_long_lists_say_what_they_cut():
    assert listed(("a", "b")) == "a and b"
    assert listed(tuple("abcdefg"), 3) == "a, b, c and 4 more"
    assert listed(()) == ""
