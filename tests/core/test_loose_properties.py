"""What holds for every line: nothing fails, nothing is lost, quotes protect, order is free."""

from __future__ import annotations

import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsbot.core.loose import Parameter, Problem, Read
from opsbot.core.text import inert
from opsbot.core.words import split
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
    LOGS,
    NOTE,
    PEOPLE,
    PRIVATE,
    REASON,
    REDACT,
    RESOLVE,
    SERVICE,
    SEVERITY,
    STATUS,
    TAKE_LEAD,
    TITLE,
    field,
    read,
    told,
)

VERBS = (DECLARE, NOTE, CHANGE_STATUS, CHANGE_SEVERITY, LOGS, EVIDENCE, TAKE_LEAD, RESOLVE, REDACT,
         (PEOPLE, REASON, TITLE), ())  # fmt: skip
ALL = (TITLE, SEVERITY, STATUS, SERVICE, LEAD, AT, INCIDENT, ENTRY, PRIVATE, CLOSURE, PEOPLE)
# Pieces of real lines, so that random ones come near to making sense.
WORDS = (
    "sev1", "sev", "1", "SEV-2,", "(s3)", "severity=", "severity:2", "sev9", "monitoring", "moni",
    "resolved.", "not", "status=503", "@ann", "<@U7|bob>", "'s", "me", "<!here>", "checkout-api",
    "checkout", "auth", "payments", "gateway", "service=", "14:02", "14:02Z", "-20m", "20m", "ago",
    "yesterday", "tomorrow", "now", "UTC", "at=", "at", "since", "from", "to", "for", "as", "is",
    "@", "until", "and", "INC-42", "#12", "12", "42", "entry", "<#C1|inc-42>", "--private",
    "—private", "--pirvate", "private:", "yes", "false", "alarm", "fixed", "closure=fixed",
    "title=", "title:", "reason=", '"', "'", "“", "”", "(", ")", ",", ".", "-", "–", "login",
    "fails", "in", "eu", "the", "a", "30", "%", "<https://x.example|y>", "&lt;", "2026-11-23",
    "2027-01-01", "\u202e", "\u00a0", "\n", "",
)  # fmt: skip
PIECES = st.sampled_from(WORDS)
# Without those that may make one word of several.
SINGLE = st.sampled_from([word for word in WORDS if not re.search("[\"'“”=:]", word)])
LINES = st.lists(PIECES, max_size=14).map(" ".join) | st.lists(PIECES, max_size=8).map("".join)
ANY_LINE = LINES | st.text(max_size=120)
PROSE = st.lists(
    st.sampled_from(["login", "fails", "eu", "pods", "restarted", "rolled", "back", "v2.14", "5xx",
                     "Überlast", "db's", "slow"]),
    min_size=1, max_size=5,
).map(" ".join)  # fmt: skip
# Several ways to say the same value.
WAYS = {
    "severity": ("sev2", "SEV-2", "s2", "sev 2", "severity=2", "severity: sev2", "(sev2)"),
    "lead": ("<@U7>", "lead=<@U7>", "lead: <@U7>"),
    "at": ("-20m", "20m ago", "20 minutes ago", "at=-20m", "13:02:30Z", "13:02:30 UTC"),
    "private": ("--private", "—private", "private:yes", "private=true"),
    "incident": ("INC-42", "inc42", "incident=42", "<#C9|inc-42-login>", "incident 42"),
}
WHOLE = (TITLE, SEVERITY, LEAD, AT, PRIVATE, INCIDENT)


def everything_said(found: Read) -> str:
    """All that comes back to the person, as one text."""
    texts = [value for value in found.values.values() if isinstance(value, str)]
    return " ".join([*texts, *(problem.sentence for problem in found.problems), *found.said])


@settings(deadline=None, max_examples=150)
@given(ANY_LINE, st.sampled_from(VERBS))
def test_no_line_fails_and_what_comes_back_is_inert(line: str, parameters: tuple[Parameter, ...]):
    found = read(line, parameters)
    known = {parameter.name for parameter in parameters}
    assert set(found.values) <= known
    assert {problem.parameter for problem in found.problems} <= known | {""}
    text = everything_said(found)
    assert text == inert(text, limit=len(text) + 1)


