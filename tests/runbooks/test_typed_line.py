"""The typed line: pairs in any order, one word alone, and the line that does the same again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.runbook.arguments import from_words, line_of, read_arguments, typed
from opsbot.core.words import split_exactly
from tests.runbooks.made import SERVICES, read, runbook


def words_of(line: str) -> tuple[dict[str, str], list[str]]:
    """What the words give, and what is said of the others."""
    given_, problems = from_words(runbook(), split_exactly(line))
    return given_, [problem.sentence for problem in problems]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("service=checkout-api", {"service": "checkout-api"}),
        ("checkout-api", {"service": "checkout-api"}),
        ("pods=3 checkout-api sure=yes", {"service": "checkout-api", "pods": "3", "sure": "yes"}),
        ("--sure checkout-api", {"service": "checkout-api", "sure": "yes"}),
        ("—service=checkout-api", {"service": "checkout-api"}),
        ('text="back to v2" checkout-api', {"service": "checkout-api", "text": "back to v2"}),
        ("Text=x SERVICE=a", {"text": "x", "service": "a"}),
        ("text=a=b checkout-api", {"service": "checkout-api", "text": "a=b"}),
        ('"a=b"', {"service": "a=b"}),
        ("pods=3 pods=3 x", {"pods": "3", "service": "x"}),
        ("text= x", {"text": "", "service": "x"}),
        ("", {}),
    ],
)
def test_pairs_and_one_word_alone_are_understood(line: str, found: dict[str, str]) -> None:
    """The word is the value of the one required parameter that has none."""
    assert words_of(line) == (found, [])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("service=a b", "`b` was not understood"),
        ("a b", "Put quotes around a value with spaces"),
        ("pods=3 pods=4 a", "Two values for `pods`"),
        ("--force service=a", "`--force` was not understood"),
    ],
)
def test_other_words_are_told_and_never_dropped(line: str, told: str) -> None:
    _, said = words_of(line)
    assert told in " ".join(said)


@given(text=st.text(min_size=1, max_size=40))
def test_the_line_that_does_the_same_gives_the_same_arguments(text: str) -> None:
    """Typed into Slack, which sends `&`, `<` and `>` as entities."""
    book = runbook()
    values, problems = read_arguments(book, {"service": "checkout-api", "text": text}, SERVICES)
    if problems:
        return
    line = line_of(book, values)
    if not line:
        return
    sent = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    command, run, name, *rest = split_exactly(sent)
    assert (command.text, run.text, name.text) == ("/incident", "run", "try-it")
    again, problems = from_words(book, rest)
    assert (again, problems) == (typed(book, values), ())


def test_a_line_reads_as_somebody_would_type_it() -> None:
    values = read({"service": "checkout-api", "wait": "90m", "text": "all of it", "sure": "yes"})
    assert line_of(runbook(), values, "/inc") == (
        '/inc run try-it service=checkout-api text="all of it" sure=yes wait=1h30m'
    )


def test_a_value_with_every_sort_of_quote_has_no_line() -> None:
    """Its button still carries it."""
    every = "a\" b' c” d» e’ f“ g"
    assert line_of(runbook(), read({"service": "checkout-api", "text": every})) == ""
