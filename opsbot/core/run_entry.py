"""The record's vocabulary for runs of runbooks: asked for, approved, started, every step, the end.

Every class stands in `entry.Body`; what follows from it is in `core/run_moves.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from opsbot.core.policy import Verdict
from opsbot.core.runbook import Risk, Scalar
from opsbot.core.runbook.rendered import RenderedRun


class Phase(StrEnum):
    """Which list of a run's steps a step is of."""

    STEPS = "steps"
    ROLLBACK = "rollback"


class StepOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"  # its condition did not hold
    UNKNOWN = "unknown"  # it was begun, and nobody can say what came of it


class RunOutcome(StrEnum):
    """How a run ended; `succeeded`, `failed`, `rolled_back` and `unknown` are the outcomes of one
    that began."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    UNKNOWN = "unknown"
    DENIED = "denied"  # by a person, or by a rule at the start
    EXPIRED = "expired"  # nobody approved in time
    WITHDRAWN = "withdrawn"  # by who asked for it


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequested:
    """Somebody asks for exactly this run; `verdict` is what the policy said of it then."""

    run_id: str
    title: str
    risk: Risk
    plan: RenderedRun
    preview: tuple[str, ...]  # one line a step: exactly what will run, and where
    warnings: tuple[str, ...]  # what else goes back, what will undo it, what could not be seen
    verdict: Verdict
    expires_at: datetime | None = None
    break_glass: str = ""
    again: str = ""  # the run that this one asks for again


@dataclass(frozen=True, slots=True, kw_only=True)
class RunApproved:
    """One person, whose standing was looked up at the click, approves this hash."""

    run_id: str
    digest: str
    standing: str  # why they may: "on call for checkout-api"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDenied:
    """A person says no, with a reason; or a rule does, at the start."""

    run_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first step is about to be claimed. `before` is what the verification's metric said;
    `unread` why that is not known."""

    run_id: str
    before: float | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """The claim: a step without an end after this one was begun and is never begun again. `boot`
    is the process that runs it."""

    run_id: str
    phase: Phase
    step: int  # its place in the phase, from 0
    name: str
    boot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgressed:
    """The newest lines of a step that is still running, or what the metric says by now."""

    run_id: str
    phase: Phase
    step: int  # -1 while verifying
    tail: str
    lines: int = 0  # so far


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """What came of a step. `output` is the blob of its whole output, scrubbed."""

    run_id: str
    phase: Phase
    step: int
    name: str
    outcome: StepOutcome
    said: str = ""  # why it failed, or what it says it did
    output: str = ""
    tail: str = ""  # the last lines of the output
    lines: int = 0
    cut: bool = False  # the output was longer than its limit
    values: dict[str, Scalar] = field(default_factory=dict[str, Scalar])
    took_s: float = 0.0
    acted: bool = False  # it changed something before it failed


class CheckOutcome(StrEnum):
    """What the verification saw by its deadline."""

    PASSED = "passed"
    FAILED = "failed"
    UNREADABLE = "unreadable"  # the metric could not be read: nobody can say


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerified:
    """The metric before and after, and whether it came to where it should."""

    run_id: str
    outcome: CheckOutcome
    said: str
    before: float | None = None
    after: float | None = None
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The end of a run, once."""

    run_id: str
    outcome: RunOutcome
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutputShared:
    """What came of giving Slack the whole output as a file: `problem` is why it is not there, or,
    when `unsure`, why nobody can say; empty when the file stands."""

    run_id: str
    problem: str = ""
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJudged:
    """What a person found out about a run whose outcome was unknown."""

    run_id: str
    happened: bool
    said: str = ""
