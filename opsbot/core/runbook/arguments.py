"""All arguments of a runbook, read from text: from a form, from a button, from a typed line such as
`/incident run rollback-deploy service=session-validation`; and back into each of these."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from opsbot.core.nearest import nearest
from opsbot.core.parameter import Problem, code
from opsbot.core.runbook import ParameterKind, Runbook, RunParameter, Scalar
from opsbot.core.runbook.argument import Clean, read_argument, shown, text_of
from opsbot.core.runbook.duration import written_duration
from opsbot.core.text import listed
from opsbot.core.words import Word, as_typed, split_exactly

MOST_CHARACTERS = 1_500
"""Of all arguments as JSON: they travel in a button, and Slack's page "Button element" allows its
value 2,000."""

_PAIR = re.compile(r"[-–—―−]{0,2}(?P<name>[A-Za-z][A-Za-z0-9_-]{0,39})=(?P<value>.*)", re.DOTALL)
_FLAG = re.compile(r"[-–—―−]{1,2}(?P<name>[A-Za-z][A-Za-z0-9_-]{0,39})")
_QUOTES = ('""', "''", "“”", "«»", "‘’")
_MOST_UNKNOWN = 5  # names that nobody asked for, each told in a sentence


def read_arguments(
    runbook: Runbook,
    given: Mapping[str, str],
    services: Collection[str],
    clean: Clean | None = None,
) -> tuple[Mapping[str, Scalar], tuple[Problem, ...]]:
    """The values of what was given, defaults filled in, and every problem with it.

    An empty text is as if nothing was given. A parameter that is neither required nor given and
    has no default is absent. `services` are the catalogue's names; `clean` is the scrubber.
    """
    values: dict[str, Scalar] = {}
    known = {parameter.name for parameter in runbook.parameters}
    unknown = [name for name, text in given.items() if name not in known and text.strip(" ")]
    problems = [_unknown(runbook, name) for name in unknown[:_MOST_UNKNOWN]]
    for parameter in runbook.parameters:
        text = given.get(parameter.name, "")
        if parameter.kind is ParameterKind.SERVICE and not text.strip(" "):
            text = str(parameter.default or "")  # only here is it known whether there is such a one
        if not text.strip(" "):
            if parameter.default is not None:
                values[parameter.name] = parameter.default
            elif parameter.required:
                problems.append(_missing(parameter))
            continue
        value = read_argument(parameter, text, services, clean)
        if isinstance(value, Problem):
            problems.append(value)
        else:
            values[parameter.name] = value
    if len(to_text(typed(runbook, values))) > MOST_CHARACTERS:
        problems.append(
            Problem(
                parameter="",
                sentence=f"All arguments together have more than {MOST_CHARACTERS:,} characters: "
                "shorten the longest.",
            )
        )
    return MappingProxyType(values), tuple(problems)


def _unknown(runbook: Runbook, name: str) -> Problem:
    names = tuple(parameter.name for parameter in runbook.parameters)
    close = nearest(name, names)
    takes = f"It takes {listed(names, 8)}." if names else "It takes none."
    cure = f"Did you mean {code(close)}?" if close else takes
    return Problem(parameter="", sentence=f"{runbook.name} has no {code(name, 60)}. {cure}")


def _missing(parameter: RunParameter) -> Problem:
    name = shown(parameter)
    hint = f" {parameter.hint}" if parameter.hint else ""
    return Problem(
        parameter=parameter.name, missing=True,
        sentence=f"{name[:1].upper()}{name[1:]} is missing: type "
        f"{code(f'{parameter.name}={_example(parameter)}')}.{hint}",
    )  # fmt: skip


def _example(parameter: RunParameter) -> str:
    match parameter.kind:
        case ParameterKind.INTEGER | ParameterKind.NUMBER:
            return text_of(parameter.minimum if parameter.minimum is not None else 1)
        case ParameterKind.DURATION:
            return written_duration(int(parameter.minimum or 1800))
        case ParameterKind.BOOLEAN:
            return "yes"
        case ParameterKind.CHOICE:
            return parameter.choices[0] if parameter.choices else "..."
        case ParameterKind.STRING | ParameterKind.SERVICE:
            return "..."


def typed(runbook: Runbook, arguments: Mapping[str, Scalar]) -> dict[str, str]:
    """Values as somebody would type them; `read_arguments` reads the same values from it."""
    return {
        name: _typed(parameter, arguments[name])
        for name in arguments
        if (parameter := runbook.parameter(name)) is not None
    }


def _typed(parameter: RunParameter, value: Scalar) -> str:
    match parameter.kind:
        case ParameterKind.DURATION if isinstance(value, int):
            return written_duration(value)
        case ParameterKind.BOOLEAN:
            return "yes" if value else "no"
        case _:
            return text_of(value)


def to_text(given: Mapping[str, str]) -> str:
    """Typed arguments as one text that a button carries; `from_text` gives them back."""
    return json.dumps(dict(sorted(given.items())), separators=(",", ":"), ensure_ascii=False)


def from_text(text: str) -> dict[str, str]:
    """What `to_text` made; nothing of a text that is not ours. Never raises."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    pairs = cast("dict[str, Any]", found).items()
    return {name: value for name, value in pairs if isinstance(value, str)}


