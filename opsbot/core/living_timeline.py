"""What a human reads of how an incident was lived through: updates, roles, pages, documents."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.moment import LATEST, clock_text, day_text
from opsbot.core.page_timeline import page_line
from opsbot.core.text import cut, inert

Told = tuple[str, int]


def living_line(entry: Entry) -> Told | None:
    """The words of an entry and their weight (see `timeline.TimelineEntry`); None for others."""
    who = inert(entry.actor.name or entry.actor.id, 80)
    match entry.body:
        case e.Mitigated(at=at, said=said):
            what = "mitigated: users no longer notice" if at else "not mitigated"
            return f"{what}, by {who}{_colon(said)}", 2
        case e.OnsetSet(said=said):
            return f"it began for users, by {who}{_colon(said)}", 2
        case e.UpdatePosted(text=text, next_by=next_by):
            then = f"; next by {clock_text(next_by)}" if next_by else ""
            return f"update by {who}: “{cut(inert(text, 600), 300)}”{then}", 2
        case e.HandoverOffered(to_name=name, said=said):
            return f"{who} asked {inert(name, 80)} to take over the lead{_colon(said)}", 1
        case e.HandoverAnswered(accepted=accepted):
            return f"{who} {'accepted' if accepted else 'declined'} to take over the lead", 1
        case e.FollowUpSet() as body:
            return _follow_up(who, body), 1
        case _:
            return _of_reminders(entry, who) or _of_documents(entry) or page_line(entry)


def matter_of(entry: Entry) -> str:
    """What the line of an entry is about where only the newest word counts; else empty."""
    match entry.body:
        case e.Mitigated():
            return "matter:mitigated"
        case e.OnsetSet():
            return "matter:onset"
        case _:
            return ""


def _colon(said: str) -> str:
    return f": “{cut(inert(said, 400), 300)}”" if said else ""


def _follow_up(who: str, body: e.FollowUpSet) -> str:
    text = f"“{cut(inert(body.text, 400), 200)}”"
    if body.done or body.dropped:
        return f"follow-up {body.item} {'done' if body.done else 'dropped'}, says {who}: {text}"
    owner = inert(body.owner, 80) or "nobody yet"
    due = day_text(body.due) if body.due else "no date"
    return f"{who} set follow-up {body.item}: {text} ({owner}, {due})"


def _of_reminders(entry: Entry, who: str) -> Told | None:
    match entry.body:
        case e.CadenceSnoozed(until=until):
            if until == LATEST:
                return f"{who} switched reminders of updates off", 0
            if until <= entry.occurred_at:
                return f"{who} switched reminders of updates on", 0
            return f"{who} wants no reminder of an update before {clock_text(until)}", 0
        case e.ReminderSent(slack_id=slack_id):
            whom = "the lead" if slack_id else "the room, because nobody leads,"
            return f"reminded {whom} that an update is due", 0
        case _:
            return None


def _of_documents(entry: Entry) -> Told | None:
    match entry.body:
        case e.PostmortemDrafted(through=through, problems=problems):
            left = f", {problems} to mend" if problems else ""
            return f"postmortem drafted from the record up to entry {through}{left}", 1
        case e.PostmortemPublished(publisher=publisher, conflicts=conflicts):
            torn = f", {conflicts} in conflict" if conflicts else ""
            return f"postmortem published: {inert(publisher, 60)}{torn}", 1
        case e.PostmortemFailed(publisher=publisher, cure=cure):
            return f"postmortem not published: {inert(publisher, 60)}: {inert(cure, 200)}", 1
        case _:
            return None
