"""Decisions on services whose environment nobody knows, and on what was only looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core.policy import Policy, PolicyRule, Ruling, Verdict, When
from opsbot.core.policy_decision import considered
from opsbot.core.runbook import Approval, Risk, Who
from tests.core.attempts import HOUR, MINUTE, NOW, TARGET, attempt, decided, past

ALLOWED, ASKS, DENIED = Ruling.ALLOWED, Ruling.NEEDS_APPROVAL, Ruling.DENIED
EVERYBODY, SRE = Who(everybody=True), Who(groups=("S0SRE",), group_names=("sre",))


def within(name: str, ruling: Ruling, approvals: int = 1, by: Who = SRE) -> PolicyRule:
    """A rule for one environment, called like it."""
    return PolicyRule(
        name=name, ruling=ruling, approvals=approvals, by=by, when=When(environments=(name,))
    )


def unknown(*rules: PolicyRule, **changes: object) -> Verdict:
    """The verdict on a run whose service has no environment in the catalogue."""
    asked = attempt(environment="", risk=Risk.HIGH, **changes)
    return decided(asked, Policy(rules=rules, break_glass=EVERYBODY))


@pytest.mark.parametrize(
    "strict",
    [within("production", DENIED), within("production", ASKS, 3), within("production", ASKS)],
)
def test_a_rule_for_staging_does_not_decide_on_what_may_be_production(strict: PolicyRule) -> None:
    """Whichever rule is written first: the service may be in any environment they name."""
    lax = within("staging", ASKS, by=EVERYBODY)
    for rules in ((lax, strict), (strict, lax)):
        assert unknown(*rules).rule == "production"


def test_an_unknown_environment_may_be_one_that_no_rule_names() -> None:
    """Then our own rules would ask the lead, and a rule for staging cannot ask everybody."""
    verdict = unknown(within("staging", ASKS, by=EVERYBODY))
    assert (verdict.rule, verdict.by.everybody) == ("high risk", False)


def test_breaking_the_glass_does_not_break_a_denial_that_may_be_meant() -> None:
    rules = (within("staging", ASKS), within("production", DENIED))
    verdict = unknown(*rules, break_glass="payments are down for everybody")
    assert (verdict.ruling, verdict.rule) == (DENIED, "production")


def test_a_known_environment_is_not_taken_for_another() -> None:
    rules = (within("staging", ASKS, by=EVERYBODY), within("production", DENIED))
    assert decided(attempt(environment="staging"), Policy(rules=rules)).rule == "staging"


def test_the_explanation_says_why_the_first_rule_did_not_decide() -> None:
    """It ends with the rule that did."""
    policy = Policy(rules=(within("staging", ASKS), within("production", DENIED)))
    asked = considered(
        attempt(environment=""), policy, NOW, "UTC", target=TARGET, cooldown=timedelta(0)
    )
    first, last = [one for one in asked if one.rule in ("staging", "production")]
    assert first.said == "its environment is not known, and 'production' is stricter"
    assert (first.verdict, last.said) == (None, "its environment is not known")


@pytest.mark.parametrize(
    ("approvers", "by", "ruling", "whom"),
    [
        (Who(), SRE, DENIED, Who()),  # nobody may approve here, whatever a file says
        (SRE, EVERYBODY, ASKS, SRE),
        (SRE, Who(groups=("S0SRE", "S0ALL")), ASKS, SRE),
        (SRE, Who(roles=("lead",)), ASKS, Who(roles=("lead",))),  # others: it decides
    ],
)
def test_a_runbook_does_not_let_more_people_approve_than_the_policy(
    approvers: Who, by: Who, ruling: Ruling, whom: Who
) -> None:
    asked = attempt(risk=Risk.HIGH, approval=Approval(by=by))
    verdict = decided(asked, Policy(approvers=approvers))
    assert (verdict.ruling, verdict.by) == (ruling, whom)


def test_looking_first_does_not_hold_up_the_mending() -> None:
    """The shipped restart says: collect diagnostics first. A cooldown after those would be ten
    minutes of outage; what was changed is left alone all the same."""
    looked = past("r1", risk=Risk.NONE, finished_at=NOW - MINUTE)
    assert decided(attempt(recent=(looked,)), cooldown=HOUR).ruling is ALLOWED
    acted = past("r2", finished_at=NOW - 2 * MINUTE)
    verdict = decided(attempt(recent=(looked, acted)), cooldown=HOUR)
    assert verdict.reason.startswith("the last run on checkout-api ended at 13:58 UTC")


def test_what_only_reads_need_not_wait_for_a_cooldown() -> None:
    acted = past("r2", finished_at=NOW - MINUTE)
    asked = attempt(risk=Risk.NONE, recent=(acted,))
    assert decided(asked, cooldown=HOUR).rule == "reading"
