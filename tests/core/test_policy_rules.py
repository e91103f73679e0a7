"""Which rule decides on a run: those of the settings first, then opsbot's own."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from opsbot.core.hours import Hours
from opsbot.core.policy import LEAD_OR_ON_CALL, Policy, PolicyRule, Ruling, When
from opsbot.core.policy_defaults import DEFAULT_RULES
from opsbot.core.runbook import NOBODY, Approval, Risk, Who
from opsbot.core.severity import Severity
from tests.core.attempts import HOUR, MINUTE, NOW, attempt, decided

ALLOWED, ASKS, DENIED = Ruling.ALLOWED, Ruling.NEEDS_APPROVAL, Ruling.DENIED
SRE = Who(groups=("S0SRE",), group_names=("sre",))
LEAD = frozenset({"lead"})


def rule(name: str = "ours", ruling: Ruling = DENIED, **changes: Any) -> PolicyRule:
    conditions = {key: changes.pop(key) for key in list(changes) if key in When.__slots__}
    return PolicyRule(name=name, ruling=ruling, when=When(**conditions), **changes)


def ruled(*rules: PolicyRule, **others: Any) -> Policy:
    return Policy(rules=rules, **others)


DEFAULTS: list[tuple[dict[str, Any], Ruling, str]] = [
    ({"risk": Risk.NONE, "on_call": False}, ALLOWED, "reading"),
    ({"risk": Risk.LOW}, ALLOWED, "low risk, by who is near"),
    ({"risk": Risk.LOW, "on_call": False, "roles": LEAD}, ALLOWED, "low risk, by who is near"),
    ({"risk": Risk.LOW, "on_call": False, "roles": frozenset({"responder"})}, ALLOWED,
     "low risk, by who is near"),
    ({"risk": Risk.LOW, "on_call": False, "roles": frozenset({"declarer"})}, ASKS, "low risk"),
    ({"risk": Risk.LOW, "on_call": False}, ASKS, "low risk"),
    ({"risk": Risk.MEDIUM}, ASKS, "medium risk"),
    ({"risk": Risk.MEDIUM, "environment": "staging"}, ASKS, "medium risk"),
    ({"risk": Risk.HIGH, "roles": LEAD}, ASKS, "high risk"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "ruling", "name"), DEFAULTS)
def test_without_rules_a_second_person_is_asked_where_it_matters(
    asked: dict[str, Any], ruling: Ruling, name: str
) -> None:
    verdict = decided(attempt(**asked))
    assert (verdict.ruling, verdict.rule) == (ruling, name)
    assert verdict.approvals == (1 if ruling is ASKS else 0)
    assert verdict.by == (LEAD_OR_ON_CALL if ruling is ASKS else NOBODY)


def test_every_default_rule_decides_something() -> None:
    assert {rule.name for rule in DEFAULT_RULES} == {name for _, _, name in DEFAULTS}


def test_the_first_rule_that_matches_decides() -> None:
    policy = ruled(
        rule("other runbook", runbooks=("restart-deployment",)),
        rule("first", ALLOWED, risks=(Risk.HIGH,)),
        rule("second", DENIED),
    )
    assert decided(attempt(risk=Risk.HIGH), policy).rule == "first"
    assert decided(attempt(risk=Risk.LOW), policy).rule == "second"


def test_where_no_rule_matches_the_default_ones_hold() -> None:
    policy = ruled(rule(services=("cart-api",)))
    assert decided(attempt(), policy).rule == "low risk, by who is near"


WEEKEND = datetime.fromisoformat("2026-11-28T01:00+00:00")  # Saturday; still Friday in New York
NIGHT = Hours(start=time(22), end=time(6))
CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], datetime, str, bool]] = [
    ({}, {}, NOW, "UTC", True),
    ({"runbooks": ("rollback-deploy", "x")}, {}, NOW, "UTC", True),
    ({"runbooks": ("x",)}, {}, NOW, "UTC", False),
    ({"risks": (Risk.LOW, Risk.HIGH)}, {}, NOW, "UTC", True),
    ({"risks": (Risk.HIGH,)}, {}, NOW, "UTC", False),
    ({"severities": (Severity.SEV2,)}, {}, NOW, "UTC", True),
    ({"severities": (Severity.SEV1,)}, {"severity": Severity.UNSET}, NOW, "UTC", False),
    ({"environments": ("Production",)}, {"environment": "production"}, NOW, "UTC", True),
    ({"environments": ("production",)}, {"environment": "staging"}, NOW, "UTC", False),
    ({"services": ("checkout-api",)}, {}, NOW, "UTC", True),
    ({"services": ("checkout-api",)}, {"service": ""}, NOW, "UTC", False),
    ({"requester": Who(on_call=True)}, {}, NOW, "UTC", True),
    ({"requester": SRE}, {"groups": frozenset({"S0SRE"})}, NOW, "UTC", True),
    ({"requester": SRE}, {}, NOW, "UTC", False),
    ({"requester": NOBODY}, {}, NOW, "UTC", False),
    ({"hours": NIGHT}, {}, NOW, "UTC", False),
    ({"hours": NIGHT}, {}, NOW, "Asia/Tokyo", True),  # 23:00 there
    ({"days": ("sat",)}, {}, WEEKEND, "UTC", True),
    ({"days": ("sat",)}, {}, WEEKEND, "America/New_York", False),
    ({"risks": (Risk.LOW,), "services": ("cart-api",)}, {}, NOW, "UTC", False),  # both have to
]


@pytest.mark.parametrize(("when", "asked", "now", "zone", "matches"), CONDITIONS)
def test_a_rule_matches_when_all_its_conditions_hold(
    when: dict[str, Any], asked: dict[str, Any], now: datetime, zone: str, matches: bool
) -> None:
    verdict = decided(attempt(**asked), ruled(rule(**when)), now=now, zone=zone)
    assert (verdict.rule == "ours") is matches


@pytest.mark.parametrize(("ruling", "matches"), [(DENIED, True), (ASKS, True), (ALLOWED, False)])
def test_an_unknown_environment_is_taken_for_the_worse(ruling: Ruling, matches: bool) -> None:
    """What asks for more holds, what asks for less does not."""
    policy = ruled(rule(ruling=ruling, environments=("production",)))
    verdict = decided(attempt(environment="", risk=Risk.HIGH), policy)
    assert (verdict.rule == "ours") is matches


def test_a_rule_says_who_approves_and_how_long_that_is_waited_for() -> None:
    ours = rule(ruling=ASKS, approvals=2, by=SRE, expires=HOUR, page_after=20 * MINUTE)
    verdict = decided(attempt(), ruled(ours))
    assert (verdict.approvals, verdict.by, verdict.also) == (2, SRE, None)
    assert (verdict.expires, verdict.page_after) == (HOUR, 20 * MINUTE)


def test_what_a_rule_leaves_open_the_policy_says() -> None:
    policy = ruled(rule(ruling=ASKS), approvers=SRE, expires=HOUR, page_after=9 * MINUTE)
    verdict = decided(attempt(), policy)
    assert (verdict.by, verdict.expires, verdict.page_after) == (SRE, HOUR, 9 * MINUTE)


def test_nobody_is_paged_for_what_expires_first() -> None:
    policy = ruled(rule(ruling=ASKS), expires=5 * MINUTE, page_after=5 * MINUTE)
    assert decided(attempt(), policy).page_after is None


def test_what_nobody_may_approve_is_denied_with_the_cure() -> None:
    """It would wait until it expires, and nobody could help it."""
    verdict = decided(attempt(risk=Risk.HIGH), Policy(approvers=NOBODY))
    assert (verdict.ruling, verdict.rule) == (DENIED, "high risk")
    assert "`policy: approvers:`" in verdict.reason


# --- what the runbook itself asks for ------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "runbook", "approvals", "name"),
    [
        (0, None, 0, "ours"),
        (0, 0, 0, "ours"),
        (0, 1, 1, "the runbook itself"),
        (1, 2, 2, "ours"),
        (2, 1, 2, "ours"),
        (2, 0, 2, "ours"),
    ],
)
def test_a_runbook_may_ask_for_more_approvals_and_never_for_less(
    policy: int, runbook: int | None, approvals: int, name: str
) -> None:
    ours = rule(ruling=ASKS if policy else ALLOWED, approvals=policy)
    verdict = decided(attempt(approval=Approval(approvals=runbook)), ruled(ours))
    assert (verdict.approvals, verdict.rule) == (approvals, name)
    assert verdict.ruling is (ASKS if approvals else ALLOWED)


ON_CALL = Who(on_call=True)


@pytest.mark.parametrize(
    ("named", "runbook", "by", "also"),
    [
        (NOBODY, None, LEAD_OR_ON_CALL, None),  # neither names anybody
        (NOBODY, SRE, SRE, None),  # the runbook decides alone
        (SRE, None, SRE, None),
        (SRE, Who(groups=("S0SRE", "S0DBA")), SRE, None),  # wider than the rule: no help
        (LEAD_OR_ON_CALL, ON_CALL, ON_CALL, None),  # narrower
        (LEAD_OR_ON_CALL, SRE, LEAD_OR_ON_CALL, SRE),  # both have to hold
        (Who(everybody=True), SRE, SRE, None),
        (SRE, Who(everybody=True), SRE, None),
    ],
)
def test_a_runbook_narrows_whom_a_rule_names(
    named: Who, runbook: Who | None, by: Who, also: Who | None
) -> None:
    asked = attempt(approval=Approval(by=runbook))
    verdict = decided(asked, ruled(rule(ruling=ASKS, by=named)))
    assert (verdict.by, verdict.also) == (by, also)


def test_a_runbook_shortens_the_wait_and_never_prolongs_it() -> None:
    policy = Policy(expires=HOUR, page_after=10 * MINUTE)
    short = Approval(expires=20 * MINUTE, page_after=2 * MINUTE)
    long = Approval(expires=timedelta(days=1), page_after=30 * MINUTE)
    waits = [decided(attempt(risk=Risk.HIGH, approval=one), policy) for one in (short, long)]
    assert [(one.expires, one.page_after) for one in waits] == [
        (20 * MINUTE, 2 * MINUTE), (HOUR, 10 * MINUTE),
    ]  # fmt: skip


# --- the words -----------------------------------------------------------------------------------


def test_reasons_say_what_is_so_and_why_it_matters() -> None:
    monday = rule("no deploys on Monday", days=("mon",), reason="the queue comes first")
    assert decided(attempt(), ruled(monday)).reason == "the queue comes first (it is Monday)"
    assert decided(attempt(risk=Risk.HIGH)).reason == "it may make things worse for everybody"
    near = decided(attempt()).reason
    assert (
        near == "it is undone in a moment (its risk is low, who asks is on call for checkout-api)"
    )
    asks = decided(attempt(approval=Approval(approvals=2))).reason
    assert asks == "the runbook asks for 2 approvals"
    assert decided(attempt(), ruled(rule())).reason == "the rule has no conditions"
