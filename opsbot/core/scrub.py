"""The scrubber: takes secrets out of everything before it is put on the record.

It knows opsbot's own secrets by value and other people's by shape. What it takes out it names:
`[removed: slack token]`. It is no proof that nothing secret remains; it is the last of several
nets, and it prefers to let an odd word go over eating a trace id or a commit hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import quote

from opsbot.core.secret_pattern import PATTERNS, SECRET_NAME, SecretPattern

OWN_SECRET = "own secret"  # noqa: S105 - a receipt's name
SHORTEST_OWN = 6  # a shorter value is too likely to be an ordinary word
DEEPEST = 64  # levels of nested data; JSON of this depth says nothing a responder could read


class Scrubber:
    """Removes secrets from text and from JSON-like data. Pure, and linear in its input."""

    def __init__(self, known: tuple[str, ...] = ()) -> None:
        """`known` holds opsbot's own secret values; those under six characters are ignored."""
        self._own = _spellings(value for value in known if len(value) >= SHORTEST_OWN)

    def clean(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text without its secrets, and the names of what was taken out, sorted.

        Cleaning what is clean already changes nothing.
        """
        found: set[str] = set()
        return self._clean(text, found), tuple(sorted(found))

    def clean_data(self, data: Any) -> tuple[Any, tuple[str, ...]]:
        """The same for every string, key and value, of nested dicts, lists and tuples.

        A value under a key that names a secret (`password`, `api_key`, ...) goes whole.
        """
        found: set[str] = set()
        return self._walk(data, found, 0), tuple(sorted(found))

    def _clean(self, text: str, found: set[str]) -> str:
        for value in self._own:
            if value in text:
                text = text.replace(value, f"[removed: {OWN_SECRET}]")
                found.add(OWN_SECRET)
        lowered = text.lower()
        for pattern in PATTERNS:
            if any(hint in lowered for hint in pattern.hints):
                text = _without(pattern, text, found)
        return text

    def _walk(self, data: Any, found: set[str], depth: int) -> Any:
        if isinstance(data, str):
            return self._clean(data, found)
        if not isinstance(data, dict | list | tuple):
            return data
        if depth >= DEEPEST:
            found.add("deep nesting")
            return "[removed: deep nesting]"
        if isinstance(data, dict):
            items = cast("dict[Any, Any]", data).items()
            return {self._clean(str(k), found): self._value(k, v, found, depth) for k, v in items}
        return [self._walk(item, found, depth + 1) for item in cast("list[Any]", data)]

    def _value(self, key: Any, value: Any, found: set[str], depth: int) -> Any:
        named = isinstance(key, str) and len(key) <= 100 and SECRET_NAME.search(key)
        if named and isinstance(value, str) and len(value) >= 4:
            cleaned = self._clean(value, found)  # names what it knows before the rest goes
            if cleaned.startswith("[removed: "):
                return cleaned
            found.add("secret value")
            return "[removed: secret value]"
        return self._walk(value, found, depth + 1)


def _without(pattern: SecretPattern, text: str, found: set[str]) -> str:
    cleaned, times = pattern.regex.subn(rf"\g<keep>[removed: {pattern.name}]", text)
    if times:
        found.add(pattern.name)
    return cleaned


def _spellings(values: Iterable[str]) -> tuple[str, ...]:
    """A secret as it is, as it stands inside JSON, and inside a URL; longest first, so that no
    secret that contains another leaves its tail behind."""
    spelt: set[str] = set()
    for value in values:
        spelt |= {value, value.strip(), json.dumps(value)[1:-1], quote(value, safe="")}
    return tuple(sorted((s for s in spelt if len(s) >= SHORTEST_OWN), key=lambda s: (-len(s), s)))
