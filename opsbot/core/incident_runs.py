"""What entries about runs of runbooks change."""

from __future__ import annotations

from opsbot.core.entry import Entry
from opsbot.core.incident_state import Incident


def apply_runs(state: Incident, entry: Entry) -> Incident:
    """The incident after an entry about a run; others change nothing."""
    return state
