"""Arguments are read as their kind says, refused where they could mean something else, and come
back from every text that carries them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.runbook import ParameterKind, RunParameter
from opsbot.core.runbook.arguments import (
    MOST_CHARACTERS,
    from_text,
    read_arguments,
    to_text,
    typed,
)
from opsbot.core.scrub import Scrubber
from tests.runbooks.made import SERVICES, read, runbook

SERVICE = {"service": "checkout-api"}


def refusal(name: str, text: str) -> str:
    """What is said of an argument, which is refused and is the only problem."""
    values, problems = read_arguments(runbook(), {**SERVICE, name: text}, SERVICES)
    (problem,) = problems
    assert problem.parameter == name
    assert not problem.missing
    assert name not in values or name == "sure"
    return problem.sentence


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", " back to v2 ", "back to v2"),
        ("version", "v2.14", "v2.14"),
        ("pods", "1", 1), ("pods", "50", 50), ("pods", "+8", 8), ("pods", "008", 8),
        ("share", "0", 0.0), ("share", ".25", 0.25), ("share", "1e-3", 0.001),
        ("sure", "YES", True), ("sure", "true", True), ("sure", "no", False),
        ("mode", "fast", "fast"), ("mode", "Fast", "fast"),
        ("service", "Checkout API", "checkout-api"),
        ("wait", "90s", 90), ("wait", "1h30m", 5400), ("wait", "2H", 7200), ("wait", "1h 5m", 3900),
    ],
)  # fmt: skip
def test_every_kind_is_read(name: str, text: str, value: object) -> None:
    """Bounds themselves are inside."""
    found = read({**SERVICE, name: text})[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("pods", "0", "type 1 to 50"), ("pods", "51", "cannot be 51"), ("pods", "-3", "cannot be"),
        ("pods", "2.5", "whole number"), ("pods", "1_0", "whole number"), ("pods", "٣", "number"),
        ("pods", "9" * 199, "whole number"), ("pods", "0x10", "whole number"),
        ("share", "nan", "not a number"), ("share", "inf", "not a number"),
        ("share", "-inf", "not a number"), ("share", "1e999", "not a number"),
        ("share", "1.0000001", "cannot be 1.0000001"), ("share", "-0.001", "type 0 to 1"),
        ("sure", "maybe", "yes or no"), ("sure", "1", "yes or no"),
        ("mode", "fsat", "Did you mean `fast`?"), ("mode", "", ""),
        ("service", "chekout-api", "Did you mean `checkout-api`?"),
        ("service", "../checkout-api", "not a service of the catalogue"),
        ("wait", "30", "not a length of time"), ("wait", "0s", "not a length of time"),
        ("wait", "59s", "type 1m to 2h"), ("wait", "2h1s", "cannot be 2h1s"),
        ("wait", "P1D", "not a length of time"), ("wait", "999999d", "cannot be"),
        ("version", "2.14", "matches"), ("version", "v2.14 ; rm", "cannot be"),
        ("version", "v2.", "cannot be"),
    ],
)  # fmt: skip
def test_what_is_no_such_value_is_refused_with_what_to_type(
    name: str, text: str, told: str
) -> None:
    """One step past each bound too."""
    if not text:
        assert name not in read({**SERVICE, name: text})
        return
    assert told in refusal(name, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\nb", "a line break"), ("a\rb", "a line break"), ("a\n", "a line break"),
        ("a\0b", "a NUL character"), ("a\tb", "U+0009"), ("a\x1b[31mb", "U+001B"),
        ("a\u202eb", "U+202E"), ("a\u200bb", "U+200B"), ("a\u00a0b", "U+00A0"),
        ("a\u2028b", "U+2028"), ("a\ufe0fb", "U+FE0F"), ("a\ud800b", "U+D800"),
        ("-rf", "begins with `-`"), ("--force", "begins with `-`"), (" -x", "begins with `-`"),
        ("../../etc/passwd", "leads out of a path"), ("a/../b", "leads out"), ("..", "leads out"),
        ("a\\..\\b", "leads out"), ("x" * 201, "type at most 200"),
        ("x" * 1_000_000, "has 1,000,000 characters"),
    ],
)  # fmt: skip
def test_a_text_that_could_mean_more_than_it_shows_is_refused(text: str, told: str) -> None:
    """Never mended in silence; the sentence is short, whatever was typed."""
    sentence = refusal("text", text)
    assert told in sentence
    assert len(sentence) < 300


def test_a_pattern_may_allow_what_is_refused_otherwise() -> None:
    """It says what the text may be, so a dash in front is meant."""
    flag = RunParameter(name="flag", kind=ParameterKind.STRING, pattern="--?[a-z]+")
    book = runbook(parameters=(flag,))
    assert read({"flag": "--force"}, book) == {"flag": "--force"}
    _, problems = read_arguments(book, {"flag": "--force=\n"}, ())
    assert "a line break" in problems[0].sentence


def test_shell_and_template_text_is_only_text() -> None:
    for text in ("$(rm -rf /)", "`id`", "{{ 7*7 }}", "${service}", "a; b && c", "'\"", "%s %(x)s"):
        assert read({**SERVICE, "text": text})["text"] == text


def test_a_secret_is_never_taken_as_an_argument() -> None:
    """Nor repeated: whoever reads the answer must not see it."""
    secret = "xoxb-123456789012-abcdefABCDEF"
    scrubber = Scrubber(known=("hunter2hunter2",))
    for text in (secret, "hunter2hunter2"):
        _, problems = read_arguments(
            runbook(), {**SERVICE, "text": text}, SERVICES, lambda said: scrubber.clean(said)[0]
        )
        assert [problem.parameter for problem in problems] == ["text"]
        assert "looks like a secret" in problems[0].sentence
        assert text not in problems[0].sentence


def test_what_is_missing_is_told_apart_from_what_is_wrong() -> None:
    """A form can ask for the one, and has to correct the other."""
    values, (problem,) = read_arguments(runbook(), {"text": " "}, SERVICES)
    assert problem.missing
    assert problem.parameter == "service"
    assert "`service=...`" in problem.sentence
    assert values == {"sure": False}


def test_the_default_of_a_service_is_looked_up_like_a_typed_one() -> None:
    """The catalogue may have lost it since the file was written."""
    gone = RunParameter(name="service", kind=ParameterKind.SERVICE, default="gone-api")
    for services, count in ((("gone-api",), 0), (SERVICES, 1)):
        values, problems = read_arguments(runbook(parameters=(gone,)), {}, services)
        assert len(problems) == count
        assert ("service" in values) is not bool(count)


def test_unknown_names_are_told_with_the_nearest_and_never_by_the_thousand() -> None:
    _, problems = read_arguments(runbook(), {**SERVICE, "pos": "3"}, SERVICES)
    assert "Did you mean `pods`?" in problems[0].sentence
    many = {f"x{number}": "1" for number in range(1_000)}
    assert len(read_arguments(runbook(), {**SERVICE, **many}, SERVICES)[1]) == 5


def test_all_arguments_together_fit_into_a_button() -> None:
    """Slack's value of a button is bounded, and every argument travels in it."""
    texts = tuple(RunParameter(name=f"t{n}", kind=ParameterKind.STRING) for n in range(8))
    book = runbook(parameters=texts)
    fits = {f"t{n}": "é" * 100 for n in range(8)}
    assert len(to_text(typed(book, read(fits, book)))) <= MOST_CHARACTERS
    _, problems = read_arguments(book, dict.fromkeys(fits, "x" * 200), ())
    assert "shorten the longest" in problems[0].sentence


