"""What somebody has to know who comes into an incident, or back to it: where it stands, what was
decided, what is left to do, what waits, and what happened since they were here. No model."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.core import entry as e
from opsbot.core.brief import WHAT_CAN_I_DO, brief_header, brief_lines, told_whole
from opsbot.core.card import At, Button, Card, Line, Piece, Strong, Tone, line
from opsbot.core.entry import Entry, Role
from opsbot.core.incident import Incident
from opsbot.core.living_lines import follow_up_line
from opsbot.core.run import Run
from opsbot.core.text import count, inert
from opsbot.core.timeline import TimelineEntry, build_timeline

DECISIONS = 3
TO_DO = 5
CHANGES = 8


def catch_up(incident: Incident, entries: Sequence[Entry], slack_id: str, *buttons: Button) -> Card:
    """The brief of one person. That somebody looked is on no record, so the last thing they did
    themselves, or when they were brought in, tells when they were here."""
    timeline = build_timeline(entries)
    lines = (
        *brief_lines(incident),
        *_decided(entries, timeline),
        *(line(*_pieces(run), label="Waits") for run in waiting_runs(incident)[:TO_DO]),
        *_to_do(incident),
        *_since(entries, timeline, slack_id),
    )
    return Card(
        header=brief_header(incident), lines=lines, buttons=(*buttons, WHAT_CAN_I_DO),
        more=told_whole(incident),
    )  # fmt: skip


def waiting_runs(incident: Incident) -> tuple[Run, ...]:
    """The runs of runbooks that wait for somebody's approval."""
    return tuple(run for run in incident.runs.values() if run.waits)


def _pieces(run: Run) -> tuple[Piece, ...]:
    who = inert(run.requester.name or run.requester.id, 60)
    asked: tuple[Piece, ...] = (f"{inert(run.title, 120)}, asked for by {who}, waits for approval",)
    return (*asked, " until ", At(moment=run.expires_at)) if run.expires_at else asked


def _is_decision(entry: Entry) -> bool:
    """What a person settled, as opposed to what they saw or said."""
    if not entry.actor.is_person:
        return False
    match entry.body:
        case e.SeverityChanged() | e.StatusChanged() | e.Mitigated() | e.OnsetSet() | e.Answered():
            return True
        case e.RoleAssigned(role=role):
            return role is Role.LEAD
        case e.RunRequested() | e.RunApproved() | e.RunDenied():
            return True
        case _:
            return False


def _decided(entries: Sequence[Entry], timeline: tuple[TimelineEntry, ...]) -> tuple[Line, ...]:
    seqs = {entry.seq for entry in entries if _is_decision(entry)}
    told = sorted((one for one in timeline if one.seq in seqs), key=lambda one: one.seq)
    return tuple(
        line(At(moment=one.at), f" {one.text}", label="Decided" if number == 0 else "")
        for number, one in enumerate(told[-DECISIONS:])
    )


def _to_do(incident: Incident) -> tuple[Line, ...]:
    left = incident.living.open_follow_ups
    lines = [
        line(*follow_up_line(one).pieces, label="To do" if number == 0 else "")
        for number, one in enumerate(left[:TO_DO])
    ]
    if len(left) > TO_DO:
        more = count(len(left) - TO_DO, "more follow-up")
        lines.append(line(f"and {more}: followup list", tone=Tone.QUIET))
    return tuple(lines)


def _since(
    entries: Sequence[Entry], timeline: tuple[TimelineEntry, ...], slack_id: str
) -> tuple[Line, ...]:
    here = _last_here(entries, slack_id)
    after = here.seq if here else 0
    news = [one for one in timeline if one.seq > after and one.weight > 0]
    if here is None:
        head = line(Strong(text="What happened so far"))
    elif not news:
        return (line("nothing of weight happened since you were here last, ",
                     At(moment=here.recorded_at), tone=Tone.QUIET),)  # fmt: skip
    else:
        head = line(Strong(text="Since you were here last"), ", ", At(moment=here.recorded_at))
    shown = [line(At(moment=one.at, style="date_time"), f" {one.text}") for one in news[-CHANGES:]]
    if len(news) > CHANGES:
        before = count(len(news) - CHANGES, "earlier line")
        shown.insert(0, line(f"{before}: timeline shows them", tone=Tone.QUIET))
    return (head, *shown)


def _last_here(entries: Sequence[Entry], slack_id: str) -> Entry | None:
    """The newest entry that shows them to have been here."""
    own = f"slack:{slack_id}"

    def shows(entry: Entry) -> bool:
        match entry.body:
            case e.PeopleInvited(invited=invited):
                return any(one.slack_id == slack_id for one in invited)
            case _:
                return entry.actor.id == own

    return next((entry for entry in reversed(entries) if shows(entry)), None)
