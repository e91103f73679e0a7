"""What a human reads of runs of runbooks."""

from __future__ import annotations

from opsbot.core.entry import Entry


def run_line(entry: Entry) -> tuple[str, int] | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others."""
    return None
