"""What is wrong with a line is said in a sentence that names it and says what to type."""

from __future__ import annotations

import pytest

from opsbot.core.loose import Parameter, PersonRef, Problem
from opsbot.core.when import Moment
from tests.core.loose_lines import (
    AT,
    CHANGE_SEVERITY,
    CHANGE_STATUS,
    CLOSURE,
    DECLARE,
    ENTRY,
    EVIDENCE,
    INCIDENT,
    LEAD,
    NOTE,
    PEOPLE,
    PRIVATE,
    REDACT,
    RESOLVE,
    SERVICE,
    SEVERITY,
    STATUS,
    TAKE_LEAD,
    TITLE,
    field,
    read,
    sentences,
    told,
)


def problem(line: str, parameters: tuple[Parameter, ...]) -> Problem:
    """The one thing that is wrong with a line."""
    (found,) = read(line, parameters).problems
    return found


@pytest.mark.parametrize(
    ("parameters", "line", "sentence"),
    [
        (CHANGE_SEVERITY, "", "Severity is missing: type it, such as `sev2`."),
        (CHANGE_SEVERITY, "svr2", "Severity is missing: type it, such as `sev2`."),
        (DECLARE, "sev1", 'Title is missing: type it, such as `"title in your words"`.'),
        (DECLARE, "sev2 checkout-api",
         'Title is missing: type it, such as `"title in your words"`.'),
        (NOTE, "14:02", 'Text is missing: type it, such as `"text in your words"`.'),
        (REDACT, "#12", 'Reason is missing: type it, such as `"reason in your words"`.'),
        (REDACT, "a password", "Entry is missing: type it, such as `#12`."),
    ],
)  # fmt: skip
def test_a_required_value_that_is_missing(
    parameters: tuple[Parameter, ...], line: str, sentence: str
):
    found = problem(line, parameters)
    assert (found.sentence, found.missing) == (sentence, True)


def test_a_missing_value_may_have_been_mistyped():
    required = (Parameter(name="status", kind=STATUS.kind, required=True, hint="See the card."),
                *CHANGE_STATUS[1:])  # fmt: skip
    assert sentences("monitorng fix is out", required) == [
        "Status is missing: type it, such as `monitoring`. Did you mean `monitoring`? See the card."
    ]


@pytest.mark.parametrize(
    ("parameters", "line", "both"),
    [
        (DECLARE, "sev1 login is down sev2", ("sev1", "sev2")),
        (DECLARE, "severity=1 login is down severity=2", ("severity=1", "severity=2")),
        (DECLARE, "@ann login is down @bob", ("@ann", "@bob")),
        (NOTE, "-20m rolled back -30m", ("-20m", "-30m")),
        (EVIDENCE, "checkout-api auth-api", ("checkout-api", "auth-api")),
        (CHANGE_STATUS, "resolved db is up, monitoring", ("resolved", "monitoring")),
    ],
)
def test_two_values_for_one_parameter_are_both_named(
    parameters: tuple[Parameter, ...], line: str, both: tuple[str, str]
):
    sentence = problem(line, parameters).sentence
    assert all(f"`{one}`" in sentence for one in both)
    assert "put quotes around what is only text" in sentence


def test_what_is_said_by_name_is_not_guessed_at_as_well():
    found = read("severity=2 sev1 turned out too high", DECLARE)
    assert not found.problems
    assert found.values == {"severity": "SEV2", "title": "sev1 turned out too high"}


def test_the_same_value_twice_is_no_problem():
    assert not read("sev1 login is down, SEV-1", DECLARE).problems


