"""A runbook as a value: what it asks for, what it runs, how it is checked and taken back.

Files are read by `opsbot/catalog/runbooks.py`; nothing here knows YAML, Slack or an executor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

# A value that one character of YAML can say: what parameters hold and what look-ups give.
Scalar = str | int | float | bool


class Risk(StrEnum):
    """What a run may break; policies go by it."""

    NONE = "none"  # reads only
    LOW = "low"  # undone in a moment, touches one service
    MEDIUM = "medium"
    HIGH = "high"


class ParameterKind(StrEnum):
    """What sort of value a runbook asks for."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    SERVICE = "service"  # one of the catalogue
    DURATION = "duration"  # kept in whole seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParameter:
    """One thing a runbook asks for. `pattern` has to match the whole of a string."""

    name: str
    kind: ParameterKind
    label: str = ""
    hint: str = ""
    required: bool = True
    default: Scalar | None = None
    pattern: str = ""
    minimum: float | None = None  # of numbers; of durations in seconds
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    longest: int = 200  # characters of a string


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a step runs: `value` (a look-up) equals `equals`, or is anything but empty and false."""

    value: str
    equals: Scalar | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of one executor. Strings in `call` may hold look-ups such as `${service}`."""

    name: str
    executor: str
    call: Mapping[str, Any]
    timeout: timedelta = timedelta(minutes=1)
    output_limit: int = 65_536  # bytes of output that are kept
    when: Condition | None = None
    register: tuple[str, ...] = ()  # names of values that later steps may look up


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A metric that tells whether it helped: it has to stay below (or above) a bound for `holds`,
    within the deadline. `signal` is one of the metric source's own; `query` any text of its
    language, in which look-ups are escaped as text."""

    source: str = "prometheus"
    signal: str = ""
    query: str = ""
    service: str = "${service}"
    below: float | None = None
    above: float | None = None
    unit: str = ""  # "share" is shown as per cent
    holds: timedelta = timedelta(0)
    every: timedelta = timedelta(seconds=15)
    within: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What keeps runs apart: `target` names what is acted on, by one run at a time, and not again
    before `cooldown` has passed since the last."""

    target: str = "${service}"
    cooldown: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whom a rule lets in; any of these will do. Nobody when it is empty."""

    everybody: bool = False  # every full member who may use the verb
    groups: tuple[str, ...] = ()  # Slack user group ids
    group_names: tuple[str, ...] = ()  # as people know them, in the order of `groups`
    roles: tuple[str, ...] = ()  # lead | responder | declarer | a role of the incident
    on_call: bool = False  # on call for the service that is acted on, by the pager


NOBODY = Who()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What a runbook itself asks for, over and above the policy."""

    approvals: int | None = None  # None leaves it to the policy
    by: Who | None = None
    expires: timedelta | None = None
    page_after: timedelta | None = None  # pages the next on-call when nobody has answered


class OfferedWhen(StrEnum):
    """What must be so for the card to offer a runbook by itself."""

    NEVER = "never"
    ALWAYS = "always"
    DEPLOY_OF_SUSPECT = "deploy of a suspect"  # in the window that was looked at
    SUSPECT = "a suspect"
    FIRING = "the alert fires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """When the card offers the runbook, and with which arguments filled in (look-ups)."""

    when: OfferedWhen = OfferedWhen.NEVER
    services: tuple[str, ...] = ()  # only for these; empty for any
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


NEVER_OFFERED = Offered()
UNGUARDED = Guard()
AS_THE_POLICY_SAYS = Approval()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A line of arguments and what must come of it: the rendered calls, or the parameter that is
    refused. The test suite runs every one of them."""

    name: str
    arguments: Mapping[str, str]
    renders: tuple[Mapping[str, Any], ...] = ()  # the steps' calls, in order
    refused: str = ""  # the parameter's name
    surroundings: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))
    services: tuple[str, ...] = ()  # the catalogue's names; empty: those among the arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """One file of `runbooks/`. `version` is the SHA-256 of its meaning, as hex."""

    name: str
    title: str
    owner: str
    version: str
    description: str = ""
    risk: Risk = Risk.MEDIUM
    offered: Offered = NEVER_OFFERED
    parameters: tuple[RunParameter, ...] = ()
    steps: tuple[Step, ...] = ()
    verification: Verification | None = None
    rollback: tuple[Step, ...] = ()  # run, in this order, when a step or the verification fails
    guard: Guard = UNGUARDED
    approval: Approval = AS_THE_POLICY_SAYS
    examples: tuple[Example, ...] = ()
    origin: str = ""  # the file, as people are told of it
    unavailable: str = ""  # why nobody can run it here, such as an executor without settings

    def parameter(self, name: str) -> RunParameter | None:
        """The parameter of that name."""
        return next((p for p in self.parameters if p.name == name), None)
