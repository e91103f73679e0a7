"""The sections of a runbook's file: parameters, steps, verification, guard, approval, examples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, WithJsonSchema

from opsbot.config.permission_section import GroupId
from opsbot.config.problem import quoted, wrong
from opsbot.config.scalar import DURATION_PATTERN, Duration, Size, Texts, duration
from opsbot.config.section import KIB, MIB, Section
from opsbot.config.who_section import RoleWords
from opsbot.core.parameter import Problem
from opsbot.core.runbook import (
    NOBODY,
    Approval,
    Condition,
    Example,
    Offered,
    OfferedWhen,
    ParameterKind,
    RunParameter,
    Scalar,
    Step,
    Verification,
    Who,
)
from opsbot.core.runbook.argument import LONGEST, read_argument, text_of
from opsbot.core.runbook.duration import seconds_of

_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}
_NO_TIME = timedelta(0)
_STEP_NAME = r"^[a-z][a-z0-9-]{0,39}$"
_VALUE_NAME = r"^[a-z][a-z0-9_]{0,39}$"


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise wrong("not a single value", "Write a text, a number, true or false")
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong("no finite number", "Write digits")
    return value


def _bound(value: Any) -> float:
    """A number, or a duration in seconds."""
    if isinstance(value, str):
        return duration(value).total_seconds()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"{quoted(str(value))} is no bound", "Write a number, or a duration such as 5m")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong("not a number", "Write digits, such as 0.05")
    return value


def _wait(value: Any) -> Any:
    return _NO_TIME if value == "0s" else duration(value)


AnyScalar = Annotated[Any, BeforeValidator(_scalar), WithJsonSchema(_SCALAR_SCHEMA)]
Bound = Annotated[float, BeforeValidator(_bound), WithJsonSchema({"type": ["number", "string"]})]
Number = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Wait = Annotated[
    timedelta,
    BeforeValidator(_wait),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["10m"]}),
]


class OfferedSection(Section):
    """When the card offers the runbook by itself."""

    when: Literal["never", "always", "deploy of a suspect", "a suspect", "the alert fires"] = Field(
        default="never",
        description="never, always, deploy of a suspect (in the window that was looked at), "
        "a suspect, or the alert fires.",
    )
    services: Texts = Field(default=(), description="Only for these services; without it, any.")
    arguments: dict[str, str] = Field(
        default={},
        description="Arguments that the offer fills in; ${offered.service} and "
        "${offered.version} are what made it fit.",
    )

    def offered(self) -> Offered:
        """The section as offers are made from it."""
        return Offered(
            when=OfferedWhen(self.when),
            services=self.services,
            arguments=MappingProxyType(dict(self.arguments)),
        )


class ParameterSection(Section):
    """One thing that the runbook asks for."""

    kind: Literal["string", "integer", "number", "boolean", "choice", "service", "duration"] = (
        Field(description="string, integer, number, boolean, choice, service or duration.")
    )
    label: str = Field(default="", max_length=60, description="What forms and messages call it.")
    hint: str = Field(default="", max_length=150, description="A sentence that says what to type.")
    required: bool = Field(
        default=True, description="Whether a run needs it; not when it has a default."
    )
    default: AnyScalar | None = Field(default=None, description="Taken when nothing is typed.")
    pattern: str = Field(
        default="",
        description="Of a string: the whole of it has to match this plain regular expression.",
    )
    min: Bound | None = Field(default=None, description="Smallest number or shortest duration.")
    max: Bound | None = Field(default=None, description="Largest number or longest duration.")
    choices: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=75)], ...], Field(max_length=100)
    ] = Field(default=(), description="Of a choice: what can be picked.")
    longest: int = Field(
        default=200, ge=1, le=LONGEST, description="Of a string: how many characters it may have."
    )

    def parameter(self, name: str) -> RunParameter:
        """The parameter, its default as the value that typing it would give."""
        made = RunParameter(
            name=name,
            kind=ParameterKind(self.kind),
            label=self.label,
            hint=self.hint,
            required=self.required and self.default is None,
            pattern=self.pattern,
            minimum=self.min,
            maximum=self.max,
            choices=self.choices,
            longest=self.longest,
        )
        return replace(made, default=_default(made, self.default))


def _default(parameter: RunParameter, written: Scalar | None) -> Scalar | None:
    """The value of a default; one that is refused stays as written, and is told of later."""
    if written is None or parameter.kind is ParameterKind.SERVICE:
        return written
    if parameter.kind is ParameterKind.DURATION:
        return seconds_of(str(written)) or str(written)
    read = read_argument(replace(parameter, pattern=""), text_of(written), ())
    return written if isinstance(read, Problem) else read


class WhenSection(Section):
    """When a step runs."""

    value: str = Field(min_length=1, description="A look-up, such as ${steps.status.ready}.")
    equals: AnyScalar | None = Field(
        default=None,
        description="What it has to be; without it, anything but empty and false will do.",
    )

    def condition(self) -> Condition:
        """The condition as a step holds it."""
        return Condition(value=self.value, equals=self.equals)


class StepSection(Section):
    """One call of one executor."""

    name: Annotated[str, Field(pattern=_STEP_NAME)] = Field(
        description="What the step is called: lower-case letters, digits and -."
    )
    executor: str = Field(min_length=1, description="Which way of acting: kubernetes, http, ...")
    do: dict[str, Any] = Field(
        min_length=1, description="The call, as the executor's page describes it."
    )
    timeout: Duration = Field(
        default=duration("1m"), ge=duration("1s"), le=duration("1h"),
        description="When it is given up.",
    )  # fmt: skip
    output_limit: Size = Field(
        default=64 * KIB, ge=KIB, le=4 * MIB,
        description="How much of its output is kept; the rest is dropped, and said so.",
    )  # fmt: skip
    when: WhenSection | None = Field(default=None, description="Runs only if this holds.")
    register_: tuple[Annotated[str, Field(pattern=_VALUE_NAME)], ...] = Field(
        default=(), alias="register", max_length=20,
        description="Values of its answer that later steps may look up.",
    )  # fmt: skip

    def step(self) -> Step:
        """The step as it is rendered."""
        return Step(
            name=self.name,
            executor=self.executor,
            call=MappingProxyType(self.do),
            timeout=self.timeout,
            output_limit=self.output_limit,
            when=self.when.condition() if self.when else None,
            register=self.register_,
        )


class VerificationSection(Section):
    """A metric that has to come to where it should be."""

    source: str = Field(default="prometheus", description="The integration that is asked.")
    signal: str = Field(
        default="", description="One of the source's own signals, such as error_share."
    )
    query: str = Field(
        default="",
        description="Instead of a signal: any query of its language. Look-ups stand inside quoted "
        "texts only, and are escaped there.",
    )
    service: str = Field(default="", description="Whose signal (default: the service acted on).")
    below: Number | None = Field(default=None, description="It has to stay below this.")
    above: Number | None = Field(default=None, description="It has to stay above this.")
    unit: Literal["", "share", "s", "bytes", "per_s", "count"] = Field(
        default="", description="How it is shown: share (per cent), s, bytes, per_s or count."
    )
    holds: Wait = Field(default=_NO_TIME, description="For how long without a break.")
    every: Duration = Field(
        default=duration("15s"), ge=duration("5s"), description="How often it is asked."
    )
    within: Duration = Field(
        default=duration("5m"), le=duration("2h"), description="The deadline for all of that."
    )

    def verification(self, about: str) -> Verification:
        """The verification; `about` is the look-up of the service acted on."""
        return Verification(
            source=self.source,
            signal=self.signal,
            query=self.query,
            service=self.service or about,
            below=self.below,
            above=self.above,
            unit=self.unit,
            holds=self.holds,
            every=self.every,
            within=self.within,
        )


class GuardSection(Section):
    """What keeps runs apart."""

    target: str = Field(
        default="",
        description="What is acted on, by one run at a time (default: the service, or else the "
        "runbook itself).",
    )
    cooldown: Wait = Field(
        default=_NO_TIME, description="How long after a run of a target the next one may begin."
    )


class WhoSection(Section):
    """Whom a rule lets in: any of these will do."""

    everybody: bool = Field(default=False, description="Every full member who may use the verb.")
    groups: dict[str, GroupId] = Field(
        default={}, description="User groups by the name that people know, such as sre: S012AB3CD."
    )
    roles: RoleWords = Field(default=(), description="Roles in the incident, such as lead.")
    on_call: bool = Field(
        default=False, description="Whoever is on call for the service acted on, by the pager."
    )

    def who(self) -> Who:
        """The people as policies know them."""
        return Who(
            everybody=self.everybody,
            groups=tuple(self.groups.values()),
            group_names=tuple(self.groups),
            roles=self.roles,
            on_call=self.on_call,
        )


class ApprovalSection(Section):
    """What the runbook asks for over and above the policy."""

    approvals: Annotated[int, Field(ge=0, le=10)] | None = Field(
        default=None,
        description="How many other people have to say yes; without it the policy decides.",
    )
    by: WhoSection | None = Field(default=None, description="Who may say yes.")
    expires: Duration | None = Field(default=None, description="When the request lapses.")
    page_after: Duration | None = Field(
        default=None, description="When nobody has answered, the next on-call is paged."
    )

    def approval(self) -> Approval:
        """The section as the policy takes it."""
        who = self.by.who() if self.by else None
        return Approval(
            approvals=self.approvals,
            by=None if who == NOBODY else who,
            expires=self.expires,
            page_after=self.page_after,
        )


class ExampleSection(Section):
    """Arguments, and what must come of them."""

    name: str = Field(min_length=1, max_length=100, description="What the example shows.")
    arguments: dict[str, AnyScalar] = Field(default={}, description="As somebody would type them.")
    surroundings: dict[str, AnyScalar] = Field(
        default={},
        description="What look-ups find, by dotted name, such as service.selectors.namespace.",
    )
    services: Texts = Field(
        default=(),
        description="The names in the catalogue (default: the service among the arguments).",
    )
    renders: tuple[dict[str, Any], ...] = Field(
        default=(), description="The calls that the steps become, in their order."
    )
    refused: str = Field(default="", description="The parameter that is refused.")

    def example(self) -> Example:
        """The example as it is run."""
        arguments = cast("Mapping[str, Scalar]", self.arguments)
        return Example(
            name=self.name,
            arguments=MappingProxyType({k: text_of(v) for k, v in arguments.items()}),
            surroundings=MappingProxyType(dict(self.surroundings)),
            services=self.services,
            renders=self.renders,
            refused=self.refused,
        )
