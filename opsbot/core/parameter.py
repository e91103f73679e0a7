"""What a verb takes: its parameters, the values they hold once read, and what to say when a value
is missing or makes no sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from opsbot.core.entry import Severity, Status
from opsbot.core.text import inert
from opsbot.core.when import Moment


class Kind(StrEnum):
    """What sort of value a parameter holds."""

    SEVERITY = "severity"  # Severity
    STATUS = "status"  # Status
    PERSON = "person"  # PersonRef
    SERVICE = "service"  # the name of a known service
    MOMENT = "moment"  # Moment
    DATE = "date"  # a day from today on
    DURATION = "duration"  # timedelta: how long from now
    INCIDENT = "incident"  # an incident's number
    ENTRY = "entry"  # the number of an entry of the record
    CHOICE = "choice"  # the value of one of `choices`
    FLAG = "flag"  # bool
    TEXT = "text"  # prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that a verb takes. `name` is what `name=value` and a form's field call it."""

    name: str
    kind: Kind
    label: str = ""  # as people see it, e.g. "Impact"
    hint: str = ""  # a sentence added when it is missing
    required: bool = False
    many: bool = False  # its value is a tuple
    choices: tuple[str, ...] = ()  # of CHOICE: accepted words; "fixed=resolved" maps to a value
    bare: bool = False  # SEVERITY, INCIDENT, ENTRY: a number alone will do
    kept: bool = False  # next to prose the words stay in it as well: "checkout-api is down"
    lined: bool = False  # TEXT: the line breaks of a form's field stay

    @property
    def shown(self) -> str:
        """The parameter inside a sentence."""
        return self.label or self.name.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """Somebody who was named. `slack_id` is empty when only a name was typed."""

    slack_id: str
    name: str = ""


Single = Severity | Status | PersonRef | Moment | date | timedelta | str | int | bool
Value = Single | tuple[Single, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a line cannot be done, in a sentence that says what to type. `parameter` is empty for
    words that belong to none."""

    parameter: str
    sentence: str
    missing: bool = False  # a required value was not given; a form can ask for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A line understood: values by parameter name (absent when not given), what is wrong, and how
    ambiguous words were taken."""

    values: Mapping[str, Value]
    problems: tuple[Problem, ...] = ()
    said: tuple[str, ...] = ()


_EXAMPLES = {
    Kind.SEVERITY: "sev2",
    Kind.STATUS: "monitoring",
    Kind.PERSON: "@name",
    Kind.MOMENT: "14:02",
    Kind.DATE: "friday",
    Kind.DURATION: "30m",
    Kind.INCIDENT: "INC-42",
    Kind.ENTRY: "#12",
}


def example(parameter: Parameter) -> str:
    """Something that could be typed for the parameter."""
    match parameter.kind:
        case Kind.FLAG:
            return f"--{parameter.name}"
        case Kind.CHOICE if parameter.choices:
            return parameter.choices[0].partition("=")[0]
        case Kind.SERVICE | Kind.CHOICE:
            return f"{parameter.name}=..."
        case Kind.TEXT:
            return f'"{parameter.shown.lower()} in your words"'
        case kind:
            return _EXAMPLES[kind]


def missing(parameter: Parameter, close: str | None = None) -> Problem:
    """A required value was not given; `close` is what something else that was typed is like."""
    told = f"{parameter.shown[:1].upper()}{parameter.shown[1:]} is missing"
    hint = f" Did you mean {code(close)}?" if close else ""
    hint += f" {parameter.hint}" if parameter.hint else ""
    return Problem(
        parameter=parameter.name,
        sentence=f"{told}: type it, such as {code(example(parameter))}.{hint}",
        missing=True,
    )


def not_read(parameter: Parameter, typed: str, close: str | None = None) -> Problem:
    """What was typed for the parameter is no such value; `close` is what it is most like."""
    kinds = {
        Kind.SEVERITY: "a severity", Kind.STATUS: "a status", Kind.PERSON: "a person",
        Kind.SERVICE: "a known service", Kind.MOMENT: "a time", Kind.INCIDENT: "an incident",
        Kind.ENTRY: "an entry", Kind.FLAG: "yes or no", Kind.DATE: "a day",
        Kind.DURATION: "a length of time",
    }  # fmt: skip
    told = kinds.get(parameter.kind, f"one of {', '.join(accepted(parameter))}")
    cure = (
        f"Did you mean {code(close)}?"
        if close
        else f"Type one, such as {code(example(parameter))}."
    )
    sentence = f"{code(typed)} is not {told}. {cure}"
    return Problem(parameter=parameter.name, sentence=sentence)


def twice(parameter: Parameter, first: str, second: str) -> Problem:
    """Two different values were given where one can be."""
    return Problem(
        parameter=parameter.name,
        sentence=f"Two values for {parameter.shown}: {code(first)} and {code(second)}. Type one "
        "of them; put quotes around what is only text.",
    )


def accepted(parameter: Parameter) -> tuple[str, ...]:
    """The words that a CHOICE accepts."""
    return tuple(choice.partition("=")[0] for choice in parameter.choices)


def code(text: str, limit: int = 80) -> str:
    """What somebody typed, or may type, inside a sentence."""
    return f"`{inert(text, limit).replace('`', chr(39))}`"
