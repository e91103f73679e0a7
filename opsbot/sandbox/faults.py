"""Ways in which a sandbox server can be made to misbehave, as real ones do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["down", "slow", "error", "empty", "huge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with every answer of a server until the fault is lifted."""

    kind: FaultKind
    seconds: float = 0.0
    status: int = 503


DOWN = Fault(kind="down")
"""Connections are refused, and open ones break."""

EMPTY = Fault(kind="empty")
"""Answers are well formed and hold nothing."""

HUGE = Fault(kind="huge")
"""Answers go on for HUGE_BYTES."""

HUGE_BYTES = 64 * 1024 * 1024


def slow(seconds: float) -> Fault:
    """Answers are right and come so many seconds late."""
    return Fault(kind="slow", seconds=seconds)


def error(status: int) -> Fault:
    """Answers are errors of this HTTP status, in the vendor's shape."""
    return Fault(kind="error", status=status)
