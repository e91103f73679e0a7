"""What may be told of a record."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Status
from opsbot.core.told import name_of, told
from tests.documents.pen import KIM, ROBIN, Pen


def numbers(pen: Pen) -> list[int]:
    return [entry.seq for entry in told(pen.entries)]


def test_what_was_withdrawn_is_left_out_with_its_withdrawal() -> None:
    pen = Pen()
    pen.note("right", 1)
    wrong = pen.note("wrong", 2)
    pen.write(e.Withdrawn(seq=wrong), 3, by=ROBIN)
    assert numbers(pen) == [1]


def test_an_undone_status_is_left_out_with_its_undoing() -> None:
    pen = Pen()
    pen.status(Status.INVESTIGATING, 1, "a", by=ROBIN)
    pen.status(Status.RESOLVED, 2, "b", by=ROBIN)
    pen.status(Status.INVESTIGATING, 3, "taken back", by=ROBIN)
    assert numbers(pen) == [1]


def test_undoing_twice_goes_back_twice() -> None:
    pen = Pen()
    for minute, status in enumerate((Status.INVESTIGATING, Status.IDENTIFIED)):
        pen.status(status, minute, "on", by=ROBIN)
    for minute, status in enumerate((Status.INVESTIGATING, Status.TRIAGE), start=3):
        pen.status(status, minute, "taken back", by=ROBIN)
    assert numbers(pen) == []


def test_a_redacted_entry_keeps_its_facts_and_loses_words_and_name() -> None:
    pen = Pen()
    seq = pen.status(Status.RESOLVED, 1, "Zebra-Quux paid", by=ROBIN, closure=e.Closure.FIXED)
    pen.write(e.Redacted(seq=seq, reason="a customer"), 2, by=KIM)
    first = told(pen.entries)[0]
    assert isinstance(first.body, e.StatusChanged)
    assert (first.body.status, first.body.closure) == (Status.RESOLVED, e.Closure.FIXED)
    assert "Zebra" not in repr(first)
    assert name_of(first.actor) == "somebody"


def test_telling_twice_is_telling_once() -> None:
    pen = Pen()
    pen.note("x", 1)
    pen.write(e.Withdrawn(seq=1), 2, by=ROBIN)
    pen.status(Status.RESOLVED, 3, "a", by=ROBIN)
    pen.write(e.Redacted(seq=3, reason="r"), 4, by=KIM)
    assert told(told(pen.entries)) == told(pen.entries)
