"""Building blocks for describing what JSON Slack takes, and the problems found in what it got.

A `Check` looks at one value and adds to `Problems`; messages and JSON pointers are worded as
Slack words them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from opsbot.sandbox.slack.foreign_json import as_list, as_object

_FILE_ID = re.compile(r"[F][A-Z0-9]{8,}")


class Problems:
    """What is wrong with a value, each with the JSON pointer to it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, message: str, pointer: str) -> None:
        """Note one problem."""
        self.found.append(f"{message} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Problems], None]


def anything(value: Any, pointer: str, problems: Problems) -> None:
    """Accept any value."""


def text(most: int | None = None, *, least: int = 0) -> Check:
    """Check a string by its length in characters."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add("must provide a string", pointer)
        elif most is not None and len(value) > most:
            problems.add(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            problems.add(f"must be more than {least - 1} characters", pointer)

    return check


def word(*allowed: str) -> Check:
    """Check a string against the values Slack knows."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            problems.add(f"must be a valid enum value: {', '.join(allowed)}", pointer)

    return check


def pattern(regex: str, name: str) -> Check:
    """Check a string against a pattern."""
    compiled = re.compile(regex)

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add("must provide a string", pointer)
        elif not compiled.fullmatch(value):
            problems.add(f"invalid {name}", pointer)

    return check


def file_id(value: Any, pointer: str, problems: Problems) -> None:
    """Check a file id, worded as Slack words it (python-slack-sdk issue 1521)."""
    if not isinstance(value, str):
        problems.add("must provide a string", pointer)
    elif not _FILE_ID.fullmatch(value):
        problems.add(f"input must match regex pattern: ^{_FILE_ID.pattern}$", pointer)


def flag(value: Any, pointer: str, problems: Problems) -> None:
    """Check a boolean."""
    if not isinstance(value, bool):
        problems.add("must provide a boolean", pointer)


def whole(least: int | None = None, most: int | None = None) -> Check:
    """Check a whole number by its range."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add("must provide a number", pointer)
        elif least is not None and value < least:
            problems.add(f"must be greater than or equal to {least}", pointer)
        elif most is not None and value > most:
            problems.add(f"must be less than or equal to {most}", pointer)

    return check


def link(most: int) -> Check:
    """Check an address by scheme and length."""
    length = text(most, least=1)

    def check(value: Any, pointer: str, problems: Problems) -> None:
        length(value, pointer, problems)
        if isinstance(value, str) and not re.match(r"(?:https?|slack|mailto|tel):\S", value):
            problems.add("invalid url", pointer)

    return check


def array(of: Check, *, most: int | None = None, least: int = 0) -> Check:
    """Check a list by its length, then every item."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        items = as_list(value)
        if items is None:
            problems.add("must provide an array", pointer)
            return
        if most is not None and len(items) > most:
            problems.add(f"no more than {most} items allowed", pointer)
        if len(items) < least:
            problems.add(f"no less than {least} items allowed", pointer)
        for index, item in enumerate(items):
            of(item, f"{pointer}/{index}", problems)

    return check


def record(
    fields: Mapping[str, Check], *, required: tuple[str, ...] = (), one_of: tuple[str, ...] = ()
) -> Check:
    """Check an object: known fields only, `required` ones present, at least one of `one_of`."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        found = as_object(value)
        if found is None:
            problems.add("must provide an object", pointer)
            return
        for name in required:
            if name not in found:
                problems.add(f"missing required field: {name}", pointer)
        if one_of and not any(name in found for name in one_of):
            names = " or ".join(f"`{name}`" for name in one_of)
            problems.add(f"must define either {names}", pointer)
        for name, inner in found.items():
            if name in fields:
                fields[name](inner, f"{pointer}/{name}", problems)
            else:
                problems.add(f"invalid additional property: {name}", pointer)

    return check


def tagged(kinds: Mapping[str, Check]) -> Check:
    """Check an object by what its `type` says it is."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        found = as_object(value)
        if found is None:
            problems.add("must provide an object", pointer)
        elif "type" not in found:
            problems.add("missing required field: type", pointer)
        elif not isinstance(found["type"], str) or found["type"] not in kinds:
            problems.add(f"unsupported type: {found['type']}", f"{pointer}/type")
        else:
            kinds[found["type"]](value, pointer, problems)

    return check


def every(*checks: Check) -> Check:
    """Apply several checks to the same value."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        for one in checks:
            one(value, pointer, problems)

    return check
