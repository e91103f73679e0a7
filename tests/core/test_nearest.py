"""The nearest known word, and none for far ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.nearest import nearest

VERBS = ("declare", "list", "status", "note", "timeline", "severity", "lead", "evidence",
         "changes", "logs", "traces", "metrics", "resolve", "redact", "help", "ls")  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("statsu", "status"),  # two letters swapped
        ("STATUS", "status"),
        ("resovle", "resolve"),
        ("resolv", "resolve"),
        ("tmieline", "timeline"),
        ("severty", "severity"),
        ("evidance", "evidence"),
        ("deploy", None),
        ("evid", "evidence"),  # its beginning
        ("re", None),  # too short, and of two
        ("metrcis", "metrics"),
        ("lgos", "logs"),
        ("hepl", "help"),
        ("ks", None),  # one letter of two is not much
        ("banana", None),
        ("", None),
        ("s" * 5_000, None),
    ],
)
def test_a_mistyped_word_finds_its_verb(typed: str, meant: str | None):
    assert nearest(typed, VERBS) == meant


def test_more_errors_may_be_allowed_and_none_at_all():
    assert nearest("nxtex", VERBS) is None
    assert nearest("nxtex", VERBS, limit=2) == "note"
    assert nearest("notes", VERBS, limit=0) is None
    assert nearest("note", VERBS, limit=0) == "note"


def test_among_equals_the_same_first_letter_wins():
    assert nearest("cots", ("rots", "cogs", "dots")) == "cogs"


@given(st.text(max_size=30), st.lists(st.text(max_size=12), max_size=6))
def test_the_answer_is_one_of_the_known_or_none(typed: str, known: list[str]):
    assert nearest(typed, known) in {None, *known}


@given(st.sampled_from([verb for verb in VERBS if len(verb) > 3]), st.data())
def test_one_wrong_letter_is_always_forgiven(verb: str, data: st.DataObject):
    place = data.draw(st.integers(0, len(verb) - 1))
    typed = verb[:place] + "#" + verb[place + 1 :]
    assert nearest(typed, VERBS) == verb