@settings(deadline=None)
@given(ANY_LINE, st.sampled_from(ALL))
def test_no_field_fails(text: str, parameter: Parameter):
    found = field(parameter, text)
    if isinstance(found, Problem):
        assert found.parameter == parameter.name
        assert found.sentence.endswith((".", "?"))


@settings(deadline=None)
@given(ANY_LINE, st.sampled_from(VERBS))
def test_a_line_is_complete_or_something_is_said(line: str, parameters: tuple[Parameter, ...]):
    """A required value is there, or there is a problem; never both silently absent."""
    found = read(line, parameters)
    required = {parameter.name for parameter in parameters if parameter.required}
    assert found.problems or required <= set(found.values)


@settings(deadline=None, max_examples=80)
@given(st.lists(SINGLE, max_size=12), st.integers(0, 12), st.integers(0, 12),
       st.sampled_from(VERBS))  # fmt: skip
def test_no_word_that_is_no_value_is_lost(
    pieces: list[str], one: int, other: int, parameters: tuple[Parameter, ...]
):
    """Strange words strewn into a line all come back: in the text, or in a problem."""
    pieces.insert(one, "zqabx")
    pieces.insert(other, "zqcdx")
    text = everything_said(read(" ".join(pieces), parameters))
    assert "zqabx" in text
    assert "zqcdx" in text


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.characters(exclude_characters="\"<>&\x1b“”„"), max_size=60) | LINES,
    st.sampled_from(["", "sev2 ", "sev2 @ann "]), st.sampled_from(["", " INC-42", " since 14:02"]),
)  # fmt: skip
def test_what_is_quoted_is_only_ever_text(text: str, before: str, after: str):
    """Whatever stands in quotes comes back to the letter, and the values are those outside."""
    text = re.sub(r"[\"<>&“”„]", "", text)
    assume(inert(text, 2_000))
    found = read(f'{before}"{text}"{after}', WHOLE)
    assert found.values["title"] == inert(text, limit=2_000)
    outside = read(f"{before}login{after}", WHOLE)
    assert {**found.values, "title": ""} == {**outside.values, "title": ""}


@settings(deadline=None, max_examples=80)
@given(PROSE, st.data())
def test_values_are_the_same_in_any_order_around_the_prose(prose: str, data: st.DataObject):
    names = data.draw(st.lists(st.sampled_from(sorted(WAYS)), unique=True, max_size=5))
    said = [data.draw(st.sampled_from(WAYS[name])) for name in names]
    cut = data.draw(st.integers(0, len(said)))
    line = " ".join([*said[:cut], prose, *said[cut:]])
    found = read(line, WHOLE)
    assert not found.problems
    expected: dict[str, object] = {"severity": "SEV2", "lead": "U7", "at": "13:02",
                                   "private": True, "incident": 42}  # fmt: skip
    assert {name: told(value) for name, value in found.values.items()} == {
        "title": prose, **{name: expected[name] for name in names}
    }  # fmt: skip


@settings(deadline=None)
@given(st.permutations([ways[0] for ways in WAYS.values()]))
def test_values_are_the_same_in_any_order_without_prose(said: list[str]):
    found = read(" ".join(said), WHOLE[1:])
    assert not found.problems
    assert set(found.values) == set(WAYS)


@settings(deadline=None)
@given(
    PROSE, PROSE, st.sampled_from(["14:02", "sev2", "INC-41", "@ann", "checkout-api", "resolved"])
)
def test_what_looks_like_a_value_amid_prose_is_prose(before: str, after: str, amid: str):
    line = f"{before} {amid} {after}"
    found = read(line, (*WHOLE, STATUS))
    assert found.values == {"title": line}


@settings(deadline=None)
@given(LINES)
def test_reading_the_text_of_a_note_again_in_quotes_changes_nothing(line: str):
    text = read(line, NOTE).values.get("text")
    assume(isinstance(text, str) and not re.search(r"[\"<>&“”„]", text))
    again = read(f'"{text}"', NOTE)
    assert again.values == {"text": text}
    assert len(split(f'"{text}"')) == 1
