"""The audit of runs, read from records alone: what was asked, what a rule said, who said yes, and
how often the glass was broken."""

from __future__ import annotations

from datetime import timedelta

from opsbot.core.audit import audit_lines, audit_of, waited
from opsbot.core.policy import Ruling
from opsbot.core.run_entry import RunOutcome
from tests.documents import records
from tests.documents.pen import KIM, ROBIN, Pen, at


def asked_and_done(pen: Pen, run_id: str, minutes: float, **how: object) -> None:
    """A run from its request to its end."""
    pen.request(minutes, run_id, **how)  # type: ignore[arg-type] # fields of the request
    if "ruling" not in how:
        pen.approve(minutes + 1, run_id)
    pen.write(records.e.RunStarted(run_id=run_id), minutes + 2)
    pen.step(minutes + 2, run_id)
    pen.finish(minutes + 3, RunOutcome.SUCCEEDED, "done", run_id)


def paged(number: int = 42) -> Pen:
    pen = Pen(number=number)
    pen.page(0)
    return pen


def test_a_run_is_one_line_with_everything_that_was_decided_about_it() -> None:
    (line,) = audit_lines(records.rolled_back_and_verified().entries)
    assert line.incident == 42
    assert line.run.outcome is RunOutcome.SUCCEEDED
    assert line.approved_by == ()  # the hash of the hand-written approval is another one


def test_its_entries_can_be_looked_up_by_their_numbers() -> None:
    pen = paged()
    asked_and_done(pen, "r1", 1)
    (line,) = audit_lines(pen.entries)
    held = {entry.seq: entry.body for entry in pen.entries}
    assert len(line.entries) == 6
    assert all(getattr(held[seq], "run_id", "") == "r1" for seq in line.entries)


def test_the_rate_of_broken_glass_counts_what_began() -> None:
    """A request that was denied or expired broke nothing."""
    pen = paged()
    for number in range(3):
        asked_and_done(pen, f"r{number}", number * 5.0)
    asked_and_done(pen, "g1", 20, ruling=Ruling.ALLOWED, break_glass="logins are down")
    pen.request(30, "g2", ruling=Ruling.DENIED, break_glass="logins are down")
    audit = audit_of([pen.entries])
    assert (len(audit.lines), audit.began, audit.broken_glass) == (5, 4, 1)
    assert audit.broken_glass_rate == 0.25


def test_without_any_run_there_is_no_rate() -> None:
    audit = audit_of([paged().entries, []])
    assert audit.lines == ()
    assert audit.broken_glass_rate is None


def test_lines_of_many_records_stand_in_the_order_in_which_they_were_asked_for() -> None:
    first, second = paged(1), paged(2)
    asked_and_done(first, "a", 10)
    asked_and_done(second, "b", 5)
    asked_and_done(second, "c", 20)
    audit = audit_of([first.entries, second.entries])
    assert [line.run.run_id for line in audit.lines] == ["b", "a", "c"]
    assert [line.incident for line in audit.lines] == [2, 1, 2]


def test_only_runs_that_were_asked_for_since_are_told() -> None:
    pen = paged()
    asked_and_done(pen, "old", 5)
    asked_and_done(pen, "new", 50)
    assert [line.run.run_id for line in audit_lines(pen.entries, at(20))] == ["new"]
    assert [line.run.run_id for line in audit_lines(pen.entries, at(50))] == ["new"]


def test_a_run_that_the_incident_itself_forgot_is_still_told() -> None:
    """A state keeps the newest runs that are over; the record keeps them all."""
    pen = paged()
    for number in range(60):
        asked_and_done(pen, f"r{number}", number * 5.0)
    assert len(pen.incident.runs) < 60
    lines = audit_lines(pen.entries)
    assert [line.run.run_id for line in lines] == [f"r{number}" for number in range(60)]
    assert all(line.run.outcome is RunOutcome.SUCCEEDED for line in lines)


def test_what_a_rule_denied_in_a_long_incident_is_told_as_well() -> None:
    """Its place in the state is the first to be given up, and not before it was told."""
    pen = paged()
    for number in range(45):
        asked_and_done(pen, f"r{number}", number * 5.0)
    pen.request(300, "denied", ruling=Ruling.DENIED)
    assert "denied" in pen.incident.runs
    assert audit_lines(pen.entries)[-1].run.run_id == "denied"


def test_the_time_until_the_approval_is_that_of_the_last_one_that_was_needed() -> None:
    pen = paged()
    pen.request(1)
    (line,) = audit_lines(pen.entries)
    assert waited(line.run) is None
    digest = line.run.plan.digest
    approval = records.e.RunApproved(run_id="r1", digest=digest, standing="on call for x")
    pen.write(approval, 4, by=KIM)
    (line,) = audit_lines(pen.entries)
    assert waited(line.run) == timedelta(minutes=3)
    assert line.approved_by == ("Kim Example (on call for x)",)


def test_who_asked_is_never_told_as_an_approver() -> None:
    pen = paged()
    pen.request(1)
    digest = audit_lines(pen.entries)[0].run.plan.digest
    pen.write(records.e.RunApproved(run_id="r1", digest=digest, standing="x"), 2, by=ROBIN)
    assert audit_lines(pen.entries)[0].approved_by == ()
