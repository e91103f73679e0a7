"""What a change says about itself: configuration values and version, out of free-form details."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from opsbot.core.text import inert
from opsbot.integrations._foreign_json import items, loads, mapping, text

_PAIRS = (("before", "after"), ("old", "new"), ("from", "to"))
_NAMES = ("key", "name", "path", "field", "file")
_VERSIONS = ("version", "ref", "revision", "tag", "sha", "commit")
_DEEPEST = 4
_MOST_HINTS = 4


def hints(details: Any) -> tuple[str, ...]:
    """A few short `name=value` and `name before -> after`, whatever shape the pipeline chose.

    Values that changed come first: they are what a responder looks for.
    """
    found = list(_walk(opened(details), "", 0))
    ranked = sorted(found, key=lambda hint: "->" not in hint)
    return tuple(dict.fromkeys(ranked))[:_MOST_HINTS]


def version_in(details: Any) -> str:
    """The version or revision the details name, empty when they name none."""
    given = mapping(opened(details))
    return next((text(given[key]) for key in _VERSIONS if text(given.get(key))), "")


def deploy_key(service: str, version: str) -> str:
    """The same for every source that tells of one deploy."""
    return f"deploy:{service}:{inert(version, 80)}"


def opened(details: Any) -> Any:
    """The details themselves, also when a pipeline sent them as JSON inside a text."""
    if not isinstance(details, str):
        return details
    try:
        return loads(details)
    except ValueError:
        return {}


def _walk(value: Any, name: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield from _of_mapping(mapping(value), name, depth)
    elif isinstance(value, list):
        for item in items(value)[:20]:
            yield from _walk(item, name, depth + 1)
    elif name and (words := _scalar(value)):
        joint = " " if "->" in words else "="
        yield f"{inert(name, 60)}{joint}{inert(words, 60)}"


def _of_mapping(given: Mapping[str, Any], name: str, depth: int) -> Iterator[str]:
    for before, after in _PAIRS:
        old, new = _scalar(given.get(before)), _scalar(given.get(after))
        if old and new:
            called = next((text(given[key]) for key in _NAMES if text(given.get(key))), name)
            yield f"{inert(called, 60)} {inert(old, 40)} -> {inert(new, 40)}"
            return
    for key, value in list(given.items())[:40]:
        yield from _walk(value, key, depth + 1)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else text(value)
