"""Sentences that would be easy to write and untrue: each beside the record that refutes it."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Status
from opsbot.core.measures import measures
from opsbot.core.run_entry import CheckOutcome, RunOutcome, StepOutcome
from opsbot.core.told import TAKEN_BACK, told
from tests.core.postmortem.drafted import drafted, sentences, text
from tests.documents.pen import KIM, ROBIN, Pen


def helped(pen: Pen, minutes: float) -> None:
    """A run that a verification says helped."""
    pen.request(minutes)
    pen.approve(minutes + 1)
    pen.write(e.RunStarted(run_id="r1"), minutes + 1)
    pen.step(minutes + 2)
    pen.verify(minutes + 4)
    pen.finish(minutes + 4, RunOutcome.SUCCEEDED, "")


def test_a_run_that_helped_before_it_came_back_did_not_end_it() -> None:
    pen = Pen()
    pen.page(0)
    helped(pen, 2)
    pen.status(Status.RESOLVED, 20, "rolled back", by=ROBIN, closure=Closure.FIXED)
    pen.status(Status.INVESTIGATING, 40, "it came back", by=KIM)
    pen.status(Status.RESOLVED, 90, "the disk was replaced", by=KIM, closure=Closure.FIXED)
    end = drafted(pen).summary[-1].text
    assert "rollback-deploy" not in end
    assert "the disk was replaced" in end


def test_the_summary_tells_when_it_was_resolved_and_not_when_it_was_filed_away() -> None:
    pen = Pen()
    pen.page(0)
    pen.status(Status.RESOLVED, 20, "restarted", by=ROBIN, closure=Closure.FIXED)
    pen.status(Status.CLOSED, 3000, "reviewed", by=ROBIN, closure=Closure.FIXED)
    assert "It was resolved at 12:20" in drafted(pen).summary[-1].text


def test_a_run_whose_step_failed_is_not_said_to_have_been_of_no_help() -> None:
    """It was rolled back before anybody could see."""
    pen = Pen()
    pen.page(0)
    pen.request(2)
    pen.write(e.RunStarted(run_id="r1"), 3)
    pen.step(3, outcome=StepOutcome.FAILED, said="forbidden")
    pen.finish(5, RunOutcome.ROLLED_BACK, "step roll-back failed: forbidden; it was rolled back")
    said = text(sentences(drafted(pen)))
    assert "not help" not in said
    assert "had not helped" not in said
    assert "failed at the step roll-back and was rolled back" in said


def test_a_run_that_its_verification_refuted_had_not_helped() -> None:
    pen = Pen()
    pen.page(0)
    pen.request(2)
    pen.write(e.RunStarted(run_id="r1"), 3)
    pen.step(3)
    pen.verify(5, outcome=CheckOutcome.FAILED, said="still 9 %", after=0.09)
    pen.finish(6, RunOutcome.ROLLED_BACK, "still 9 %; it was rolled back")
    assert "because it had not helped" in text(sentences(drafted(pen).story))


def test_who_says_that_it_recovered_by_itself_may_have_acted_before() -> None:
    pen = Pen()
    pen.page(0)
    pen.lead(2)
    pen.status(Status.RESOLVED, 30, "", by=ROBIN, closure=Closure.SELF_RECOVERED)
    end = drafted(pen).summary[-1].text
    assert "before anybody had acted" not in end
    assert "having recovered by itself" in end


def test_what_a_machine_told_first_was_noticed_by_no_person() -> None:
    """An alert that fired before opsbot listened leaves an opening alone."""
    pen = Pen()
    pen.page(0)
    del pen.entries[1]
    assert "A person noticed it" not in text(drafted(pen).went_badly)


def test_a_reason_in_the_words_of_an_undo_takes_nothing_back() -> None:
    pen = Pen()
    pen.page(0)
    pen.status(Status.INVESTIGATING, 1, by=ROBIN)
    pen.status(Status.MONITORING, 9, TAKEN_BACK, by=ROBIN)
    assert len(told(pen.entries)) == len(pen.entries)
    pen.status(Status.INVESTIGATING, 10, TAKEN_BACK, by=ROBIN)
    assert [x.seq for x in told(pen.entries)] == [1, 2, 3]


@pytest.mark.parametrize("again", [False, True])
def test_what_was_published_before_the_end_is_no_postmortem_of_it(again: bool) -> None:
    """Else its time lies before the end, and nobody could correct either."""
    pen = Pen()
    pen.page(0)
    pen.write(e.PostmortemPublished(publisher="folder", url="", ref="r", base="b"), 10)
    pen.status(Status.RESOLVED, 30, "done", by=ROBIN, closure=Closure.FIXED)
    if again:
        pen.write(e.PostmortemPublished(publisher="folder", url="", ref="r", base="b"), 40)
    measure = measures(pen.entries)["post_incident"]
    assert not measure.out_of_order
    assert (measure.value is not None) is again
