"""A value of any kind of entry with a word in every text of it that may hold words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
IDS = frozenset(
    {
        "run_id", "again", "digest", "incident_id", "boot",
        "runbook", "version", "name", "executor", "register", "source", "signal", "unit",
        "rule", "groups", "group_names", "roles",
    }
)  # fmt: skip
"""Fields about runs that hold ids, hashes, a rule's or the runbook's own text, names of a list."""
_FLAT: Mapping[Any, Any] = {
    bool: True, int: 1, float: 1.0, datetime: T0, date: T0.date(), timedelta: timedelta(minutes=1),
}  # fmt: skip


def spoken(kind: type[Any], word: str, **given: Any) -> Any:
    """A value of this class; what is `given` is taken as it is."""
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name not in given}
    return kind(**given, **{name: _said(name, hint, word) for name, hint in hints.items()})


def _said(name: str, hint: Any, word: str) -> Any:
    if hint in (str, Any):
        return f"an-id-{name}" if name in IDS else word
    if hint in _FLAT:
        return _FLAT[hint]
    if get_origin(hint) is tuple:
        return (_said(name, get_args(hint)[0], word),)
    if get_origin(hint) in (dict, Mapping):
        return {"given": word}
    if arms := [arm for arm in get_args(hint) if arm is not type(None)]:  # a union
        return _said(name, arms[0], word)
    if issubclass(hint, Enum):
        return next(iter(hint))
    known = {"service": "checkout-api"} if hint.__name__ == "RenderedRun" else {}
    return spoken(hint, word, **known)
