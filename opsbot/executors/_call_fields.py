"""What calls are made of: fields that are known, texts, names of secrets, and look-ups in them.

A call is read twice: as a runbook writes it, with look-ups (`${...}`), and rendered, when all of it
is text, whatever it looks like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeGuard, cast

from opsbot.core.nearest import nearest
from opsbot.core.runbook import Scalar
from opsbot.core.runbook import argument as core_argument
from opsbot.core.runbook.lookups import FROM, NAMES, TEXT
from opsbot.core.text import inert, listed

LOOK_UP = "${"
# Nobody looks up a secret: what is looked up stands in the preview and in the list of processes.
_SECRET_LOOK_UP = re.compile(r"\$\{\s*secrets?\b")
_DEFERRED = ({FROM}, {TEXT})
_DEEPEST = 50


class CallRefused(Exception):
    """A call that cannot be done as it stands; `problems` are sentences, each of one line."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def quoted(text: object, limit: int = 60) -> str:
    """Foreign text inside a sentence: short, of one line, in quotes."""
    return f"'{inert(str(text), limit)}'"


def unknown_fields(call: Mapping[str, Any], known: Sequence[str]) -> Iterator[str]:
    """A sentence for each field that no call of this kind has."""
    for name in call:
        if name not in known:
            close = nearest(str(name)[:60], list(known))
            hint = f"did you mean `{close}`?" if close else f"known are {listed(tuple(known), 12)}"
            yield f"no field is called {quoted(name)}; {hint}"


def unresolved(value: Any) -> bool:
    """Whether the value is one that an earlier step finds out."""
    keys: object = set(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else None
    return keys in _DEFERRED


def shown_unresolved(value: Any) -> str:
    """A value that an earlier step finds out, as a runbook writes it: `${build.image}`."""
    if not unresolved(value):
        return text_of(value) if is_scalar(value) else "..."
    found = cast("Mapping[str, Any]", value)
    if FROM in found:
        return f"${{{inert(str(found[FROM]), 80)}}}"
    parts: Any = found[TEXT]
    parts = cast("list[Any]", parts) if isinstance(parts, list) else [parts]
    return "".join(shown_unresolved(part) for part in parts[:20])


def is_scalar(value: Any) -> TypeGuard[Scalar]:
    """Whether the value is a text, a finite number, or true or false."""
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def text_of(value: Scalar) -> str:
    """A scalar as one word: `true`, `3`, `0.25`."""
    # Python refuses to write integers of more than 4,300 digits; nobody means one.
    if isinstance(value, int) and abs(value) >= 1 << 128:
        return hex(value)
    return core_argument.text_of(value)


def wrong_text(text: str, longest: int) -> str:
    """Why a text cannot be handed on; empty when it can."""
    if "\x00" in text:
        return "holds a NUL character"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return f"is {size:,} bytes long; {longest:,} are allowed" if size > longest else ""


def all_texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a call, however deep, keys included."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            yield str(key)
            yield from all_texts(inner, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list | tuple):
        for inner in cast("Sequence[Any]", value):
            yield from all_texts(inner, depth + 1)


def looked_up_secrets(call: Mapping[str, Any]) -> Iterator[str]:
    """A sentence when a look-up asks for a secret."""
    if any(_SECRET_LOOK_UP.search(text) for text in all_texts(call)):
        yield "a look-up asks for a secret; name the secret below `secrets:` instead"


def secret_names(
    value: Any, known: Collection[str], executor: str
) -> tuple[dict[str, str], list[str]]:
    """`secrets:` of a call as names by place, and sentences for what is wrong with it."""
    places = _places(value)
    if places is None:
        return {}, ["secrets: write `PLACE: secret-name` lines below it"]
    found: dict[str, str] = {}
    problems: list[str] = []
    for place, name in places:
        if not isinstance(name, str) or LOOK_UP in name:
            problems.append(f"secrets.{inert(str(place), 60)}: write the name of a secret out")
            continue
        found[str(place)] = name
        if name not in known:
            problems.append(no_such_secret(name, known, executor))
    return found, problems


def _places(value: Any) -> list[tuple[Any, Any]] | None:
    """Places and names as a runbook writes them, or as a rendered run keeps them (`kept_names`)."""
    if value is None:
        return []
    if not isinstance(value, Mapping):
        return None
    written = cast("Mapping[Any, Any]", value)
    if set(written) != {NAMES}:
        return list(written.items())
    pairs: Any = written[NAMES]
    pairs = cast("list[Any]", pairs) if isinstance(pairs, list | tuple) else [None]
    if not all(
        isinstance(pair, list | tuple) and len(cast("list[Any]", pair)) == 2 for pair in pairs
    ):
        return None
    return [(place, name) for place, name in pairs]


def no_such_secret(name: str, known: Collection[str], executor: str) -> str:
    """That nobody has configured a secret, and how to."""
    close = nearest(name[:60], list(known))
    where = f"executors.{executor}.secrets in opsbot.yaml"
    hint = f"did you mean {quoted(close)}?" if close else f"add it to {where}"
    return f"no secret is called {quoted(name)}; {hint}"
