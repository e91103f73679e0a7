"""Undo: the facts that take an act back, read from the record; or why it cannot be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Body, Entry
from opsbot.core.incident import Incident, fold
from opsbot.core.living_undo import (
    REASON,
    built_upon,
    impact_back,
    living_back,
    role_back,
    same_matter,
)
from opsbot.core.people import Actor

ALREADY = "it has been taken back already"
UNDO_WITHIN = timedelta(hours=12)


def reversal(
    entries: Sequence[Entry], seq: int, me: Actor, now: datetime
) -> tuple[Body, ...] | str:
    """What to append to take entry `seq` back, or the sentence that says why not.

    Only one's own act, soon after, and only while nobody has changed the same thing since: an
    undo never overrides somebody else.
    """
    entry = next((one for one in entries if one.seq == seq), None)
    if entry is None or entry.source != "slack":
        return "there is nothing to take back"
    if entry.actor.id != me.id:
        return f"it was {entry.actor.name or 'somebody else'} who did that"
    if now - entry.recorded_at > UNDO_WITHIN:
        return "that was too long ago; say what holds now instead"
    if any(isinstance(one.body, e.Withdrawn) and one.body.seq == seq for one in entries):
        return ALREADY
    if any(same_matter(entry.body, one.body) for one in entries if one.seq > seq):
        return "it has been changed again since"
    if why := built_upon(entry, entries):
        return why
    if isinstance(entry.body, e.RoleAssigned) and fold(entry.incident_id, entries).status.is_over:
        return "the incident is over, and who did what in it stays as it was"
    before = fold(entry.incident_id, [one for one in entries if one.seq < seq])
    return _back(entry, before)


def _back(entry: Entry, before: Incident) -> tuple[Body, ...] | str:
    match entry.body:
        case e.NoteAdded():
            return (e.Withdrawn(seq=entry.seq),)
        case e.SeverityChanged():
            return (e.SeverityChanged(severity=before.severity, reason=REASON),)
        case e.RoleAssigned() as body:
            return role_back(body, before)
        case e.ImpactSet() as body:
            return impact_back(entry, body, before)
        case e.StatusChanged(status=status) if before.status.is_over and not status.is_over:
            return "end it again with resolve or cancel, which say how it ended"
        case e.StatusChanged():
            return (e.StatusChanged(status=before.status, reason=REASON, closure=before.closure),)
        case _:
            return living_back(entry, before)
