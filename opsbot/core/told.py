"""What may be told of a record: without what people took back, and without redacted words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Status
from opsbot.core.people import Actor
from opsbot.core.redaction import what_remains
from opsbot.core.text import inert

TAKEN_BACK = "taken back"  # the reason that an undone status change is given (`undo.py`)


def told(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries a reader may be told of, in record order.

    What was withdrawn is left out with the withdrawal itself, an undone change of the status with
    its undoing; of what was redacted the facts remain, even where the words still stand.
    """
    record = sorted(entries, key=lambda entry: entry.seq)
    gone = {entry.body.seq for entry in record if isinstance(entry.body, e.Withdrawn)}
    gone |= _undone(entry for entry in record if entry.seq not in gone)
    silent = {entry.body.seq for entry in record if isinstance(entry.body, e.Redacted)}
    return tuple(
        _wordless(entry) if entry.seq in silent else entry
        for entry in record
        if entry.seq not in gone and not isinstance(entry.body, e.Withdrawn)
    )


def _undone(entries: Iterable[Entry]) -> set[int]:
    """Changes of the status that were taken back, and the entries that did so."""
    standing: list[tuple[int, Status]] = []
    undone: set[int] = set()
    for entry in entries:
        if not isinstance(entry.body, e.StatusChanged):
            continue
        status, before = entry.body.status, standing[-2:-1] or [(0, Status.TRIAGE)]
        # Anybody may type these words as a reason; an undo gives back what stood before.
        if entry.body.reason == TAKEN_BACK and standing and status is before[0][1]:
            undone |= {standing.pop()[0], entry.seq}
        else:
            standing.append((entry.seq, status))
    return undone


def _wordless(entry: Entry) -> Entry:
    return replace(entry, body=what_remains(entry.body), actor=replace(entry.actor, name=""))


def name_of(actor: Actor) -> str:
    """A person's or machine's name on one line; `somebody` where it was redacted."""
    return inert(actor.name or ("somebody" if actor.is_person else actor.id), 60)


def is_end(body: e.StatusChanged) -> bool:
    """Whether the change ends the incident well: it did not become part of another one."""
    return body.status in (Status.RESOLVED, Status.CLOSED)
