"""A run as the record tells it: asked for, approved by whom, how far, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from opsbot.core.people import Actor
from opsbot.core.policy import Verdict
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.runbook import Risk, Scalar
from opsbot.core.runbook.rendered import RenderedRun, RenderedStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Somebody who approved, why they may, and when."""

    by: Actor
    standing: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """How far one step has come; `outcome` is None while it runs."""

    name: str
    started_at: datetime
    boot: str
    outcome: StepOutcome | None = None
    said: str = ""
    output: str = ""  # blob of the whole output
    tail: str = ""
    lines: int = 0
    cut: bool = False
    values: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    took_s: float = 0.0
    seq: int = 0  # of its newest entry
    acted: bool = False  # it changed something before it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the verification said, or says so far."""

    outcome: CheckOutcome | None = None
    said: str = ""
    before: float | None = None
    after: float | None = None
    took_s: float = 0.0
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run. It waits for approval, runs, or is over; `outcome` says how it ended."""

    run_id: str
    seq: int  # of the request
    title: str
    risk: Risk
    plan: RenderedRun
    preview: tuple[str, ...]
    warnings: tuple[str, ...]
    verdict: Verdict
    requester: Actor
    requested_at: datetime
    expires_at: datetime | None = None
    break_glass: str = ""
    again: str = ""
    approvals: tuple[Approver, ...] = ()
    denied_by: Actor | None = None
    started_at: datetime | None = None
    steps: tuple[StepState, ...] = ()
    rollback: tuple[StepState, ...] = ()
    check: Checked | None = None
    before: float | None = None
    unread: str = ""  # why `before` is not known
    outcome: RunOutcome | None = None
    said: str = ""
    finished_at: datetime | None = None
    judged: bool | None = None  # what a person found out about an unknown outcome
    judged_by: Actor | None = None
    number: int = 0  # of its incident
    output_problem: str = ""  # why its whole output does not stand in Slack
    output_unsure: bool = False  # nobody can say whether it stands there

    @property
    def approved(self) -> bool:
        """Whether nobody has to say yes any more."""
        return len(self.approvals) >= self.verdict.approvals

    @property
    def waits(self) -> bool:
        """Whether it waits for approval."""
        return self.outcome is None and self.started_at is None and not self.approved

    @property
    def runs(self) -> bool:
        """Whether it has begun and is not over."""
        return self.outcome is None and self.started_at is not None

    def planned(self, phase: Phase) -> tuple[RenderedStep, ...]:
        """The steps of a phase as they are to be done."""
        return self.plan.steps if phase is Phase.STEPS else self.plan.rollback

    def done(self, phase: Phase) -> tuple[StepState, ...]:
        """How far the steps of a phase have come."""
        return self.steps if phase is Phase.STEPS else self.rollback
