"""What `policy:` becomes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from opsbot.config import ConfigInvalid
from opsbot.core.hours import Hours
from opsbot.core.policy import (
    ALWAYS,
    Freeze,
    Limit,
    LimitOf,
    Policy,
    PolicyRule,
    Ruling,
    When,
)
from opsbot.core.runbook import NOBODY, Risk, Who
from opsbot.core.severity import Severity
from tests.config.vendor import settings_of

SERVICES = "services: {checkout-api: {environment: production}}\n"


def policy_of(text: str, more: str = SERVICES) -> Policy:
    return settings_of(f"{more}policy:\n{text}").policy


def test_without_a_policy_opsbots_own_rules_hold() -> None:
    """The section's defaults are those that core has: nobody has to write them."""
    assert settings_of("").policy == Policy() == settings_of("policy:\n").policy
    assert settings_of("").rules().policy == Policy()


def test_a_rule_is_written_with_its_conditions() -> None:
    policy = policy_of(
        "  rules:\n"
        "    - name: nights in production\n"
        "      when:\n"
        "        runbook: rollback-deploy\n"
        "        risk: [medium, high]\n"
        "        severity: SEV1\n"
        "        environment: production\n"
        "        service: [checkout-api]\n"
        "        requester: {roles: lead}\n"
        "        hours: 22:00-06:00\n"
        "        days: sat-sun\n"
        "      then: needs approval\n"
        "      reason: two people look at night\n"
        "      approvals: 2\n"
        "      by: {groups: {sre: S012AB3CD}, roles: [deputy, tech lead], on_call: true}\n"
        "      expires: 30m\n"
        "      page_after: 2m\n"
    )
    when = When(
        runbooks=("rollback-deploy",), risks=(Risk.MEDIUM, Risk.HIGH),
        severities=(Severity.SEV1,), environments=("production",), services=("checkout-api",),
        requester=Who(roles=("lead",)), hours=Hours(start=time(22), end=time(6)),
        days=("sat", "sun"),
    )  # fmt: skip
    by = Who(
        groups=("S012AB3CD",), group_names=("sre",), roles=("deputy", "tech lead"), on_call=True
    )
    assert policy.rules == (
        PolicyRule(
            name="nights in production", ruling=Ruling.NEEDS_APPROVAL, when=when,
            reason="two people look at night", approvals=2, by=by,
            expires=timedelta(minutes=30), page_after=timedelta(minutes=2),
        ),
    )  # fmt: skip


def test_a_rule_needs_no_more_than_a_name_and_a_ruling() -> None:
    (rule,) = policy_of("  rules: [{name: never, then: denied}]\n").rules
    assert rule == PolicyRule(name="never", ruling=Ruling.DENIED, when=ALWAYS, by=NOBODY)


def test_limits_count_what_they_say() -> None:
    policy = policy_of(
        "  limits:\n"
        "    - {name: all, runs: 20, within: 1d}\n"
        "    - {name: some, runs: 3, within: 1h, of: target, break_glass: true,\n"
        "       when: {runbook: [restart-deployment], risk: low, service: checkout-api}}\n"
    )
    assert policy.limits[0] == Limit(name="all", runs=20, within=timedelta(days=1))
    assert policy.limits[1] == Limit(
        name="some", runs=3, within=timedelta(hours=1), of=LimitOf.TARGET, break_glass=True,
        when=When(
            runbooks=("restart-deployment",), risks=(Risk.LOW,), services=("checkout-api",)
        ),
    )  # fmt: skip


def test_a_freeze_is_told_in_local_time() -> None:
    policy = policy_of(
        "  freezes:\n"
        "    - {name: end, start: 2026-12-19 18:00, end: '2027-01-02T08:00:00Z',\n"
        "       when: {environment: production}}\n",
        more=f"timezone: Europe/Berlin\n{SERVICES}",
    )
    assert policy.freezes == (
        Freeze(
            name="end", start=datetime(2026, 12, 19, 17, tzinfo=UTC),
            end=datetime(2027, 1, 2, 8, tzinfo=UTC), when=When(environments=("production",)),
        ),
    )  # fmt: skip


def test_people_and_waits_of_the_whole_policy() -> None:
    policy = policy_of(
        "  break_glass: {roles: lead, on_call: true}\n"
        "  approvers: {everybody: true}\n"
        "  expires: 1h\n"
        "  page_after: 10m\n"
    )
    assert policy.break_glass == Who(roles=("lead",), on_call=True)
    assert policy.approvers == Who(everybody=True)
    assert (policy.expires, policy.page_after) == (timedelta(hours=1), timedelta(minutes=10))


def test_who_may_approve_is_what_is_written_and_no_more() -> None:
    """Naming a group leaves the lead and the on-call out; nobody is a decision, too."""
    assert policy_of("  approvers: {groups: {sre: S012AB3CD}}\n").approvers == Who(
        groups=("S012AB3CD",), group_names=("sre",)
    )
    assert policy_of("  approvers: {}\n").approvers == NOBODY


def test_a_freeze_holds_until_the_later_of_two_half_past_two() -> None:
    """Clocks are put back: 02:30 comes twice, and a freeze that ends then is not cut short."""
    text = "  freezes: [{name: move, start: 2026-10-24 18:00, end: '2026-10-25 02:30'}]\n"
    (freeze,) = policy_of(text, "timezone: Europe/Berlin\n").freezes
    assert freeze.end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    text = "  freezes: [{name: move, start: '2026-10-25 02:30', end: 2026-10-26 08:00}]\n"
    (freeze,) = policy_of(text, "timezone: Europe/Berlin\n").freezes
    assert freeze.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_limit_over_more_days_than_are_looked_back_is_refused() -> None:
    """It would count the runs of a week only, and let more through than it says."""
    text = "  limits: [{name: few, runs: 2, within: 8d}]\n"
    with pytest.raises(ConfigInvalid, match=r"policy\.limits\[0\]\.within"):
        policy_of(text)
    (limit,) = policy_of(text.replace("8d", "7d")).limits
    assert limit.within == timedelta(days=7)
