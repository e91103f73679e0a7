"""Label and field selectors of list requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|$)"
)
_EVENT_FIELDS = (
    "involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid",
    "metadata.name", "metadata.namespace", "reason", "type",
)  # fmt: skip


class SelectorRefused(Exception):
    """A selector that the API server would not take."""


def labels_match(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels fulfil every requirement of a label selector; raises SelectorRefused."""
    at = 0
    while at < len(selector):
        negated = selector[at] == "!"
        found = _REQUIREMENT.match(selector, at + negated)
        if found is None:
            raise SelectorRefused(f"unable to parse requirement: found '{selector[at:]}'")
        if _fulfilled(found, labels) == negated:
            return False
        at = found.end()
    return True


def _fulfilled(found: re.Match[str], labels: Mapping[str, str]) -> bool:
    name, operator = found["name"], found["op"] or found["set"]
    if operator is None:
        return name in labels
    if operator in ("=", "=="):
        return labels.get(name) == found["value"]
    if operator == "!=":
        return labels.get(name) != found["value"]
    values = {value.strip() for value in found["values"].split(",")}
    return (labels.get(name) in values) == (operator == "in")


def fields_match(selector: str, body: Mapping[str, Any]) -> bool:
    """Whether an event fulfils a field selector; raises SelectorRefused for an unknown field."""
    for part in filter(None, selector.split(",")):
        name, operator, value = part.partition("!=" if "!=" in part else "=")
        value = value.removeprefix("=")
        if name not in _EVENT_FIELDS or not operator:
            raise SelectorRefused(f'field label not supported: {name}: unable to find "{part}"')
        held: Any = body
        for key in name.split("."):
            held = cast("dict[str, Any]", held).get(key) if isinstance(held, dict) else None
        if (held == value) != (operator == "="):
            return False
    return True
