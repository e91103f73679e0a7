"""Look-ups: `${service}` in a call, filled in once, by one value, and never read again.

    ${name}                  an argument
    ${service.environment}   of the catalogue; `${incident.number}` of the incident
    ${run.target}            what the run acts on
    ${steps.find.revision}   what an earlier step has registered
    ${run.id} ${run.now} ${run.after.duration}   known when the step runs
    $${                      the two characters `${`

A text that is one look-up and nothing else keeps the value's type. There is nothing else: no
expressions, no defaults, no functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from opsbot.core.moment import shifted
from opsbot.core.runbook import Scalar
from opsbot.core.runbook.argument import text_of
from opsbot.core.text import inert

FROM, TEXT, NAMES = "$from", "$text", "$names"
SECRETS = "secrets"  # the key of a call behind which secrets are named
STEPS, LATER_IN = "steps.", "run.after."
LATER = frozenset({"run.id", "run.now"})
_HOLE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[A-Za-z0-9][A-Za-z0-9_-]*){0,3}")
_LONGEST_VALUE = 1_000
_FARTHEST = 3660 * 86_400  # seconds; no duration is longer
_NOTHING: frozenset[str] = frozenset()


class Unreadable(Exception):
    """A text holds something that begins like a look-up and is none; the message says what."""


class Unresolved(Exception):
    """A value that a step needs is not there, or cannot be used; the message says which."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One look-up inside a text."""

    name: str


def parts_of(text: str) -> tuple[str | Lookup, ...]:
    """The text cut at its look-ups. Raises Unreadable."""
    parts: list[str | Lookup] = []
    at = 0
    for hole in _HOLE.finditer(text):
        parts.append(text[at : hole.start()])
        at = hole.end()
        if hole[0] == "$${":
            parts.append("${")
            continue
        name = hole[1] or ""
        if not _NAME.fullmatch(name):
            raise Unreadable(f"`{inert(text[hole.start() :], 40)}` is no look-up")
        parts.append(Lookup(name))
    return tuple(part for part in (*parts, text[at:]) if part != "")


def is_late(name: str) -> bool:
    """Whether a look-up can be filled in only when the step runs."""
    return name.startswith((STEPS, LATER_IN)) or name in LATER


def fill(text: str, values: Mapping[str, Scalar]) -> Any:
    """The text with its look-ups filled in: a value, a text, or what is left for `resolve`.

    Raises Unresolved for a name that `values` do not hold.
    """
    parts = parts_of(text)
    filled = [_filled(part, values) for part in parts]
    if len(parts) == 1 and isinstance(parts[0], Lookup):
        return filled[0]
    if not any(isinstance(part, dict) for part in filled):
        return "".join(text_of(part) for part in filled)
    return {TEXT: _joined(filled)}


def _filled(part: str | Lookup, values: Mapping[str, Scalar]) -> Any:
    if isinstance(part, str):
        return part
    if is_late(part.name):
        return {FROM: part.name.removeprefix(STEPS)}
    if part.name not in values:
        raise Unresolved(part.name)
    return values[part.name]


def _joined(parts: list[Any]) -> list[Any]:
    """Neighbouring texts as one."""
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, dict):
            joined.append(part)
        elif joined and isinstance(joined[-1], str):
            joined[-1] += text_of(part)
        else:
            joined.append(text_of(part))
    return joined


def deferred(call: Any) -> frozenset[str]:
    """What a rendered call still waits for: `step.value`, `run.now` and the like."""
    if isinstance(call, list | tuple):
        return _NOTHING.union(*(deferred(item) for item in cast("list[Any]", call)))
    if not isinstance(call, dict):
        return frozenset()
    node = cast("dict[str, Any]", call)
    if set(node) == {FROM}:
        return frozenset({str(node[FROM])})
    return _NOTHING.union(*(deferred(item) for item in node.values()))


def resolve(call: Any, values: Mapping[str, Scalar], *, partly: bool = False) -> Any:
    """A rendered call as its executor takes it: everything filled in that waited, and nothing else
    looked at again. `partly` leaves what `values` do not hold.

    Raises Unresolved when a value is not there, or is a text that could mean something else where
    it is put: one that begins with a dash, holds a control character or is very long.
    """
    if isinstance(call, list | tuple):
        return [resolve(item, values, partly=partly) for item in cast("list[Any]", call)]
    if not isinstance(call, dict):
        return call
    node = cast("dict[str, Any]", call)
    if partly and set(node) in ({FROM}, {TEXT}) and not deferred(node) <= values.keys():
        return node
    if set(node) == {FROM}:
        return _value(str(node[FROM]), values)
    if set(node) == {TEXT}:
        return "".join(text_of(resolve(part, values)) for part in node[TEXT])
    if set(node) == {NAMES}:
        return {str(place): name for place, name in node[NAMES]}
    return {key: resolve(item, values, partly=partly) for key, item in node.items()}


def kept_names(secrets: Mapping[str, Any]) -> dict[str, Any]:
    """The names of secrets by their places (`secrets:` of a call) in a form that the record keeps:
    its scrubber takes out whatever stands behind a key such as `DEPLOY_TOKEN`."""
    return {NAMES: [[place, name] for place, name in secrets.items()]}


def _value(name: str, values: Mapping[str, Scalar]) -> Scalar:
    if name not in values:
        raise Unresolved(f"the value {name} is not there: no earlier step has given it")
    value = values[name]
    if isinstance(value, str):
        if len(value) > _LONGEST_VALUE:
            raise Unresolved(f"the value {name} is longer than {_LONGEST_VALUE:,} characters")
        if value.startswith("-") or any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise Unresolved(f"the value {name} begins with a dash or holds a control character")
    return value


def holds(condition: Mapping[str, Any] | None, values: Mapping[str, Scalar]) -> bool:
    """Whether a step is to run: its value equals `equals`, or is neither empty nor false. A value
    that no step has given is empty; numbers equal the text that shows them."""
    if condition is None:
        return True
    waited = deferred(condition.get("value"))
    if any(name not in values for name in waited):
        value: Any = ""
    else:
        value = resolve(condition.get("value"), values)
    equals = condition.get("equals")
    if equals is None:
        return value is not None and value is not False and value != ""
    return text_of(value) == text_of(equals)


def late_values(run_id: str, arguments: Mapping[str, Scalar], at: datetime) -> dict[str, Scalar]:
    """What a step can look up from when it begins at `at` (UTC): the run's id, that moment, and
    the moment after each duration among the arguments, in RFC 3339. Add them to what steps have
    registered before `resolve`."""
    later: dict[str, Scalar] = {
        f"{LATER_IN}{name}": _moment(shifted(at, timedelta(seconds=value)))
        for name, value in arguments.items()
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _FARTHEST
    }
    return {"run.id": run_id, "run.now": _moment(at), **later}


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
