"""Attempts and past runs for the tests of policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from opsbot.core.policy import Attempt, PastRun, Policy, Verdict
from opsbot.core.policy_decision import decide
from opsbot.core.runbook import Risk
from opsbot.core.severity import Severity

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday
TARGET = "checkout-api"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def attempt(**changes: Any) -> Attempt:
    """Somebody who is on call asks for a rollback of low risk, in production."""
    asked: dict[str, Any] = {
        "runbook": "rollback-deploy", "risk": Risk.LOW, "service": "checkout-api",
        "environment": "production", "severity": Severity.SEV2, "requester": "slack:U0ANN",
        "on_call": True,
    }  # fmt: skip
    return Attempt(**{**asked, **changes})


def past(run_id: str = "r1", **changes: Any) -> PastRun:
    """A rollback that began 20 minutes ago and ended 18 minutes ago."""
    ran: dict[str, Any] = {
        "run_id": run_id, "incident_id": "inc-1", "runbook": "rollback-deploy", "target": TARGET,
        "service": "checkout-api", "requester": "slack:U0BEN", "requested_at": NOW - 21 * MINUTE,
        "started_at": NOW - 20 * MINUTE, "finished_at": NOW - 18 * MINUTE, "outcome": "succeeded",
    }  # fmt: skip
    return PastRun(**{**ran, **changes})


def decided(
    asked: Attempt, policy: Policy | None = None, *, now: datetime = NOW, zone: str = "UTC",
    target: str = TARGET, cooldown: timedelta = timedelta(0),
) -> Verdict:  # fmt: skip
    """The verdict on an attempt."""
    return decide(asked, policy or Policy(), now, zone, target=target, cooldown=cooldown)
