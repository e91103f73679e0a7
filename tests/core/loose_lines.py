"""Parameters like those of real verbs, and a way to read lines with them."""

from __future__ import annotations

from datetime import UTC, datetime

from opsbot.core.loose import (
    Kind,
    Parameter,
    PersonRef,
    Problem,
    Read,
    Value,
    read_line,
    read_value,
)
from opsbot.core.when import Moment
from opsbot.core.words import split

NOW = datetime(2026, 11, 23, 13, 22, 30, tzinfo=UTC)  # a Monday; 14:22:30 in Berlin
ZONE = "Europe/Berlin"
SERVICES = ("checkout-api", "auth-api", "auth-web", "session-validation", "Payments Gateway")

TITLE = Parameter(name="title", kind=Kind.TEXT, required=True)
REASON = Parameter(name="reason", kind=Kind.TEXT)
SEVERITY = Parameter(name="severity", kind=Kind.SEVERITY)
STATUS = Parameter(name="status", kind=Kind.STATUS)
SERVICE = Parameter(name="service", kind=Kind.SERVICE)
LEAD = Parameter(name="lead", kind=Kind.PERSON)
PEOPLE = Parameter(name="people", kind=Kind.PERSON, many=True)
AT = Parameter(name="at", kind=Kind.MOMENT)
INCIDENT = Parameter(name="incident", kind=Kind.INCIDENT)
ENTRY = Parameter(name="entry", kind=Kind.ENTRY, required=True, bare=True)
PRIVATE = Parameter(name="private", kind=Kind.FLAG)
CLOSURE = Parameter(
    name="closure", kind=Kind.CHOICE,
    choices=("fixed", "duplicate", "false alarm=false-alarm", "recovered=self-recovered"),
)  # fmt: skip

DECLARE = (TITLE, SEVERITY, Parameter(name="service", kind=Kind.SERVICE, kept=True), LEAD, AT,
           PRIVATE)  # fmt: skip
NOTE = (Parameter(name="text", kind=Kind.TEXT, required=True), AT, INCIDENT)
CHANGE_STATUS = (STATUS, REASON, AT, INCIDENT)
CHANGE_SEVERITY = (
    Parameter(name="severity", kind=Kind.SEVERITY, required=True, bare=True), REASON, INCIDENT,
)  # fmt: skip
LOGS = (SERVICE, Parameter(name="query", kind=Kind.TEXT), AT, INCIDENT)
EVIDENCE = (SERVICE, AT, INCIDENT)
TAKE_LEAD = (Parameter(name="person", kind=Kind.PERSON), INCIDENT)
RESOLVE = (CLOSURE, REASON, AT, INCIDENT)
REDACT = (ENTRY, Parameter(name="reason", kind=Kind.TEXT, required=True), INCIDENT)


def read(line: str, parameters: tuple[Parameter, ...]) -> Read:
    return read_line(split(line), parameters, zone=ZONE, now=NOW, services=SERVICES, me="U1")


def field(parameter: Parameter, text: str) -> Value | Problem:
    return read_value(parameter, text, zone=ZONE, now=NOW, services=SERVICES, me="U1")


def told(value: Value) -> object:
    """A value in few letters: times as UTC, people as their id or @name."""
    if isinstance(value, tuple):
        return tuple(told(one) for one in value)
    if isinstance(value, Moment):
        return f"{value.at:%H:%M}"
    if isinstance(value, PersonRef):
        return value.slack_id or f"@{value.name}"
    return value


def values(line: str, parameters: tuple[Parameter, ...]) -> dict[str, object]:
    """The values of a line in which nothing is wrong."""
    found = read(line, parameters)
    assert not found.problems, found.problems
    return {name: told(value) for name, value in found.values.items()}


def sentences(line: str, parameters: tuple[Parameter, ...]) -> list[str]:
    """What is wrong with a line."""
    return [problem.sentence for problem in read(line, parameters).problems]
