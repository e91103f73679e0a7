"""What a human reads of pages that people asked for."""

from __future__ import annotations

from opsbot.core.entry import Entry


def page_line(entry: Entry) -> tuple[str, int] | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others."""
    return None
