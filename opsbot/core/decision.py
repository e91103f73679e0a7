"""Decisions are values with reasons: what was decided, by which rule, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opsbot.core.entry import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an incident belongs. `again_at` asks for a second look, e.g. if it is still open."""

    placement: Placement
    rule: str
    reason: str
    channel: str = ""
    again_at: datetime | None = None
