"""What `opsbot check` says of a valid policy."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.catalog import find_integration, integration_names
from opsbot.config import Finding, Weight, check, parse
from opsbot.config.shadowed_policy_rule import covers_policy_rule, shadowed_policy_rules
from opsbot.core.policy import ALWAYS, Attempt, Policy, PolicyRule, Ruling, When
from opsbot.core.policy_decision import decide
from opsbot.core.runbook import Risk, Who
from tests.config.test_findings import COMPLETE, TOKENS
from tests.config.vendor import FILE, settings_of
from tests.core.test_policy_properties import ATTEMPTS, NEAR, RULES

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
KNOWN = COMPLETE.replace("owner: shop", "owner: shop, environment: production")
GLASS = "  break_glass: {roles: lead}\n"


def findings(policy: str, more: str = KNOWN) -> list[Finding]:
    return check(settings_of(f"{more}policy:\n{policy}", TOKENS), NOW)


def only(found: list[Finding]) -> Finding:
    (one,) = found
    return one


def test_a_policy_that_says_everything_has_no_findings() -> None:
    text = (
        "  rules:\n"
        "    - {name: a, when: {environment: Production, risk: high}, then: denied}\n"
        "    - {name: b, when: {requester: {groups: {sre: S012AB3CD}}}, then: allowed}\n"
        "  freezes: [{name: c, start: 2026-12-19 18:00, end: 2027-01-02 08:00}]\n"
    )
    assert findings(text + GLASS) == []


def test_a_rule_that_never_decides_is_named_with_the_one_above_it() -> None:
    text = (
        "  rules:\n"
        "    - {name: careful, when: {risk: [medium, high]}, then: needs approval}\n"
        "    - {name: never, when: {risk: high, service: cart-api}, then: denied}\n"
    )
    finding = only(findings(text + GLASS))
    assert (finding.weight, finding.key, finding.line) == (Weight.WARNING, "policy.rules[1]", 9)
    assert "'never' never decides: 'careful'" in finding.problem


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("  approvers: {on_call: true}\n", ["policy.approvers.on_call"]),
        ("  approvers: {on_call: true, roles: lead}\n", []),
        ("  rules: [{name: a, then: needs approval, by: {on_call: true}}]\n",
         ["policy.rules[0].by.on_call"]),
        ("  rules: [{name: a, when: {requester: {on_call: true}}, then: denied}]\n",
         ["policy.rules[0].when.requester.on_call"]),
    ],
)  # fmt: skip
def test_duty_alone_means_nobody_where_no_pager_can_be_asked(text: str, keys: list[str]) -> None:
    """A run would wait until it expires, or a denial would never hold."""
    assert [one.key for one in findings(text + GLASS)] == keys


def test_with_a_pager_that_can_be_asked_duty_alone_will_do() -> None:
    text = f"integrations: {{pagerduty: {{}}}}\npolicy:\n  approvers: {{on_call: true}}\n{GLASS}"
    environ = {**TOKENS, "PAGERDUTY_API_TOKEN": "x" * 20, "PAGERDUTY_WEBHOOK_SECRET": "y" * 20}
    read = parse(text, FILE, environ, find_integration, integration_names())
    assert [one.key for one in check(read, NOW) if one.key.startswith("policy")] == []


def test_a_rule_about_nobody_never_decides() -> None:
    text = "  rules: [{name: a, when: {requester: {groups: {}}}, then: denied}]\n"
    finding = only(findings(text + GLASS))
    assert finding.key == "policy.rules[0].when.requester"
    assert "names nobody" in finding.problem


def test_a_freeze_that_is_over_is_noticed() -> None:
    """More often than not its year is wrong."""
    text = "  freezes: [{name: a, start: 2025-12-19 18:00, end: 2026-01-02 08:00}]\n"
    finding = only(findings(text + GLASS))
    assert finding.problem == (
        "the freeze 'a' is over since 2 January 2026 08:00 UTC, so it holds nothing"
    )


@pytest.mark.parametrize(
    ("policy", "weight", "said"),
    [
        ("  expires: 20m\n", Weight.ADVICE, "nothing runs while no approver answers"),
        ("  freezes: [{name: end, start: 2026-12-19 18:00, end: 2027-01-02 08:00}]\n",
         Weight.WARNING, "in end not even an emergency"),
    ],
)  # fmt: skip
def test_that_nobody_may_break_the_glass_is_said(policy: str, weight: Weight, said: str) -> None:
    finding = only(findings(policy))
    assert (finding.weight, finding.key) == (weight, "policy.break_glass")
    assert said in finding.problem


def test_without_a_policy_nothing_is_said_of_it() -> None:
    assert check(settings_of(COMPLETE, TOKENS), NOW) == []


def test_a_policy_under_which_nobody_approves_is_noticed() -> None:
    finding = only(findings("  approvers: {}\n" + GLASS))
    assert finding.key == "policy.approvers"


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        ("  page_after: 15m\n", "policy.page_after"),
        ("  expires: 4m\n", "policy.page_after"),
        ("  rules: [{name: a, then: needs approval, expires: 5m}]\n", "policy.rules[0].expires"),
        ("  rules: [{name: a, then: needs approval, page_after: 1h}]\n",
         "policy.rules[0].page_after"),
    ],
)  # fmt: skip
def test_a_page_that_would_come_too_late_is_noticed(policy: str, key: str) -> None:
    finding = only(findings(policy + GLASS))
    assert finding.key == key
    assert "before anybody is paged" in finding.problem


def test_an_environment_of_no_service_is_noticed() -> None:
    text = "  rules: [{name: a, when: {environment: prod}, then: denied}]\n"
    finding = only(findings(text + GLASS))
    assert finding.key == "policy.rules[0].when.environment"
    assert finding.fix == "Environments are production"


def test_services_without_an_environment_are_named_where_that_matters() -> None:
    more = KNOWN.replace(
        "cart-api: {owner: shop, environment: production", "cart-api: {owner: shop"
    )
    text = "  rules: [{name: a, when: {environment: production}, then: denied}]\n"
    finding = only(findings(text + GLASS, more))
    assert "cart-api has none" in finding.problem


def test_one_group_has_one_id() -> None:
    text = "  approvers: {groups: {sre: S012AB3CD}}\n  break_glass: {groups: {sre: S012AB3CE}}\n"
    finding = only(findings(text))
    assert finding.key == "policy.approvers.groups.sre"
    assert "S012AB3CD here and S012AB3CE in policy.break_glass" in finding.problem


# --- rules that never decide ---------------------------------------------------------------------


def rule(ruling: Ruling = Ruling.DENIED, **when: object) -> PolicyRule:
    return PolicyRule(name="a", ruling=ruling, when=When(**when))  # type: ignore[arg-type] # a table


SRE, TWO = Who(groups=("S1",)), Who(groups=("S1", "S2"), on_call=True)
ALLOWED = Ruling.ALLOWED


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        (rule(), rule(risks=(Risk.HIGH,)), True),
        (rule(risks=(Risk.HIGH,)), rule(), False),
        (rule(risks=(Risk.LOW, Risk.HIGH)), rule(risks=(Risk.HIGH,)), True),
        (rule(environments=("Prod",)), rule(environments=("prod",)), True),
        (rule(ALLOWED, environments=("prod",)), rule(environments=("prod",)), False),
        (rule(ALLOWED, environments=("prod",)), rule(ALLOWED, environments=("prod",)), True),
        (rule(requester=TWO), rule(requester=SRE), True),
        (rule(requester=SRE), rule(requester=TWO), False),
        (rule(requester=SRE), rule(), False),
        (rule(requester=Who(everybody=True)), rule(), True),
        (rule(days=("sat", "sun")), rule(days=("sun",)), True),
    ],
)
def test_a_rule_is_covered_when_its_conditions_imply_the_earlier_ones(
    earlier: PolicyRule, later: PolicyRule, covered: bool
) -> None:
    assert covers_policy_rule(earlier, later) is covered
    assert list(shadowed_policy_rules((earlier, later))) == ([(1, 0)] if covered else [])


FIELDS = [field.name for field in fields(When)]


@settings(max_examples=150, deadline=None)
@given(ATTEMPTS, RULES, st.sampled_from(Ruling), st.sets(st.sampled_from(FIELDS)), NEAR)
def test_a_covered_rule_never_decides(
    attempt: Attempt, later: PolicyRule, ruling: Ruling, dropped: set[str], now: datetime
) -> None:
    """Whatever is asked for, the decision itself agrees with what `covers_policy_rule` claims of a
    rule and one with some of its conditions dropped."""
    when = replace(later.when, **{name: getattr(ALWAYS, name) for name in dropped})
    earlier = replace(later, name="earlier", ruling=ruling, when=when)
    later = replace(later, name="later")
    if covers_policy_rule(earlier, later):
        policy = Policy(rules=(earlier, later))
        verdict = decide(attempt, policy, now, "UTC", target="", cooldown=timedelta(0))
        assert verdict.rule != "later"
    else:
        assert ruling is Ruling.ALLOWED or dropped != set(FIELDS)
