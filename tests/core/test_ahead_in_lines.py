"""Where a day or a length stands in a sentence: taken out of it, or left in what is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from opsbot.core.loose import Kind, Parameter, PersonRef, Read, read_line
from opsbot.core.words import split

NOW = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)  # a Monday
UPDATE = (
    Parameter(name="text", kind=Kind.TEXT, required=True),
    Parameter(name="external", kind=Kind.TEXT),
    Parameter(name="next", kind=Kind.DURATION),
)
TASK = (
    Parameter(name="text", kind=Kind.TEXT),
    Parameter(name="owner", kind=Kind.PERSON),
    Parameter(name="due", kind=Kind.DATE),
)
FRIDAY = date(2026, 11, 27)


def read(line: str, parameters: tuple[Parameter, ...]) -> Read:
    return read_line(split(line), parameters, zone="UTC", now=NOW)


@pytest.mark.parametrize(
    ("typed", "text", "minutes"),
    [
        ('"rolled back" next 30m', "rolled back", 30),
        ('"rolled back" next in 30 min', "rolled back", 30),
        ("rolled back v2.14 next 1h", "rolled back v2.14", 60),
        ('"rolled back" 45m', "rolled back", 45),
        ("next=45m we rolled back", "we rolled back", 45),
        ('next 30m "rolled back"', "rolled back", 30),
        ("the pool is full for 30m", "the pool is full for 30m", None),
        ("30m outage of search", "30m outage of search", None),
        ("the next 30m are critical", "the next 30m are critical", None),
    ],
)
def test_a_length_counts_behind_next_or_beside_what_is_quoted(
    typed: str, text: str, minutes: int | None
) -> None:
    """Anywhere else it is a part of the sentence."""
    found = read(typed, UPDATE)
    assert found.problems == ()
    assert found.values["text"] == text
    assert found.values.get("next") == (timedelta(minutes=minutes) if minutes else None)


def test_what_was_left_in_the_text_is_said_with_how_to_mean_it() -> None:
    (said,) = read("the pool is full for 30m", UPDATE).said
    assert said == "`30m` was left in the text: say `next=30m` if it is more than that."


def test_two_quoted_stretches_are_one_for_us_and_one_for_customers() -> None:
    found = read('"rolling back" "we work on it" next 1h', UPDATE)
    assert (found.values["text"], found.values["external"]) == ("rolling back", "we work on it")


@pytest.mark.parametrize(
    ("typed", "text", "due"),
    [
        ('"add an alert" by friday', "add an alert", FRIDAY),
        ("add an alert by friday", "add an alert", FRIDAY),
        ("add an alert due 2026-12-01", "add an alert", date(2026, 12, 1)),
        ("add an alert in 3 days", "add an alert", date(2026, 11, 26)),
        ("add an alert tomorrow", "add an alert", date(2026, 11, 24)),
        ('"look at it" due=friday', "look at it", FRIDAY),
        ("look at what failed on friday", "look at what failed on friday", None),
        ("friday deploys need a rule", "friday deploys need a rule", None),
        ("check the backup of 2026-01-01", "check the backup of 2026-01-01", None),
    ],
)
def test_a_day_is_due_unless_the_sentence_needs_it(typed: str, text: str, due: date | None) -> None:
    found = read(typed, TASK)
    assert found.problems == ()
    assert (found.values["text"], found.values.get("due")) == (text, due)


def test_owner_and_day_stand_in_any_order() -> None:
    lines = ("add an alert <@U0ADA|ada> by friday", "add an alert by friday <@U0ADA|ada>",
             'by friday <@U0ADA|ada> "add an alert"')  # fmt: skip
    for line in lines:
        found = read(line, TASK)
        assert found.values == {
            "text": "add an alert", "owner": PersonRef(slack_id="U0ADA", name="ada"), "due": FRIDAY,
        }  # fmt: skip


def test_a_day_that_has_passed_is_refused_where_it_was_meant() -> None:
    (problem,) = read("add an alert due=2026-01-01", TASK).problems
    assert "has passed" in problem.sentence
