"""What a policy says to a guest who was let in: nothing milder than to a full member."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.core.policy import Freeze, Policy, PolicyRule, Ruling, When
from opsbot.core.runbook import Risk, Who
from tests.core.attempts import HOUR, NOW, attempt, decided

VENDORS = Who(groups=("S0VENDORS",), group_names=("vendors",))
OTHERS = Who(groups=("S0SRE",), group_names=("sre",))
A_GUEST: dict[str, Any] = {
    "full_member": False, "groups": frozenset({"S0VENDORS"}), "roles": frozenset({"lead"}),
    "on_call": True, "risk": Risk.HIGH,
}  # fmt: skip


@pytest.mark.parametrize(
    ("requester", "then", "decides"),
    [
        # What allows holds for a guest only by a group that the rule names.
        (Who(everybody=True), Ruling.ALLOWED, False),
        (Who(on_call=True), Ruling.ALLOWED, False),
        (Who(roles=("lead",)), Ruling.ALLOWED, False),
        (OTHERS, Ruling.ALLOWED, False),
        (VENDORS, Ruling.ALLOWED, True),
        # What asks and what denies holds for guests as for members: no way round a rule.
        (Who(everybody=True), Ruling.NEEDS_APPROVAL, True),
        (Who(on_call=True), Ruling.NEEDS_APPROVAL, True),
        (Who(roles=("lead",)), Ruling.DENIED, True),
        (Who(everybody=True), Ruling.DENIED, True),
        (VENDORS, Ruling.DENIED, True),
        (OTHERS, Ruling.DENIED, False),
    ],
)
def test_a_guest_is_who_a_rule_names_where_it_asks_and_one_of_a_group_where_it_allows(
    requester: Who, then: Ruling, decides: bool
) -> None:
    rule = PolicyRule(name="ours", ruling=then, when=When(requester=requester))
    verdict = decided(attempt(**A_GUEST), Policy(rules=(rule,)))
    assert (verdict.rule == "ours") is decides
    assert verdict.rule in ("ours", "high risk")
    member = decided(attempt(**{**A_GUEST, "full_member": True}), Policy(rules=(rule,)))
    assert (member.rule == "ours") is (requester != OTHERS)


def test_a_guest_near_the_incident_is_pre_approved_for_nothing() -> None:
    verdict = decided(attempt(**{**A_GUEST, "risk": Risk.LOW}))
    assert (verdict.rule, verdict.ruling) == ("low risk", Ruling.NEEDS_APPROVAL)


def test_a_freeze_of_everybody_holds_guests_too_and_they_break_no_glass() -> None:
    everybody = Who(everybody=True)
    freeze = Freeze(name="f", start=NOW - HOUR, end=NOW + HOUR, when=When(requester=everybody))
    policy = Policy(freezes=(freeze,), break_glass=everybody)
    assert decided(attempt(**A_GUEST), policy).rule == "f"
    glass = attempt(**A_GUEST, break_glass="payments are down for everybody")
    verdict = decided(glass, policy)
    assert (verdict.rule, verdict.ruling) == ("break glass", Ruling.DENIED)
