"""What executors say of calls, for tests of files; two of them have no settings here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbot.catalog.runbooks import Executors


def check(call: Mapping[str, Any]) -> tuple[str, ...]:
    """A call of these tests says something."""
    return () if "say" in call else ("say is missing",)


EXECUTORS: Executors = {"noop": check, "http": None, "kubernetes": None}
