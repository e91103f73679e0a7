"""What people do while they live through an incident, as the room hears of it."""

from __future__ import annotations

from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.card import At, Line, Piece, Strong, Who, line
from opsbot.core.entry import Entry
from opsbot.core.moment import day_text
from opsbot.core.people import slack_account
from opsbot.core.role_guide import ROLE_NAME
from opsbot.core.text import cut, inert
from opsbot.core.update_text import written_lines


def living_said(entry: Entry, by: Who, onset: datetime | None) -> tuple[Piece, ...] | None:
    """The line of an entry, `onset` being when it began by what was known before; None for what
    the room need not hear."""
    match entry.body:
        case e.RoleAssigned() as body:
            return _role(by, slack_account(entry.actor.id), body)
        case e.Mitigated(at=None, said=said):
            return (by, " says it is not mitigated", *((f": {_quoted(said)}",) if said else ()))
        case e.Mitigated(at=at, said=said) if at is not None:
            what = (f": {_quoted(said)}",) if said else ()
            since = At(moment=at, style="date_time")
            return (by, " says it has been mitigated since ", since, *what)
        case e.OnsetSet(at=at, said=said):
            before: tuple[Piece, ...] = (
                (" (was ", At(moment=onset, style="date_time"), ")") if onset else ()
            )
            why = (f": {_quoted(said)}",) if said else ()
            return (by, " says it began ", At(moment=at, style="date_time"), *before, *why)
        case e.UpdatePosted(text=text):
            return (Strong(text="Update"), " by ", by, f": {written_lines(text)[0]}")
        case e.HandoverOffered(to_slack_id=slack_id, to_name=name, said=said):
            to = Who(name=inert(name, 60), slack_id=slack_id)
            what = (f": {_quoted(said)}",) if said else ()
            return (by, " asks ", to, " to take over the lead", *what)
        case e.HandoverAnswered(accepted=False):
            return (by, " declined to take over; the lead stays where it is")
        case e.FollowUpSet() as body:
            return _follow_up(by, body)
        case _:
            return None


def update_lines(entry: Entry, impact: str) -> tuple[Line, ...]:
    """What an update says below its first line: the rest of it, the impact as it stood then, the
    words for customers, apart, and when the next one comes."""
    match entry.body:
        case e.UpdatePosted(text=text, external=external, next_by=next_by):
            lines = [line(one) for one in written_lines(text)[1:]]
            lines += [line(cut(inert(impact, 400), 300), label="Impact")] if impact else []
            if external:
                first, *others = written_lines(external)
                lines += [line(first, label="For customers"), *(line(one) for one in others)]
            if next_by is not None:
                lines.append(line(At(moment=next_by), label="Next update by"))
            return tuple(lines)
        case _:
            return ()


def _quoted(text: str, limit: int = 300) -> str:
    return f"“{cut(inert(text, limit + 100), limit)}”"


def _role(by: Who, own: str, body: e.RoleAssigned) -> tuple[Piece, ...]:
    whom, what = Who(name=inert(body.name, 60), slack_id=body.slack_id), ROLE_NAME[body.role]
    if not body.slack_id:
        return (by, f" cleared a role: nobody is {what} now")
    mine = body.slack_id == own
    if body.gone:
        if mine:
            return (by, f" is no longer {what}")
        return (by, " says that ", whom, f" is no longer {what}")
    if mine:
        return (by, f" is {what} now")
    return (by, " made ", whom, f" {what}")


def _follow_up(by: Who, body: e.FollowUpSet) -> tuple[Piece, ...]:
    text = _quoted(body.text, 200)
    if body.done or body.dropped:
        end = "is done" if body.done else "is dropped"
        return (by, f" says follow-up {body.item} {end}: {text}")
    owner: Piece = Who(name=inert(body.owner, 60), slack_id=body.owner_slack_id)
    whose: tuple[Piece, ...] = (", for ", owner) if body.owner_slack_id or body.owner else ()
    due = f", by {day_text(body.due)}" if body.due else ""
    return (by, f" set follow-up {body.item}: {text}", *whose, due)
