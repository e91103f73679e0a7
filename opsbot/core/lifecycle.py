"""Which status may follow which, when a person says so. Ending an incident has its own verbs, which
ask how it ended; mitigated is a time and no status."""

from __future__ import annotations

from opsbot.core.entry import Status
from opsbot.core.incident import Incident

BY_HAND = (Status.TRIAGE, Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)
REOPENS_TO = Status.INVESTIGATING


def allowed_next(incident: Incident) -> tuple[Status, ...]:
    """The statuses that the verb `status` can set from here."""
    if incident.status is Status.RESOLVED:
        return (Status.CLOSED,)
    if incident.status.is_over:
        return ()
    return tuple(status for status in BY_HAND if status is not incident.status)


def why_not(incident: Incident, wanted: Status) -> str:
    """Why `status` cannot set it, and what can be done instead; empty when it can."""
    name, state = f"INC-{incident.number}", incident.status
    if wanted in allowed_next(incident):
        return ""
    if state is Status.MERGED:
        return f"{name} was merged into another incident; that one goes on."
    if state.is_over and not wanted.is_over:
        return f"{name} is over ({incident.closure or state}); reopen opens it again."
    match wanted:
        case Status.RESOLVED:
            return "To end an incident, use resolve; it asks how it ended."
        case Status.CANCELLED:
            return "To end what was no incident, use cancel; it asks why."
        case Status.CLOSED:
            return f"Only what is resolved can be closed; {name} is {state}. Use resolve first."
        case _:
            return "An incident cannot be merged by its status."


def why_not_reopened(incident: Incident) -> str:
    """Why it cannot be opened again; empty when it can."""
    if not incident.status.is_over:
        return f"INC-{incident.number} is open already ({incident.status})."
    if incident.status is Status.MERGED:
        return f"INC-{incident.number} was merged into another incident, which goes on for both."
    return ""
