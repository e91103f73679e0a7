"""What stands in a run's way before any rule: other runs, cooldown, freezes and limits; and who
may break the glass, and through what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core.policy import Freeze, Limit, LimitOf, Policy, PolicyRule, Ruling, When
from opsbot.core.runbook import Approval, Risk, Who
from tests.core.attempts import HOUR, MINUTE, NOW, attempt, decided, past

ALLOWED, DENIED = Ruling.ALLOWED, Ruling.DENIED
WHY = "payments are down for everybody"
ON_CALL = Who(on_call=True)
RUNNING = past("r7", finished_at=None, outcome="")


def test_one_run_a_target_at_a_time() -> None:
    verdict = decided(attempt(recent=(past(), RUNNING)))
    assert (verdict.ruling, verdict.rule) == (DENIED, "one run a target")
    assert verdict.reason.startswith(
        "rollback-deploy (run r7) runs on checkout-api since 13:40 UTC: one run a target"
    )


@pytest.mark.parametrize(
    "other",
    [
        past(),  # it is over
        replace(RUNNING, target="cart-api"),
        replace(RUNNING, started_at=None),  # it waits for approval
        replace(RUNNING, run_id="own"),  # it is the very run that is decided on
    ],
)
def test_what_does_not_run_on_the_target_is_not_in_the_way(other: Any) -> None:
    assert decided(attempt(recent=(other,), run_id="own")).ruling is ALLOWED


def test_what_acts_on_no_target_waits_for_nobody() -> None:
    """Two runs without a target are not runs on the same one."""
    nowhere = replace(RUNNING, target="")
    assert decided(attempt(recent=(nowhere,)), target="", cooldown=HOUR).ruling is ALLOWED


@pytest.mark.parametrize(
    ("ended", "cooldown", "rule"),
    [
        (18, 0, "low risk, by who is near"),
        (18, 18, "low risk, by who is near"),  # just long enough
        (18, 19, "cooldown"),
        (1, 10, "cooldown"),
        (600, 10, "low risk, by who is near"),
    ],
)
def test_a_target_is_left_alone_after_a_run(ended: int, cooldown: int, rule: str) -> None:
    run = past(finished_at=NOW - ended * MINUTE)
    verdict = decided(attempt(recent=(run,)), cooldown=cooldown * MINUTE)
    assert verdict.rule == rule


def test_the_cooldown_counts_from_the_last_end_of_a_run_that_began() -> None:
    never = past("r2", started_at=None, finished_at=NOW - MINUTE, outcome="expired")
    runs = (past("r1", finished_at=NOW - 5 * MINUTE), past("r3"), never)
    verdict = decided(attempt(recent=runs), cooldown=10 * MINUTE)
    assert verdict.reason == (
        "the last run on checkout-api ended at 13:55 UTC, and it is left alone for 10 min: not "
        "before 14:05 UTC"
    )


# --- freezes -------------------------------------------------------------------------------------

FREEZE = Freeze(name="year-end freeze", start=NOW - HOUR, end=NOW + timedelta(days=40))


def test_in_a_freeze_nothing_that_changes_anything_runs() -> None:
    policy = Policy(freezes=(FREEZE,), break_glass=ON_CALL)
    verdict = decided(attempt(), policy, zone="Europe/Berlin")
    assert (verdict.ruling, verdict.rule) == (DENIED, "year-end freeze")
    assert verdict.reason == (
        "nothing that changes anything runs until 2 January 15:00 Europe/Berlin; break the glass "
        "if you must"
    )
    shut = decided(attempt(), Policy(freezes=(FREEZE,)))
    assert shut.reason.endswith("nobody may break the glass here")


@pytest.mark.parametrize(
    ("freeze", "asked", "frozen"),
    [
        (FREEZE, {"risk": Risk.NONE}, False),  # reading
        (replace(FREEZE, start=NOW), {}, True),
        (replace(FREEZE, start=NOW + MINUTE), {}, False),
        (replace(FREEZE, end=NOW), {}, False),
        (replace(FREEZE, when=When(environments=("production",))), {}, True),
        (replace(FREEZE, when=When(environments=("production",))), {"environment": "dev"}, False),
        (replace(FREEZE, when=When(environments=("production",))), {"environment": ""}, True),
        (replace(FREEZE, when=When(services=("cart-api",))), {}, False),
    ],
)
def test_a_freeze_has_its_time_and_its_conditions(
    freeze: Freeze, asked: dict[str, Any], frozen: bool
) -> None:
    verdict = decided(attempt(**asked), Policy(freezes=(freeze,)))
    assert (verdict.rule == FREEZE.name) is frozen


# --- limits --------------------------------------------------------------------------------------

WAITING = past("r8", started_at=None, finished_at=None, outcome="", requested_at=NOW - MINUTE)
EXPIRED = replace(WAITING, finished_at=NOW, outcome="expired")
ELSEWHERE = past("r9", runbook="scale-service", target="cart-api", service="cart-api")


def limit(runs: int = 1, **changes: Any) -> Limit:
    return Limit(name="often enough", runs=runs, within=HOUR, **changes)


@pytest.mark.parametrize(
    ("limited", "recent", "reached"),
    [
        (limit(), (), False),
        (limit(), (past(),), True),
        (limit(2), (past(),), False),
        (limit(2), (past(), WAITING), True),  # what waits may begin at any moment
        (limit(), (EXPIRED,), False),  # it never began
        (limit(), (past(started_at=NOW - HOUR),), False),  # just long enough ago
        (limit(), (past(run_id="own"),), False),  # the very run that is decided on
        (limit(), (ELSEWHERE,), True),
        (limit(of=LimitOf.RUNBOOK), (ELSEWHERE,), False),
        (limit(of=LimitOf.RUNBOOK), (past(target="cart-api"),), True),
        (limit(of=LimitOf.TARGET), (ELSEWHERE,), False),
        (limit(of=LimitOf.TARGET), (past(runbook="scale-service"),), True),
        (limit(of=LimitOf.REQUESTER), (past(),), False),
        (limit(of=LimitOf.REQUESTER), (past(requester="slack:U0ANN"),), True),
        (limit(when=When(runbooks=("scale-service",))), (ELSEWHERE,), False),  # not this runbook
        (limit(when=When(runbooks=("rollback-deploy",))), (ELSEWHERE,), False),
        (limit(when=When(runbooks=("rollback-deploy", "scale-service"))), (ELSEWHERE,), True),
        (limit(when=When(risks=(Risk.LOW,))), (past(risk=Risk.NONE),), False),
        (limit(when=When(risks=(Risk.LOW,))), (past(risk=Risk.LOW),), True),
        (limit(when=When(services=("checkout-api",))), (ELSEWHERE,), False),
    ],
)
def test_a_limit_counts_the_runs_it_is_about(
    limited: Limit, recent: tuple[Any, ...], reached: bool
) -> None:
    verdict = decided(attempt(recent=recent, run_id="own"), Policy(limits=(limited,)))
    assert (verdict.rule == "often enough") is reached


def test_a_limit_says_how_many_there_were_and_when_the_next_one_fits() -> None:
    runs = (past("r1", started_at=NOW - 50 * MINUTE), past("r2", started_at=NOW - 5 * MINUTE))
    two = decided(attempt(recent=runs), Policy(limits=(limit(2, of=LimitOf.TARGET),)))
    assert two.reason == (
        "at most 2 runs on checkout-api in 1 h: 2 began; the next one fits at 14:10 UTC"
    )
    one = decided(attempt(recent=(WAITING,)), Policy(limits=(limit(of=LimitOf.RUNBOOK),)))
    assert one.reason == (
        "at most 1 run of rollback-deploy in 1 h: 0 began, 1 waiting for approval"
    )


# --- breaking the glass --------------------------------------------------------------------------


def glass(why: str = WHY, **changes: Any) -> Any:
    return attempt(risk=Risk.HIGH, break_glass=why, **changes)


def test_who_may_break_the_glass_needs_nobody() -> None:
    """Whatever the rules and the runbook ask for."""
    asked = glass(approval=Approval(approvals=3))
    verdict = decided(asked, Policy(break_glass=ON_CALL, freezes=(FREEZE,)))
    assert (verdict.ruling, verdict.rule, verdict.approvals) == (ALLOWED, "break glass", 0)
    assert verdict.reason.startswith("who asks is on call for checkout-api and breaks the glass")


@pytest.mark.parametrize(
    ("who", "why", "said"),
    [
        (Who(), WHY, "nobody may break the glass here; `policy: break_glass:` in opsbot.yaml"),
        (Who(roles=("lead",)), WHY, "only the lead of the incident may break the glass"),
        (ON_CALL, "now!!", "say in words, 10 letters at least"),
        (ON_CALL, "   ...   !!!!!!!   ", "say in words, 10 letters at least"),
        (ON_CALL, " ", "say in words, 10 letters at least"),
    ],
)
def test_the_glass_holds_for_everybody_else(who: Who, why: str, said: str) -> None:
    verdict = decided(glass(why), Policy(break_glass=who))
    assert (verdict.ruling, verdict.rule) == (DENIED, "break glass")
    assert verdict.reason.startswith(said)


@pytest.mark.parametrize(
    ("policy", "asked", "rule"),
    [
        (Policy(), {"recent": (RUNNING,)}, "one run a target"),
        (Policy(), {"recent": (past(finished_at=NOW),)}, "cooldown"),
        (Policy(limits=(limit(),)), {"recent": (past(),)}, "often enough"),
        (Policy(rules=(PolicyRule(name="never", ruling=DENIED),)), {}, "never"),
    ],
)
def test_what_breaking_the_glass_does_not_go_through(
    policy: Policy, asked: dict[str, Any], rule: str
) -> None:
    policy = replace(policy, break_glass=ON_CALL)
    verdict = decided(glass(**asked), policy, cooldown=5 * MINUTE)
    assert (verdict.ruling, verdict.rule) == (DENIED, rule)


def test_a_limit_may_let_a_broken_glass_through() -> None:
    policy = Policy(break_glass=ON_CALL, limits=(limit(break_glass=True),))
    assert decided(glass(recent=(past(),)), policy).rule == "break glass"
    assert decided(attempt(recent=(past(),)), policy).rule == "often enough"
