"""Who of the people on call a Slack account is, and whom somebody means who names one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.on_call import OnCall, standing_on_call
from opsbot.core.page_target import target_of
from opsbot.core.parameter import PersonRef
from opsbot.core.people import Person
from opsbot.core.standing import Standing
from tests.core.story import Story, event, rules

RULES = rules()


def duty(ident: str, email: str = "", level: int = 1) -> OnCall:
    person = Person(id=ident, name=ident.title(), email=email)
    return OnCall(person=person, level=level, policy_id="PPOL", policy="Payments")


def ann(email: str = "ann@example.com") -> Standing:
    return Standing(slack_id="U0ANN", name="Ann", email=email)


@pytest.mark.parametrize("email", ["ann@example.com", "Ann@Example.COM", " ann@example.com "])
def test_the_same_address_in_any_case_is_the_same_person(email: str) -> None:
    mine = duty("PANN", email)
    assert standing_on_call([duty("PBEN", "ben@example.com"), mine], ann()) == mine


def test_the_nearest_of_several_duties_counts() -> None:
    far, near = duty("PANN", "ann@example.com", 3), duty("PANN", "ann@example.com", 1)
    assert standing_on_call([far, near], ann()) == near


@pytest.mark.parametrize("email", ["", "ann@elsewhere.example.com"])
def test_who_has_another_address_is_somebody_else(email: str) -> None:
    """Two empty addresses are not the same one."""
    assert standing_on_call([duty("PANN", email)], ann()) is None
    assert standing_on_call([duty("PANN", "")], ann("")) is None


@pytest.mark.parametrize(
    "key", ["PANN", "pann", "ann@elsewhere.example.com", "ANN@elsewhere.example.com"]
)
def test_a_configured_account_joins_them_by_address_or_id(key: str) -> None:
    mine = duty("PANN", "ann@elsewhere.example.com")
    assert standing_on_call([mine], ann(), {key: "U0ANN"}) == mine


def test_a_configured_account_outranks_the_address() -> None:
    """The same person at the pager is then another one in Slack."""
    mapped = {"ann@example.com": "U0BEN"}
    assert standing_on_call([duty("PANN", "ann@example.com")], ann(), mapped) is None


def test_somebody_known_by_their_account_is_themselves() -> None:
    assert standing_on_call([duty("slack:U0ANN")], ann("")) is not None


def test_what_is_named_is_meant() -> None:
    """A service by the catalogue, with the pager's id of it."""
    target = target_of({"service": "auth-api", "why": "help"}, "", None, RULES)
    assert (target.service, target.service_id, target.why, target.named) == (
        "auth-api", "PSVC2", "help", 1,
    )  # fmt: skip


def test_where_nothing_is_named_it_is_the_incidents_own_service() -> None:
    story = Story(RULES)
    story.take(event())
    target = target_of({}, "", story.state, RULES)
    assert (target.service, target.service_id, target.policy_id, target.named) == (
        "Checkout API", "PSVC1", "PPOL", 0,
    )  # fmt: skip
    assert target_of({}, "", None, RULES).service_id == ""


@pytest.mark.parametrize(
    ("line", "why", "policy", "expected"),
    [
        ("page x", "Database on-call", "", ("Database on-call", "")),
        ("page x", 'policy "Database on-call" locks hold', "", ("Database on-call", "locks hold")),
        ("page x", 'Policy Database "locks hold"', "", ("Database", "locks hold")),
        ("page x", "Database on-call", "locks", ("Database on-call", "locks")),
        ('page policy="Database"', "locks", "Database", ("Database", "locks")),
        ("", "locks", "Database", ("Database", "locks")),
        ("page policy", "policy", "", ("policy", "")),
    ],
)
def test_words_without_a_name_are_a_policy_and_the_reason(
    line: str, why: str, policy: str, expected: tuple[str, str]
) -> None:
    target = target_of({"why": why, "policy": policy}, line, None, RULES)
    assert (target.policy, target.why) == expected


def test_next_to_a_service_or_a_person_words_are_the_reason() -> None:
    ref = PersonRef(slack_id="U1", name="Ann")
    for values in ({"service": "auth-api"}, {"person": ref}):
        target = target_of({**values, "why": "one", "policy": "two"}, "page ...", None, RULES)
        assert (target.policy, target.why, target.named) == ("", "one two", 1)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_line_is_too_odd_to_be_read(line: str, why: str, policy: str) -> None:
    """At most what was given is named, and nothing is raised."""
    target = target_of({"why": why, "policy": policy}, line, None, RULES)
    assert target.named <= 1