def from_words(
    runbook: Runbook, words: Sequence[Word]
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The typed arguments among `words`, which follow the runbook's name and were split exactly,
    as `read_arguments` takes them; problems for words that are none.

    `name=value` in any order; `--name` says yes to a boolean. One word alone is the value of the
    one required parameter that has none.
    """
    given: dict[str, str] = {}
    problems: list[Problem] = []
    bare: list[Word] = []
    for word in words:
        pair = None if word.quoted else _PAIR.fullmatch(word.text)
        flag = None if word.quoted else _flag(runbook, word.text)
        if flag:
            given.setdefault(flag, "yes")
        elif pair is None:
            bare.append(word)
        else:
            name = pair["name"].lower().replace("-", "_")
            if given.setdefault(name, pair["value"]) != pair["value"]:
                problems.append(_twice(name, given[name], pair["value"]))
    if bare:
        lacking = [
            parameter.name for parameter in runbook.parameters
            if parameter.required and parameter.default is None and parameter.name not in given
        ]  # fmt: skip
        if len(lacking) == 1 and len(bare) == 1:
            given[lacking[0]] = bare[0].text
        else:
            problems.append(_not_understood(runbook, bare))
    return given, tuple(problems)


def _flag(runbook: Runbook, text: str) -> str:
    found = _FLAG.fullmatch(text)
    parameter = runbook.parameter(found["name"].lower().replace("-", "_")) if found else None
    is_flag = parameter is not None and parameter.kind is ParameterKind.BOOLEAN
    return parameter.name if parameter is not None and is_flag else ""


def _twice(name: str, first: str, second: str) -> Problem:
    sentence = f"Two values for {code(name)}: {code(first)} and {code(second)}. Type one of them."
    return Problem(parameter=name, sentence=sentence)


def _not_understood(runbook: Runbook, words: Sequence[Word]) -> Problem:
    names = [parameter.name for parameter in runbook.parameters]
    cure = f"Write {code(f'{names[0]}=...')}." if names else f"{runbook.name} takes no arguments."
    quotes = " Put quotes around a value with spaces." if len(words) > 1 and names else ""
    typed_words = code(as_typed(words), 200)
    return Problem(parameter="", sentence=f"{typed_words} was not understood. {cure}{quotes}")


def line_of(runbook: Runbook, arguments: Mapping[str, Scalar], command: str = "/incident") -> str:
    """The line that asks for the same run when it is typed; empty when none can, because a value
    holds every sort of quote."""
    parts = [f"{command} run {runbook.name}"]
    for name, text in typed(runbook, arguments).items():
        part = _pair(name, text)
        if part is None:
            return ""
        parts.append(part)
    return " ".join(parts)


def _pair(name: str, value: str) -> str | None:
    """`name=value`, in quotes where it takes them to come back as it is."""
    candidates = (f"{name}={value}", *(f"{name}={q[0]}{value}{q[1]}" for q in _QUOTES))
    for candidate in candidates:
        words = split_exactly(f"x {_sent(candidate)} y")
        if len(words) == 3 and words[1].text == f"{name}={value}":
            return candidate
    return None


def _sent(text: str) -> str:
    """As Slack sends what somebody types (page "Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