@given(
    text=st.text(max_size=60), pods=st.integers(1, 50), wait=st.integers(60, 7200),
    share=st.floats(0, 1), sure=st.booleans(),
)  # fmt: skip
def test_every_value_comes_back_from_what_a_button_carries(
    text: str, pods: int, wait: int, share: float, sure: bool
) -> None:
    """Whatever was accepted is accepted again, and is the same."""
    given = {**SERVICE, "text": text, "pods": str(pods), "wait": f"{wait}s", "share": f"{share:f}",
             "sure": "yes" if sure else "no"}  # fmt: skip
    values, problems = read_arguments(runbook(), given, SERVICES)
    if problems:
        assert {problem.parameter for problem in problems} == {"text"}
        return
    carried = from_text(to_text(typed(runbook(), values)))
    assert read(carried) == values


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"a": 1}', "[" * 100_000])
def test_a_text_that_is_not_ours_carries_nothing(text: str) -> None:
    assert from_text(text) == {}


@given(text=st.text(max_size=400))
def test_nothing_typed_raises_and_what_is_taken_is_what_was_typed(text: str) -> None:
    """For every kind; a taken string differs from what was typed in outer spaces only."""
    for name in ("text", "version", "pods", "share", "sure", "mode", "service", "wait"):
        values, _ = read_arguments(runbook(), {**SERVICE, name: text}, SERVICES)
        if name == "text" and "text" in values:
            assert values["text"] == text.strip(" ")
            assert json.loads(json.dumps(values["text"])) == values["text"]
