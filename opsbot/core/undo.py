"""Undo: the facts that take an act back, read from the record; or why it cannot be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Body, Entry, Role
from opsbot.core.incident import Incident, fold
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
    if any(_same_matter(entry.body, one.body) for one in entries if one.seq > seq):
        return "it has been changed again since"
    before = fold(entry.incident_id, [one for one in entries if one.seq < seq])
    return _back(entry, before)


def _same_matter(first: Body, later: Body) -> bool:
    if isinstance(first, e.NoteAdded):
        return False
    return type(first) is type(later)


def _back(entry: Entry, before: Incident) -> tuple[Body, ...] | str:
    reason = "taken back"
    match entry.body:
        case e.NoteAdded():
            return (e.Withdrawn(seq=entry.seq),)
        case e.SeverityChanged():
            return (e.SeverityChanged(severity=before.severity, reason=reason),)
        case e.RoleAssigned(role=role):
            held = before.lead if role is Role.LEAD else None
            slack_id, name = (held.slack_id, held.name) if held else ("", "")
            return (e.RoleAssigned(role=role, slack_id=slack_id, name=name),)
        case e.ImpactSet():
            impact = before.impact
            return (
                e.ImpactSet(
                    text=impact.text if impact else "", since=impact.since if impact else None
                ),
            )
        case e.StatusChanged():
            return (e.StatusChanged(status=before.status, reason=reason, closure=before.closure),)
        case _:
            return "this cannot be taken back"