@pytest.mark.parametrize(
    ("parameters", "line", "parts"),
    [
        (EVIDENCE, "checkout-api please hurry",
         ("`please hurry` was not understood", "service (`service=...`), at (`14:02`)")),
        (EVIDENCE, "chekout-api", ("`chekout-api` was", "Did you mean `checkout-api`?")),
        (EVIDENCE, "auth", ("`auth` may be `auth-api`, `auth-web`: type more of the name",)),
        (EVIDENCE, '"checkout-api"', ('`"checkout-api"` was not understood',)),
        (EVIDENCE, "tomorrow 14:02", ("is in the future", "type a time that has passed")),
        (EVIDENCE, "from the", ("`from the` was not understood",)),
        (EVIDENCE, "not checkout-api", ("`not` was not understood",)),
        (TAKE_LEAD, "<!here>", ("`@here` was not understood", "`@name`")),
        (TAKE_LEAD, "<!subteam^S1|@ops>", ("`@ops` was not understood",)),
        (TAKE_LEAD, "ann", ("`ann` was not understood", "person (`@name`)")),
        ((CLOSURE, INCIDENT), "banana", ("It takes closure (`fixed`) and incident (`INC-42`).",)),
        ((), "anything", ("`anything` was not understood", "Nothing more can follow here")),
        (DECLARE, "sev9 login is down", ("`sev9` is no severity: type `sev1` (worst) to `sev5`",)),
        (DECLARE, "login is down sev0", ("`sev0` is no severity",)),
        (DECLARE, "severity=high login", ("`high` is not a severity", "such as `sev2`")),
        (DECLARE, "service=chekout-api down", ("Did you mean `checkout-api`?", "quotes")),
        (DECLARE, "data leaked --pirvate now",
         ("`--pirvate` is not known", "Did you mean `--private`?")),
        (DECLARE, "data —privat leaked", ("Did you mean `--private`?",)),
        (DECLARE, "2026-10-01 14:02 login fails", ("more than 31 days ago",)),
        (RESOLVE, "closure=fixd", ("`fixd` is not one of fixed, duplicate", "mean `fixed`?")),
        (CHANGE_STATUS, "status=statsu", ("`statsu` is not a status",)),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_named(
    parameters: tuple[Parameter, ...], line: str, parts: tuple[str, ...]
):
    sentence = problem(line, parameters).sentence
    assert all(part in sentence for part in parts), sentence


def test_foreign_text_in_a_sentence_ends_no_code_span():
    sentence = problem("`x` <https://evil.example|y>\u202e", EVIDENCE).sentence
    assert sentence.startswith("`'x' https://evil.example[U+202E]` was not understood")


@pytest.mark.parametrize(
    ("parameter", "typed", "value"),
    [
        (TITLE, ' "login   fails" ', "login fails"),
        (TITLE, "login\nfails &amp; 14:02", "login fails & 14:02"),
        (SEVERITY, "1", "SEV1"),
        (SEVERITY, "unset", "unset"),
        (STATUS, "mon", "monitoring"),
        (LEAD, "U7ABC", "U7ABC"),
        (LEAD, "<@U7|bob>", "U7"),
        (LEAD, "@bob", "@bob"),
        (LEAD, "me", "U1"),
        (PEOPLE, "U7, U8 @ann", ("U7", "U8", "@ann")),
        (SERVICE, "payments gateway", "Payments Gateway"),
        (SERVICE, "checkout", "checkout-api"),
        (AT, "yesterday 14:02", "13:02"),
        (INCIDENT, "42", 42),
        (INCIDENT, "INC-42", 42),
        (ENTRY, "12", 12),
        (PRIVATE, "yes", True),
        (PRIVATE, "private", True),
        (PRIVATE, "no", False),
        (CLOSURE, "false alarm", "false-alarm"),
        (CLOSURE, "self-recovered", "self-recovered"),  # the value itself, as forms send it
    ],
)
def test_a_field_of_a_form_reads_as_a_line_does(parameter: Parameter, typed: str, value: object):
    found = field(parameter, typed)
    assert not isinstance(found, Problem), found.sentence
    assert told(found) == value


@pytest.mark.parametrize(
    ("parameter", "typed", "part"),
    [
        (SEVERITY, "high", "`high` is not a severity"),
        (SEVERITY, "7", "`7` is no severity"),
        (STATUS, "monitorign", "Did you mean `monitoring`?"),
        (AT, "2027-01-01 14:02", "in the future"),
        (AT, "soon", "`soon` is not a time"),
        (SERVICE, "auth", "type more of the name"),
        (LEAD, "here", "`here` is not a person"),
        (PEOPLE, "@ann <!channel>", "`@channel` is not a person"),
        (INCIDENT, "0", "`0` is not an incident"),
        (ENTRY, "1234567890123", "is not an entry"),
        (PRIVATE, "perhaps", "`perhaps` is not yes or no"),
        (SEVERITY, "", "Severity is missing"),
        (TITLE, " \u00a0", "Title is missing"),
    ],
)
def test_a_field_that_makes_no_sense_says_so(parameter: Parameter, typed: str, part: str):
    found = field(parameter, typed)
    assert isinstance(found, Problem)
    assert found.parameter == parameter.name
    assert part in found.sentence


def test_values_carry_all_that_was_typed():
    assert field(LEAD, "<@U7|bob>") == PersonRef(slack_id="U7", name="bob")
    moment = field(AT, "14:02")
    assert isinstance(moment, Moment)
    assert moment.assumed_zone == "Europe/Berlin"
