"""What executors say of calls, for tests of files: one that takes all texts, one without settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbot.catalog.runbooks import Executors


def check(call: Mapping[str, Any]) -> tuple[str, ...]:
    """A call of these tests says something."""
    return () if "say" in call else ("say is missing",)


EXECUTORS: Executors = {"noop": check, "http": None, "kubernetes": None}
