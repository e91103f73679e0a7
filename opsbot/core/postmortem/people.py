"""Who took part and how, and what was agreed to be done."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Role
from opsbot.core.event import Transition
from opsbot.core.points import entries_of
from opsbot.core.postmortem import Action, Responder
from opsbot.core.postmortem.material import Material, capital
from opsbot.core.postmortem.runs import runs_read
from opsbot.core.redaction import REDACTED
from opsbot.core.text import inert
from opsbot.core.told import name_of

MOST_PARTS = 8
TOOK_PART, BROUGHT_IN = "took part", "was brought in"  # said only of who did nothing else
_ORDER = (*(str(role) for role in Role), "declared it", "acknowledged the page")


def responders(about: Material) -> tuple[Responder, ...]:
    """Everybody who took part, the lead first; one person under one name."""
    same = _names(about)
    found: dict[str, dict[str, int]] = {}
    for name, part, seq in _parts(about):
        if name and name != REDACTED:
            found.setdefault(same.get(name, name), {}).setdefault(part, seq)
    for parts in found.values():
        for faint in (TOOK_PART, BROUGHT_IN):
            if len(parts) > 1:
                parts.pop(faint, None)
    ranked = sorted(found.items(), key=lambda one: (min(map(_rank, one[1])), min(one[1].values())))
    return tuple(
        Responder(
            name=name, parts=tuple(sorted(parts, key=lambda p: (_rank(p), parts[p])))[:MOST_PARTS],
            because=tuple(sorted(set(parts.values()))),
        )
        for name, parts in ranked
    )  # fmt: skip


def _rank(part: str) -> int:
    return _ORDER.index(part) if part in _ORDER else len(_ORDER)


def _names(about: Material) -> dict[str, str]:
    """People's names elsewhere by the name that the room knows them by, through their account."""
    room = {
        f"slack:{person.slack_id}": inert(person.name, 60)
        for _, body in entries_of(about.entries, e.PeopleInvited) for person in body.invited
    }  # fmt: skip
    return {
        name_of(entry.actor): room[entry.actor.id]
        for entry in about.entries
        if entry.actor.name and room.get(entry.actor.id)
    }


def _parts(about: Material) -> Iterator[tuple[str, str, int]]:
    """(name, what they did, entry) of everything that somebody did."""
    runs = {run.request.run_id: run.name for run in runs_read(about.entries)}
    for entry in about.entries:
        who = name_of(entry.actor) if entry.actor.is_person and entry.actor.name else ""
        match entry.body:
            case e.RoleAssigned(role=role, name=name, slack_id=slack_id, gone=False) if slack_id:
                yield inert(name, 60), str(role), entry.seq
            case e.PeopleInvited(invited=invited):
                for person in invited:
                    yield inert(person.name, 60), BROUGHT_IN, entry.seq
            case e.NoteAdded(author=author) if author:
                yield inert(author, 60), "reported what they saw", entry.seq
            case e.PageAnswered(name=name, accepted=True):
                yield inert(name, 60), "answered a page", entry.seq
            case _:
                yield who, _part(entry, runs), entry.seq


def _part(entry: Entry, runs: dict[str, str]) -> str:
    match entry.body:
        case e.Opened():
            return "declared it"
        case e.AlertChanged(transition=Transition.ACKNOWLEDGED):
            return "acknowledged the page"
        case e.RunRequested(run_id=run_id):
            return f"ran {runs[run_id]}"
        case e.RunApproved(run_id=run_id) if run_id in runs:
            return f"approved {runs[run_id]}"
        case e.RunDenied(run_id=run_id) if run_id in runs:
            return f"refused {runs[run_id]}"
        case e.UpdatePosted():
            return "kept others informed"
        case e.NoteAdded():
            return "reported what they saw"
        case e.StatusChanged(status=status) if status.is_over:
            return "declared it over"
        case _:
            return TOOK_PART


def actions(about: Material) -> tuple[Action, ...]:
    """The action items as they stand; one that was dropped is left out."""
    newest: dict[int, tuple[int, e.FollowUpSet]] = {}
    for entry, body in entries_of(about.entries, e.FollowUpSet):
        newest[body.item] = (entry.seq, body)
    return tuple(
        Action(
            item=item, text=capital(_readable(body.text, 400)), owner=_readable(body.owner, 60),
            due=body.due, done=body.done, url=body.url, because=(seq,),
        )
        for item, (seq, body) in sorted(newest.items())
        if not body.dropped
    )  # fmt: skip


def _readable(text: str, limit: int) -> str:
    return "(redacted)" if text == REDACTED else inert(text, limit)
