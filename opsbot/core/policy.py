"""Whether a run may be done: allowed, needs approval, or denied, each with its rule and reason.

Pure: who asks, what is asked for and what ran lately are values. The first rule whose conditions
all hold decides; limits and freezes are asked before, and can only deny.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from opsbot.core.hours import Hours
from opsbot.core.runbook import AS_THE_POLICY_SAYS, NOBODY, Approval, Risk, Who
from opsbot.core.severity import Severity


class Ruling(StrEnum):
    ALLOWED = "allowed"
    NEEDS_APPROVAL = "needs approval"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided, by which rule, and why, in a sentence for the person who asked."""

    ruling: Ruling
    rule: str
    reason: str
    approvals: int = 0  # how many different people have to approve, never the requester
    by: Who = NOBODY  # who may approve
    also: Who | None = None  # and has to be one of these as well: the runbook narrows the rule
    expires: timedelta = timedelta(minutes=15)
    page_after: timedelta | None = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run of the last days, for limits, cooldowns and one run a target at a time."""

    run_id: str
    incident_id: str
    runbook: str
    target: str
    requester: str  # actor id
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str = ""  # empty while it runs or waits
    break_glass: bool = False
    service: str = ""  # of the catalogue; empty when it acted on none
    risk: Risk = Risk.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody asks for, and everything a rule may look at."""

    runbook: str
    risk: Risk
    service: str
    environment: str
    severity: Severity
    requester: str  # actor id
    groups: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()  # that the requester holds in the incident
    on_call: bool = False  # for the service that is acted on
    break_glass: str = ""  # the typed reason; empty for an ordinary request
    approval: Approval = AS_THE_POLICY_SAYS  # what the runbook itself asks for
    recent: tuple[PastRun, ...] = ()
    run_id: str = ""  # of the run itself, when it is decided on again; it is not in its own way
    full_member: bool = True  # False for a guest whom the settings let in


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A rule's conditions; an empty one always holds. `hours` and `days` are those of the
    configured time zone."""

    runbooks: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()
    severities: tuple[Severity, ...] = ()
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    requester: Who | None = None
    hours: Hours | None = None
    days: tuple[str, ...] = ()


ALWAYS = When()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One row of `policy: rules:`."""

    name: str
    ruling: Ruling
    when: When = ALWAYS
    reason: str = ""
    approvals: int = 1
    by: Who = NOBODY
    expires: timedelta | None = None
    page_after: timedelta | None = None


class LimitOf(StrEnum):
    """What a limit counts runs of."""

    ALL = "all runs"
    RUNBOOK = "runbook"
    TARGET = "target"
    REQUESTER = "requester"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many runs in so long a time, of the runbooks, risks and services of `when`."""

    name: str
    runs: int
    within: timedelta
    of: LimitOf = LimitOf.ALL
    when: When = ALWAYS
    break_glass: bool = False  # whether breaking the glass goes through it


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing that changes anything runs; breaking the glass goes through it."""

    name: str
    start: datetime
    end: datetime
    when: When = ALWAYS


LEAD_OR_ON_CALL = Who(roles=("lead",), on_call=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything `policy:` says; without it, the rules in `policy_defaults.py`."""

    rules: tuple[PolicyRule, ...] = ()
    limits: tuple[Limit, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    break_glass: Who = NOBODY
    approvers: Who = LEAD_OR_ON_CALL  # where neither rule nor runbook names any
    expires: timedelta = timedelta(minutes=15)
    page_after: timedelta = timedelta(minutes=5)
