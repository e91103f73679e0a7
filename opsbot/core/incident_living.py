"""What entries of living through an incident change: roles, updates, pages, follow-ups and more."""

from __future__ import annotations

from opsbot.core.entry import Entry
from opsbot.core.incident_state import Incident


def apply_living(state: Incident, entry: Entry) -> Incident:
    """The incident after an entry about how it is lived through; others change nothing."""
    return state
