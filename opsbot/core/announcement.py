"""What a person changed, said publicly in one line with who did it; told from the entry alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.card import At, Line, Piece, Strong, Who, line
from opsbot.core.entry import Entry, Role, Severity, Status
from opsbot.core.living_announcement import living_said, update_lines
from opsbot.core.people import Actor
from opsbot.core.status_reason import own_words
from opsbot.core.text import cut, inert


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One line for the room, of entry `seq`; said only in a room that stood when it was written.
    An update has more lines than the one."""

    seq: int
    at: datetime
    line: Line
    more: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Was:
    """What held before an entry, as far as its line says so."""

    severity: Severity = Severity.UNSET
    status: Status = Status.TRIAGE
    lead: str = ""  # their name
    impact: str = ""
    onset: datetime | None = None


def announced(entry: Entry, was: Was) -> Announcement | None:
    """The line of an entry, given what held before it; None for what is not announced: what
    machines do stands on the card, and a pinned message is in the room already."""
    if not entry.actor.is_person or entry.source != "slack":
        return None
    pieces = _said(entry, was)
    if pieces is None:
        return None
    more = update_lines(entry, was.impact)
    return Announcement(seq=entry.seq, at=entry.recorded_at, line=line(*pieces), more=more)


def who(actor: Actor) -> Who:
    """A person by name, never as a mention; with the account where it is a Slack one."""
    slack_id = actor.id.removeprefix("slack:") if actor.id.startswith("slack:") else ""
    return Who(name=inert(actor.name or actor.id, 60), slack_id=slack_id)


def _said(entry: Entry, was: Was) -> tuple[Piece, ...] | None:
    by = who(entry.actor)
    match entry.body:
        case e.SeverityChanged(severity=new):
            before = "" if was.severity is Severity.UNSET else f" (was {was.severity})"
            return (by, " set severity ", Strong(text=new), before)
        case e.StatusChanged() as body:
            return _status(by, body, was.status)
        case e.RoleAssigned(role=Role.LEAD, slack_id=slack_id, name=name):
            return _lead(by, entry.actor, slack_id, name, was.lead)
        case e.ImpactSet(text="", since=None):
            return (by, " took the impact back; it is not known")
        case e.ImpactSet(text=text, since=since):
            started: tuple[Piece, ...] = (", since ", At(moment=since)) if since else ()
            return (by, " set the impact: ", f"“{cut(inert(text, 400), 300)}”", *started)
        case e.NoteAdded(text=text, ts=""):
            return (by, " noted: ", f"“{cut(inert(text, 600), 500)}”")
        case _:
            return living_said(entry, by, was.onset)


def _status(by: Who, body: e.StatusChanged, was: Status) -> tuple[Piece, ...]:
    status, why = body.status, own_words(body.reason)
    if status.is_over and was.is_over:
        return (by, " set the status to ", Strong(text=status), f" (was {was})", why)
    if was.is_over:
        return (by, " reopened the incident, ", Strong(text=status), why)
    if status is Status.CANCELLED:
        return (by, " cancelled the incident", why)
    if status.is_over:
        return (by, " ended the incident: ", Strong(text=str(body.closure or status)), why)
    if was is status:
        return (by, " says why it is ", Strong(text=status), why)
    return (by, " set the status to ", Strong(text=status), why)


def _lead(by: Who, actor: Actor, slack_id: str, name: str, before: str) -> tuple[Piece, ...]:
    handed = f" (from {inert(before, 60)})" if before and before != name else ""
    if not slack_id:
        theirs = before not in ("", actor.name)  # as when giving it to them was taken back
        if theirs:
            return (by, " says that nobody leads now")
        return (by, " gave up the lead; nobody leads now")
    if actor.id == f"slack:{slack_id}":
        return (by, " leads", handed)
    return (by, " made ", Who(name=inert(name, 60), slack_id=slack_id), " the lead", handed)
