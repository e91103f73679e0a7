"""Whom a policy means, and how they are named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.policy import Freeze, Limit, Policy, PolicyRule, Ruling, Verdict, When
from opsbot.core.policy_who import (
    approver_standing,
    fits,
    groups_named,
    implies,
    is_nobody,
    who_approves,
    who_can,
)
from opsbot.core.runbook import NOBODY, Who
from tests.core.attempts import HOUR, NOW

SRE = Who(groups=("S0SRE",), group_names=("sre",))
EVERYBODY = Who(everybody=True)
NEAR = Who(roles=("lead", "responder"), on_call=True)
ALL = Who(roles=("lead",), on_call=True, groups=("S0SRE", "S0DBA"), group_names=("sre",))


@pytest.mark.parametrize(
    ("who", "facts", "why"),
    [
        (NEAR, {"on_call": True}, "on call for checkout-api"),
        (NEAR, {"on_call": True, "service": ""}, "on call"),
        (NEAR, {"roles": {"responder", "lead"}}, "lead of the incident"),
        (NEAR, {"roles": {"declarer"}}, ""),
        (NEAR, {"groups": {"S0SRE"}}, ""),
        (SRE, {"groups": {"S0SRE", "S0X"}}, "member of sre"),
        (Who(groups=("S0SRE",)), {"groups": {"S0SRE"}}, "member of S0SRE"),  # a group without name
        (SRE, {"groups": {"sre"}}, ""),  # a name is no id
        (SRE, {"on_call": True, "roles": {"lead"}}, ""),
        (EVERYBODY, {}, "full member of this workspace"),
        (EVERYBODY, {"full_member": False}, ""),
        (NEAR, {"on_call": True, "roles": {"lead"}, "full_member": False}, ""),
        (SRE, {"groups": {"S0SRE"}, "full_member": False}, ""),
        (NOBODY, {"on_call": True, "roles": {"lead"}, "groups": {"S0SRE"}}, ""),
    ],
)
def test_somebody_is_one_of_them_for_one_reason(who: Who, facts: dict[str, Any], why: str) -> None:
    asked: dict[str, Any] = {
        "groups": set[str](), "roles": set[str](), "on_call": False, "service": "checkout-api",
    }  # fmt: skip
    assert fits(who, **{**asked, **facts}) == why


def verdict(by: Who, also: Who | None = None) -> Verdict:
    return Verdict(
        ruling=Ruling.NEEDS_APPROVAL, rule="x", reason="y", approvals=1, by=by, also=also
    )


@pytest.mark.parametrize(
    ("asked", "standing"),
    [
        (verdict(NEAR), "on call for checkout-api"),
        (verdict(NEAR, SRE), "on call for checkout-api and member of sre"),
        (verdict(NEAR, NEAR), "on call for checkout-api"),
        (verdict(NEAR, Who(groups=("S0DBA",))), ""),  # both have to hold
        (verdict(Who(roles=("lead",)), SRE), ""),
        (verdict(NOBODY), ""),
    ],
)
def test_an_approver_is_one_of_all_that_are_asked_for(asked: Verdict, standing: str) -> None:
    facts: dict[str, Any] = {"groups": {"S0SRE"}, "roles": {"responder"}, "on_call": True}
    assert approver_standing(asked, **facts, service="checkout-api") == standing
    assert approver_standing(asked, **facts, full_member=False) == ""


@pytest.mark.parametrize(
    ("who", "service", "named"),
    [
        (NOBODY, "a", "nobody"),
        (EVERYBODY, "a", "any full member of this workspace"),
        (Who(on_call=True), "checkout-api", "whoever is on call for checkout-api"),
        (Who(on_call=True), "", "whoever is on call"),
        (Who(roles=("tech lead",)), "a", "the tech lead of the incident"),
        (Who(roles=("responder", "expert")), "a",
         "a responder of the incident or an expert of the incident"),
        (ALL, "a", "whoever is on call for a, the lead of the incident, a member of sre or a "
                   "member of S0DBA"),
    ],
)  # fmt: skip
def test_they_are_named_inside_a_sentence(who: Who, service: str, named: str) -> None:
    assert who_can(who, service) == named


def test_those_who_approve_are_named_with_what_they_have_to_be_as_well() -> None:
    assert who_approves(verdict(SRE), "a") == "a member of sre"
    assert who_approves(verdict(Who(roles=("lead",)), SRE), "a") == (
        "the lead of the incident, who has to be a member of sre as well"
    )


WORDS = st.lists(st.sampled_from(["lead", "responder", "sre"]), max_size=2).map(tuple)
WHO = st.builds(
    Who,
    everybody=st.booleans(),
    groups=WORDS,
    group_names=WORDS,
    roles=WORDS,
    on_call=st.booleans(),
)


@given(WHO, WHO, st.frozensets(st.sampled_from(["lead", "sre"])), st.booleans())
def test_whoever_is_one_of_the_narrower_is_one_of_the_wider(
    narrow: Who, wide: Who, held: frozenset[str], on_call: bool
) -> None:
    """Whenever `implies` says so; that somebody is named is what decides."""
    if implies(narrow, wide) and fits(narrow, groups=held, roles=held, on_call=on_call):
        assert fits(wide, groups=held, roles=held, on_call=on_call)


@given(WHO, st.frozensets(st.sampled_from(["lead", "responder", "sre"])), st.booleans())
def test_nobody_is_nobody_and_is_called_so(who: Who, held: frozenset[str], on_call: bool) -> None:
    if is_nobody(who):
        assert not fits(who, groups=held, roles=held, on_call=on_call)
    assert (who_can(who, "a") == "nobody") is (is_nobody(who) and not who.group_names)


def test_every_group_that_a_policy_names_is_looked_up() -> None:
    def one(group: str) -> Who:
        return Who(groups=(group, "S0SRE"))

    asked_of = When(requester=one("S2"))
    rule = PolicyRule(name="a", ruling=Ruling.DENIED, when=When(requester=one("S1")), by=one("S0"))
    policy = Policy(
        rules=(rule,), break_glass=one("S4"), approvers=one("S5"),
        limits=(Limit(name="b", runs=1, within=HOUR, when=asked_of),),
        freezes=(Freeze(name="c", start=NOW, end=NOW, when=When(requester=one("S3"))),),
    )  # fmt: skip
    assert set(groups_named(policy)) == {"S0", "S1", "S2", "S3", "S4", "S5", "S0SRE"}
    assert len(groups_named(policy)) == 7
