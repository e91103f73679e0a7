"""Direct messages with buttons: what is left of each once it was answered, or has lapsed. Read from
the record alone, so that it is edited once, whatever ended it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from opsbot.core import entry as e
from opsbot.core.announcement import who
from opsbot.core.card import At, Card, Piece, Who, line
from opsbot.core.entry import Entry, Role
from opsbot.core.incident import Incident
from opsbot.core.moment import LATEST
from opsbot.core.people import slack_account
from opsbot.core.role_guide import ROLE_NAME
from opsbot.core.text import inert

DIRECT = "direct:"  # begins the slot of a message in somebody's direct messages
HANDOVER, ROLE, REMINDER = "handover", "role", "reminder"
Said = tuple[Piece, ...] | None


def direct_slot(seq: int, about: str, to: str, what: str = "") -> str:
    """The slot of what somebody is told after entry `seq`: about what, to whom, and of which
    entry or role."""
    return DIRECT + ":".join((str(seq), about, to, *((what,) if what else ())))


def settled_messages(incident: Incident, entries: Sequence[Entry]) -> tuple[tuple[str, Card], ...]:
    """(slot, card) of every direct message that stands with buttons nobody needs any more."""
    slots = [slot for slot in incident.surface.messages if slot.startswith(DIRECT)]
    if not slots:
        return ()
    record = sorted(entries, key=lambda entry: entry.seq)
    seqs = [entry.seq for entry in record]
    found: list[tuple[str, Card]] = []
    for slot in slots:
        seq, about, to, what = [*slot.removeprefix(DIRECT).split(":", 3), ""][:4]
        said = _ended(record[bisect_right(seqs, int(seq)) :], record, about, to, what)
        if said is not None:
            words = line(f"INC-{incident.number}: ", *said)
            found.append((slot, Card(header="", lines=(words,))))
    return tuple(found)


def _ended(later: Sequence[Entry], record: Sequence[Entry], about: str, to: str, what: str) -> Said:
    """What ended it first of all that happened since; None while it stands."""
    match about:
        case "handover":
            offers = (one for one in record if one.seq == int(what))
            offer = next(offers, None)
            told = (_of_offer(one, offer) for one in later) if offer else iter(())
        case "role":
            told = (_of_role(one, Role(what), to) for one in later)
        case "reminder":
            return _of_reminder(later, to)
        case _:
            return None
    return next((said for said in told if said is not None), None)


def _of_offer(one: Entry, offer: Entry) -> Said:
    """The same as ends an offer in the incident's state (`incident_living.py`)."""
    match one.body:
        case e.HandoverAnswered(offer=seq, accepted=accepted) if seq == offer.seq:
            did = "took over the lead" if accepted else "declined to take over the lead"
            return (f"you {did}, ", At(moment=one.occurred_at, style="date_time"), ".")
        case e.Withdrawn(seq=seq) if seq == offer.seq:
            return (who(one.actor), " took it back; you are not asked any more to take over.")
        case e.HandoverOffered():
            return (who(one.actor), " asked anew who takes over; this does not stand any more.")
        case e.RoleAssigned(role=Role.LEAD, slack_id=slack_id) if (
            slack_account(offer.actor.id) != slack_id
        ):
            return (*_leads(one.body), "; you are not asked any more to take over.")
        case e.StatusChanged(status=status) if status.is_over:
            return (f"it was {status} before you answered whether you take over.",)
        case _:
            return None


def _leads(body: e.RoleAssigned) -> tuple[Piece, ...]:
    if not body.slack_id:
        return ("nobody leads now",)
    return (Who(name=inert(body.name, 60), slack_id=body.slack_id), " leads now")


def _of_role(one: Entry, role: Role, to: str) -> Said:
    match one.body:
        case e.RoleAssigned(role=moved, slack_id=slack_id, gone=gone) if moved is role:
            taken = slack_id == to and gone
            given_away = slack_id != to and not (role is Role.EXPERT and slack_id)
            if not (taken or given_away):
                return None
            by: tuple[Piece, ...] = (", says ", who(one.actor))
            own = slack_account(one.actor.id) == to
            return (f"you are no longer {ROLE_NAME[role]}", *(() if own else by), ".")
        case _:
            return None


def _of_reminder(later: Sequence[Entry], to: str) -> Said:
    """A reminder is done with by an update, by peace, by another lead, by the end, or by the next
    one."""
    own = True  # the entry that says that this very one was sent
    for one in later:
        if isinstance(one.body, e.ReminderSent):
            if not own:
                return ("you were reminded again of an update since.",)
            own = False
        elif (said := _instead_of_update(one, to)) is not None:
            return said
    return None


def _instead_of_update(one: Entry, to: str) -> Said:
    by: Piece = "you" if slack_account(one.actor.id) == to else who(one.actor)
    match one.body:
        case e.UpdatePosted():
            return (by, " posted an update, ", At(moment=one.occurred_at, style="date_time"), ".")
        case e.CadenceSnoozed(until=until) if until == LATEST:
            return (by, " stopped the reminders of updates; snooze on brings them back.")
        case e.CadenceSnoozed(until=until) if until <= one.occurred_at:
            return (by, " switched the reminders of updates on again.")
        case e.CadenceSnoozed(until=until):
            return ("no reminder of an update before ", At(moment=until, style="date_time"), ".")
        case e.RoleAssigned(role=Role.LEAD, slack_id=slack_id) if slack_id != to:
            return (*_leads(one.body), ", so you are not reminded of updates.")
        case e.StatusChanged(status=status) if status.is_over:
            return (f"it was {status}; no update is due any more.",)
        case _:
            return None
