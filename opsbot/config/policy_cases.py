"""The file of `opsbot policy test`: cases as they are written, each with what it expects."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from opsbot.config.document import read_document
from opsbot.config.explain import validate
from opsbot.config.problem import ConfigInvalid, ConfigProblem, Report, quoted, wrong
from opsbot.config.scalar import Duration, Texts, duration, moment
from opsbot.config.section import Section
from opsbot.config.who_section import RoleWords
from opsbot.core.moment import shifted
from opsbot.core.policy import Ruling
from opsbot.core.runbook import Risk
from opsbot.core.severity import Severity

_TIME_FIX = "Write a time such as 2026-11-28 22:00, or how long before, such as 20m"


def _time_or_ago(value: Any) -> str:
    """A time, or how long before the case's own; read when that is known."""
    try:
        duration(value)
    except PydanticCustomError:
        try:
            moment(str(value), "UTC")
        except PydanticCustomError:
            raise wrong(f"{quoted(str(value))} is no time", _TIME_FIX) from None
    return str(value)


def _time(value: Any) -> str:
    moment(str(value), "UTC")
    return str(value)


TimeOrAgo = Annotated[str, BeforeValidator(_time_or_ago), WithJsonSchema({"type": "string"})]
Time = Annotated[str, BeforeValidator(_time), WithJsonSchema({"type": "string"})]


def time_or_ago(text: str, at: datetime, zone: str) -> datetime:
    """The moment meant: `20m` is 20 minutes before `at`; a time without an offset is local."""
    try:
        return shifted(at, -duration(text))
    except PydanticCustomError:
        return moment(text, zone)


class PastRunSection(Section):
    """A run before: over when it says when it ended, waiting for approval when it never began."""

    runbook: str = Field(default="", description="Which runbook (default: the one asked for).")
    target: str = Field(default="", description="On what (default: the target asked for).")
    service: str = Field(default="", description="On which service (default: the one asked for).")
    risk: Risk | None = Field(default=None, description="Its risk (default: that of the runbook).")
    requester: str = Field(default="", description="By whom (default: by somebody else).")
    started: TimeOrAgo = Field(default="", description="When it began, such as 20m before.")
    finished: TimeOrAgo = Field(default="", description="When it ended, such as 18m before.")


class GivenSection(Section):
    """What is asked for, by whom, and when."""

    runbook: str = Field(min_length=1, description="Which runbook.")
    risk: Risk | None = Field(default=None, description="Its risk (default: as its file says).")
    service: str = Field(default="", description="The catalogue's service that is acted on.")
    environment: str | None = Field(
        default=None, description="The service's environment (default: as the catalogue says)."
    )
    severity: Severity = Field(default=Severity.UNSET, description="Of the incident.")
    requester: str = Field(default="somebody", description="Who asks; any name.")
    groups: Texts = Field(default=(), description="User groups of who asks, by name or id.")
    roles: RoleWords = Field(default=(), description="Roles of who asks, such as lead.")
    on_call: bool = Field(default=False, description="Whether who asks is on call for the service.")
    guest: bool = Field(
        default=False, description="Whether who asks is a guest whom the settings let in."
    )
    break_glass: str = Field(default="", description="The reason typed to break the glass.")
    target: str | None = Field(default=None, description="What is acted on (default: service).")
    cooldown: Duration | None = Field(
        default=None, description="How long a target is left alone (default: the runbook's)."
    )
    at: Time = Field(default="", description="When (default: now); local time in `timezone`.")
    recent: tuple[PastRunSection, ...] = Field(default=(), description="Runs before.")


class ExpectSection(Section):
    """What has to come of it; what is not written may be anything."""

    ruling: Ruling = Field(description="allowed, needs approval or denied.")
    rule: str | None = Field(default=None, description="The name of what decides.")
    approvals: Annotated[int, Field(ge=0, le=10)] | None = Field(
        default=None, description="How many approvals are asked for."
    )


class CaseSection(Section):
    """One case."""

    name: str = Field(min_length=1, max_length=120, description="What the case shows.")
    given: GivenSection = Field(description="What is asked for, by whom, and when.")
    expect: ExpectSection = Field(description="What has to come of it.")


class CaseFile(Section):
    """A table of cases."""

    cases: tuple[CaseSection, ...] = Field(min_length=1, description="The cases, in order.")


def read_cases(path: Path) -> tuple[CaseSection, ...]:
    """The cases of a file: a list, or a mapping with the key `cases`. Raises ConfigInvalid."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        fix = "Name a file with cases, or write one: docs/policy.md shows how"
        problem = ConfigProblem(file=str(path), line=0, key="", problem=str(why), fix=fix)
        raise ConfigInvalid([problem]) from None
    document = read_document(text, str(path), items="cases")
    report = Report(str(path), document.lines)
    report.problems += document.repeats
    file = validate(CaseFile, document.root, report)
    report.raise_if_any()
    return file.cases if file is not None else ()
