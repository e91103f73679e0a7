"""How an incident is lived through, as lines of a card: when it was mitigated, who does what, what
people were told last, what is left to do."""

from __future__ import annotations

from opsbot.core.announcement import who
from opsbot.core.card import At, Line, Piece, Tone, Who, line
from opsbot.core.entry import Role
from opsbot.core.incident_parts import Note
from opsbot.core.incident_state import Incident
from opsbot.core.living import FollowUp, Update
from opsbot.core.moment import LATEST, day_text
from opsbot.core.telling import holders
from opsbot.core.text import count, cut, inert


def mitigated_lines(incident: Incident) -> tuple[Line, ...]:
    """Since when users no longer notice, and who says so."""
    mark = incident.living.mitigated
    if mark is None:
        return ()
    said = f": “{cut(inert(mark.said, 400), 200)}”" if mark.said else ""
    return (line("since ", At(moment=mark.at), " - ", who(mark.by), said, label="Mitigated"),)


def role_lines(incident: Incident) -> tuple[Line, ...]:
    """Who has which role besides the lead, and who is asked to take that over."""
    pieces: list[Piece] = []
    for role, ones in holders(incident).items():
        if role is Role.LEAD:
            continue
        pieces.append(f"{'; ' if pieces else ''}{role} ")
        for number, one in enumerate(ones[:4]):
            pieces += [", " if number else "", Who(name=inert(one.name, 60), slack_id=one.slack_id)]
        pieces += [f" and {len(ones) - 4} more"] if len(ones) > 4 else []
    lines = [line(*pieces, label="Roles")] if pieces else []
    return (*lines, *offer_lines(incident))


def offer_lines(incident: Incident) -> tuple[Line, ...]:
    """The hand-over that waits for an answer."""
    offer = incident.living.offer
    if offer is None or incident.status.is_over:
        return ()
    to = Who(name=inert(offer.to_name, 60), slack_id=offer.to_slack_id)
    asked = (who(offer.by), " asked ", to, " to take over ", At(moment=offer.at))
    return (line(*asked, ", no answer yet", label="Hand-over"),)


def latest_lines(incident: Incident) -> tuple[Line, ...]:
    """The newest update with the time of the next; and the newest words when they came after it."""
    update, note = incident.living.update, incident.last_note
    lines: list[Line] = []
    if update is not None:
        said = f"“{cut(inert(update.text, 500), 300)}” - "
        pieces: list[Piece] = [said, who(update.by), " ", At(moment=update.at)]
        pieces += _next(incident, update)
        lines.append(line(*pieces, label="Update"))
    if note is not None and (update is None or note.seq > update.seq):
        said = f"“{cut(inert(note.text, 300), 200)}” - "
        lines.append(line(said, *words_by(note), " ", At(moment=note.at), label="Latest"))
    return tuple(lines)


def _next(incident: Incident, update: Update) -> tuple[Piece, ...]:
    """When the next one comes; that it is late, once somebody was reminded of it. What was promised
    before the incident ended and came back binds nobody."""
    living = incident.living
    came_back = living.reopened is not None and living.reopened.seq > update.seq
    if update.next_by is None or incident.status.is_over or came_back:
        return ()
    reminder = living.reminder
    late = reminder is not None and update.at < reminder.at >= update.next_by
    return ("; the next was due by " if late else "; next by ", At(moment=update.next_by))


def words_by(note: Note) -> tuple[Piece, ...]:
    """Whose words they are; those of a pinned message are its author's."""
    if not note.author:
        return (who(note.by),)
    return (Who(name=inert(note.author, 60)), ", put here by ", who(note.by))


def reminder_lines(incident: Incident) -> tuple[Line, ...]:
    """That nobody is reminded of updates, or not before a time, because somebody asked for that."""
    until = incident.living.snoozed_until
    if until is None or incident.status.is_over:
        return ()
    if until == LATEST:
        return (line("reminders of updates are off", tone=Tone.QUIET),)
    return (line("no reminder of an update before ", At(moment=until), tone=Tone.QUIET),)


def follow_up_count(incident: Incident) -> tuple[Line, ...]:
    """How much is left to do once it is over, and how much of that is nobody's."""
    left = incident.living.open_follow_ups
    if not incident.living.follow_ups:
        return ()
    done = len(incident.living.follow_ups) - len(left)
    if not left:
        every = "the one follow-up is" if done == 1 else f"all {count(done, 'follow-up')} are"
        return (line(f"{every} settled", label="To do"),)
    nobodys = sum(not _is_somebodys(one) for one in left)
    undated = sum(one.due is None for one in left)
    lacks = [f"{nobodys} without owner"] if nobodys else []
    lacks += [f"{undated} without date"] if undated else []
    missing = f": {', '.join(lacks)}" if lacks else ""
    return (line(f"{count(len(left), 'follow-up')} open{missing}", label="To do"),)


def follow_up_line(one: FollowUp) -> Line:
    """One action item; what is missing is said to be missing."""
    pieces: list[Piece] = [f"{one.item}. {cut(inert(one.text, 300), 200)} ("]
    if _is_somebodys(one):
        pieces.append(Who(name=inert(one.owner, 60), slack_id=one.owner_slack_id))
    else:
        pieces.append("no owner")
    pieces.append(f", by {day_text(one.due)})" if one.due else ", no date)")
    if one.is_open:
        return line(*pieces)
    return line(*pieces, " done" if one.done else " dropped", tone=Tone.STRUCK)


def _is_somebodys(one: FollowUp) -> bool:
    return bool(one.owner_slack_id or one.owner)
