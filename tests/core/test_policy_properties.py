"""Whatever is asked for and whatever the settings say: there is an answer, it has its reason, and
nothing makes it milder than it should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from opsbot.core.hours import WEEKDAYS, Hours
from opsbot.core.policy import (
    Attempt,
    Freeze,
    Limit,
    LimitOf,
    PastRun,
    Policy,
    PolicyRule,
    Ruling,
    Verdict,
    When,
)
from opsbot.core.policy_decision import considered, decide
from opsbot.core.policy_who import approver_standing, fits, is_nobody
from opsbot.core.runbook import AS_THE_POLICY_SAYS, NOBODY, Approval, Risk, Who
from opsbot.core.severity import Severity

STRICTNESS = [Ruling.ALLOWED, Ruling.NEEDS_APPROVAL, Ruling.DENIED]
TEXT = st.text(st.characters(exclude_categories=()), max_size=6)
NAME = st.sampled_from(["a", "b", ""]) | TEXT
WORDS = st.lists(st.sampled_from(["a", "b", "lead", "Prod", "prod"]), max_size=2).map(tuple)
SETS = st.frozensets(st.sampled_from(["a", "lead", "responder"]))
TIMES = st.datetimes(timezones=st.just(UTC))
NEAR = st.integers(-200, 200).map(lambda m: datetime(2026, 11, 23, 14, m % 60, tzinfo=UTC)
                                  + timedelta(minutes=m)) | TIMES  # fmt: skip
SPANS = st.timedeltas(timedelta(0), timedelta(days=3000))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo", "no such zone", "", "../x"])
WHO = st.builds(
    Who,
    everybody=st.booleans(),
    groups=WORDS,
    group_names=WORDS,
    roles=WORDS,
    on_call=st.booleans(),
)
HOURS = st.builds(Hours, start=st.times(), end=st.just(time(6)))
WHEN = st.builds(
    When, runbooks=WORDS, risks=st.lists(st.sampled_from(Risk), max_size=2).map(tuple),
    severities=st.lists(st.sampled_from(Severity), max_size=2).map(tuple), environments=WORDS,
    services=WORDS, requester=st.none() | WHO, hours=st.none() | HOURS,
    days=st.lists(st.sampled_from(WEEKDAYS), max_size=3).map(tuple),
)  # fmt: skip
RULES = st.builds(
    PolicyRule, name=NAME, ruling=st.sampled_from(Ruling), when=WHEN, reason=NAME,
    approvals=st.integers(-1, 4), by=WHO, expires=st.none() | SPANS, page_after=st.none() | SPANS,
)  # fmt: skip
LIMITS = st.builds(
    Limit, name=NAME, runs=st.integers(1, 3), within=SPANS, of=st.sampled_from(LimitOf), when=WHEN,
    break_glass=st.booleans(),
)  # fmt: skip
FREEZES = st.builds(Freeze, name=NAME, start=NEAR, end=NEAR, when=WHEN)
POLICIES = st.builds(
    Policy, rules=st.lists(RULES, max_size=3).map(tuple),
    limits=st.lists(LIMITS, max_size=2).map(tuple),
    freezes=st.lists(FREEZES, max_size=2).map(tuple), break_glass=WHO, approvers=WHO,
)  # fmt: skip
RUNS = st.builds(
    PastRun, run_id=NAME, incident_id=NAME, runbook=NAME, target=NAME, requester=NAME,
    requested_at=NEAR, started_at=st.none() | NEAR, finished_at=st.none() | NEAR, outcome=NAME,
    break_glass=st.booleans(), service=NAME, risk=st.sampled_from(Risk),
)  # fmt: skip
APPROVALS = st.builds(
    Approval, approvals=st.none() | st.integers(0, 4), by=st.none() | WHO,
    expires=st.none() | SPANS, page_after=st.none() | SPANS,
)  # fmt: skip
ATTEMPTS = st.builds(
    Attempt, runbook=NAME, risk=st.sampled_from(Risk), service=NAME,
    environment=st.sampled_from(["", "prod", "a"]), severity=st.sampled_from(Severity),
    requester=NAME, groups=SETS, roles=SETS, on_call=st.booleans(),
    break_glass=st.sampled_from(["", " ", "payments are down"]) | TEXT, approval=APPROVALS,
    recent=st.lists(RUNS, max_size=3).map(tuple), run_id=st.sampled_from(["", "a"]),
    full_member=st.booleans(),
)  # fmt: skip
TARGETS = st.sampled_from(["a", "b", ""])
COOLDOWNS = st.timedeltas(timedelta(0), timedelta(hours=2))
SOME = settings(max_examples=60, deadline=None)


def _decide(attempt: Attempt, policy: Policy, now: datetime, target: str = "a") -> Verdict:
    return decide(attempt, policy, now, "UTC", target=target, cooldown=timedelta(0))


@SOME
@given(ATTEMPTS, POLICIES, NEAR, ZONES, TARGETS, COOLDOWNS)
def test_there_is_always_an_answer_with_a_reason(
    attempt: Attempt, policy: Policy, now: datetime, zone: str, target: str, cooldown: timedelta
) -> None:
    verdict = decide(attempt, policy, now, zone, target=target, cooldown=cooldown)
    assert verdict.reason
    asks = verdict.ruling is Ruling.NEEDS_APPROVAL
    assert (verdict.approvals > 0) is asks is not is_nobody(verdict.by)
    assert verdict.page_after is None or not asks or verdict.page_after < verdict.expires
    asked = list(considered(attempt, policy, now, zone, target=target, cooldown=cooldown))
    assert next(one.verdict for one in asked if one.verdict) == verdict
    assert all(one.said for one in asked)


@SOME
@given(ATTEMPTS, POLICIES, NEAR)
def test_a_runbook_never_makes_it_milder(attempt: Attempt, policy: Policy, now: datetime) -> None:
    """Than what the policy says of a runbook that asks for nothing."""
    plain = _decide(replace(attempt, approval=AS_THE_POLICY_SAYS), policy, now)
    verdict = _decide(attempt, policy, now)
    assert STRICTNESS.index(verdict.ruling) >= STRICTNESS.index(plain.ruling)
    if verdict.ruling is plain.ruling:
        assert verdict.approvals >= plain.approvals
        assert verdict.expires <= plain.expires


@SOME
@given(ATTEMPTS, POLICIES, NEAR, TARGETS)
def test_nothing_goes_past_a_run_on_the_same_target(
    attempt: Attempt, policy: Policy, now: datetime, target: str
) -> None:
    """Not even a broken glass."""
    running = PastRun(
        run_id="another", incident_id="i", runbook="x", target=target, requester="y",
        requested_at=now, started_at=now,
    )  # fmt: skip
    asked = replace(attempt, recent=(*attempt.recent, running))
    assert not target or _decide(asked, policy, now, target).rule == "one run a target"


@SOME
@given(ATTEMPTS, POLICIES, NEAR)
def test_in_a_freeze_only_reading_and_a_broken_glass_are_left(
    attempt: Attempt, policy: Policy, now: datetime
) -> None:
    freeze = Freeze(name="f", start=now, end=datetime.max.replace(tzinfo=UTC))
    verdict = _decide(attempt, replace(policy, freezes=(freeze,)), now)
    held = fits(policy.break_glass, groups=attempt.groups, roles=attempt.roles,
                on_call=attempt.on_call, full_member=attempt.full_member)  # fmt: skip
    if attempt.risk is not Risk.NONE and now < freeze.end and not (attempt.break_glass and held):
        assert verdict.ruling is Ruling.DENIED


@SOME
@given(ATTEMPTS, POLICIES, NEAR)
def test_the_glass_is_only_broken_by_those_who_may(
    attempt: Attempt, policy: Policy, now: datetime
) -> None:
    verdict = _decide(attempt, policy, now)
    if verdict.rule == "break glass" and verdict.ruling is Ruling.ALLOWED:
        assert attempt.break_glass
        assert not is_nobody(policy.break_glass)
    shut = _decide(attempt, replace(policy, break_glass=NOBODY), now)
    assert not attempt.break_glass or shut.ruling is Ruling.DENIED


@SOME
@given(ATTEMPTS, POLICIES, NEAR, LIMITS)
def test_another_limit_can_only_deny(
    attempt: Attempt, policy: Policy, now: datetime, limit: Limit
) -> None:
    before = _decide(attempt, policy, now)
    after = _decide(attempt, replace(policy, limits=(*policy.limits, limit)), now)
    assert after == before or after.ruling is Ruling.DENIED


@SOME
@given(ATTEMPTS, POLICIES, NEAR)
def test_nothing_is_milder_for_a_guest(attempt: Attempt, policy: Policy, now: datetime) -> None:
    """Than for a full member who is in the same groups, holds the same roles and is on call."""
    member = _decide(replace(attempt, full_member=True), policy, now)
    guest = _decide(replace(attempt, full_member=False), policy, now)
    assert STRICTNESS.index(guest.ruling) >= STRICTNESS.index(member.ruling)
    if guest.ruling is member.ruling:
        assert guest.approvals >= member.approvals
    assert guest.rule != "break glass" or guest.ruling is Ruling.DENIED


@SOME
@given(ATTEMPTS, POLICIES, NEAR)
def test_nobody_but_full_members_approves(attempt: Attempt, policy: Policy, now: datetime) -> None:
    """Whatever groups they are in, whatever roles they hold, and though they are on call."""
    verdict = _decide(attempt, policy, now)
    everything = frozenset({"a", "b", "lead", "responder", "Prod", "prod"})
    held = approver_standing(
        verdict, groups=everything, roles=everything, on_call=True, full_member=False
    )
    assert held == ""
