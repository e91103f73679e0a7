"""One argument: text that somebody typed or picked, read as the value its parameter asks for.

Everything typed is hostile: it becomes an element of a command's arguments or a value of a request
later. What could mean more there than it shows is refused here, in a sentence that says what to
type instead, and is never mended in silence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection

from opsbot.core.nearest import nearest
from opsbot.core.parameter import Problem, code
from opsbot.core.runbook import ParameterKind, RunParameter, Scalar
from opsbot.core.runbook.duration import seconds_of, written_duration
from opsbot.core.runbook.pattern import matches
from opsbot.core.text import listed
from opsbot.core.value import alike

Clean = Callable[[str], str]

LONGEST = 1_000  # characters of any string, whatever its `longest` says
_LONGEST_PLAIN = 200  # of everything that is no string
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(  # as long as programs write the numbers that somebody pastes
    r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?"
)
_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def read_argument(
    parameter: RunParameter, text: str, services: Collection[str], clean: Clean | None = None
) -> Scalar | Problem:
    """The value of `text`, or what is wrong with it. Spaces around it do not count.

    `services` are the catalogue's names. `clean` is the scrubber: a text that it would change
    holds a secret, which a runbook names and nobody types.
    """
    text = text.strip(" ")
    longest = min(parameter.longest, LONGEST)
    bound = longest if parameter.kind is ParameterKind.STRING else _LONGEST_PLAIN
    if len(text) > bound:
        return _wrong(parameter, f"has {len(text):,} characters: type at most {bound:,}.")
    if clean is not None and clean(text) != text:
        return _wrong(
            parameter,
            "looks like a secret, so it was not taken. Secrets are named in the runbook and read "
            "where they are kept; nobody types them. Replace this one: it has been seen.",
        )
    if unseen := _unseen(text):
        return _wrong(parameter, f"holds {unseen}: type one line of plain characters.")
    return _read(parameter, text, services)


def _read(parameter: RunParameter, text: str, services: Collection[str]) -> Scalar | Problem:
    match parameter.kind:
        case ParameterKind.STRING:
            return _string(parameter, text)
        case ParameterKind.INTEGER:
            if not _INTEGER.fullmatch(text):
                return _no(parameter, text, "a whole number", "digits, such as `3`")
            return _bounded(parameter, int(text))
        case ParameterKind.NUMBER:
            value = float(text) if _NUMBER.fullmatch(text) else math.nan
            if not math.isfinite(value):
                return _no(parameter, text, "a number", "digits, such as `0.5`")
            return _bounded(parameter, value)
        case ParameterKind.BOOLEAN:
            answer = _WORDS.get(text.casefold())
            return answer if answer is not None else _no(parameter, text, "yes or no", "`yes`")
        case ParameterKind.CHOICE:
            return _one_of(parameter, text, parameter.choices, "one of the choices")
        case ParameterKind.SERVICE:
            return _one_of(parameter, text, services, "a service of the catalogue")
        case ParameterKind.DURATION:
            seconds = seconds_of(text)
            if not seconds:
                return _no(parameter, text, "a length of time", "`90s`, `30m` or `1h30m`")
            return _bounded(parameter, seconds)


def _string(parameter: RunParameter, text: str) -> str | Problem:
    if parameter.pattern:
        if matches(parameter.pattern, text):
            return text
        hint = parameter.hint or f"Type it so that all of it matches {code(parameter.pattern, 200)}"
        return _wrong(parameter, f"cannot be {code(text)}. {_ended(hint)}")
    if text.startswith("-"):
        return _wrong(parameter, "begins with `-`, which a command would take for an option.")
    if ".." in re.split(r"[/\\]", text):
        return _wrong(parameter, "holds `..`, which leads out of a path.")
    return text


def _one_of(
    parameter: RunParameter, text: str, options: Collection[str], what: str
) -> str | Problem:
    """An option as it is written, or the only one that differs in case and joints alone."""
    if text in options:
        return text
    same = [option for option in options if alike(option) == alike(text)]
    if len(same) == 1:
        return same[0]
    close = nearest(text, options)
    some = listed(tuple(code(option) for option in options), 6)
    cure = f"Did you mean {code(close)}?" if close else f"There are {some}." if some else ""
    return _wrong(parameter, f"cannot be {code(text)}: that is not {what}. {cure}".rstrip())


def _bounded(parameter: RunParameter, value: int | float) -> int | float | Problem:
    low, high = parameter.minimum, parameter.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return value
    shown = _amount(parameter, value)
    return _wrong(parameter, f"cannot be {shown}: type {bounds(parameter)}.")


def bounds(parameter: RunParameter) -> str:
    """The range of numbers and durations in words; empty without any."""
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        return f"{_amount(parameter, low)} to {_amount(parameter, high)}"
    if low is not None:
        return f"at least {_amount(parameter, low)}"
    return f"at most {_amount(parameter, high)}" if high is not None else ""


def _amount(parameter: RunParameter, value: float) -> str:
    if parameter.kind is ParameterKind.DURATION:
        return written_duration(int(value))
    return text_of(value)


def text_of(value: Scalar) -> str:
    """A value inside a text: `true`, `5`, `0.25`, never `True` or `5.0`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _unseen(text: str) -> str:
    """What in a text is not what it shows: controls, hidden and reordering characters."""
    for char in text:
        kind = unicodedata.category(char)
        if char in "\n\r":
            return "a line break"
        if char == "\0":
            return "a NUL character"
        if kind[0] == "C" or kind in ("Zl", "Zp") or (kind == "Zs" and char != " "):
            return f"a character that cannot be seen (U+{ord(char):04X})"
        if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
            return f"a character that cannot be seen (U+{ord(char):04X})"
    return ""


def shown(parameter: RunParameter) -> str:
    """The parameter inside a sentence."""
    return parameter.label or parameter.name.replace("_", " ")


def _no(parameter: RunParameter, text: str, what: str, cure: str) -> Problem:
    limits = f" ({bounds(parameter)})" if bounds(parameter) else ""
    return _wrong(parameter, f"cannot be {code(text)}: that is not {what}. Type {cure}{limits}.")


def _wrong(parameter: RunParameter, said: str) -> Problem:
    name = shown(parameter)
    return Problem(parameter=parameter.name, sentence=f"{name[:1].upper()}{name[1:]} {said}")


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
