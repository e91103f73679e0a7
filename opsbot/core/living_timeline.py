"""What a human reads of how an incident was lived through: updates, roles, pages, documents."""

from __future__ import annotations

from opsbot.core.entry import Entry


def living_line(entry: Entry) -> tuple[str, int] | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others."""
    return None
