"""Narrowing of Slack's JSON: a missing or misshapen field is simply not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def as_object(value: object) -> Mapping[str, Any]:
    """A JSON object, or an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a JSON list."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", item) for item in items if isinstance(item, dict)]


def text_at(found: Mapping[str, Any], *keys: str) -> str:
    """The text under the first of these keys that holds a non-empty one, or ""."""
    for key in keys:
        value = found.get(key)
        if isinstance(value, str) and value:
            return value
    return ""
