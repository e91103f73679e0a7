"""Narrowing of JSON that came from outside: an object, a list, or None."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast


def as_object(value: object) -> dict[str, Any] | None:
    """Return a JSON object, or None when the value is something else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any] | None:
    """Return a JSON list, or None when the value is something else."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def objects_in(value: object, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object at any depth with its JSON pointer, outermost first."""
    found = as_object(value)
    if found is not None:
        yield pointer, found
        for key, inner in found.items():
            yield from objects_in(inner, f"{pointer}/{key}")
    for index, inner in enumerate(as_list(value) or []):
        yield from objects_in(inner, f"{pointer}/{index}")
