"""What the lint finds, and that it leaves a whole document alone."""

from __future__ import annotations

from datetime import date, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Status
from opsbot.core.event import Origin
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.postmortem.lint import lint
from opsbot.core.run_entry import RunOutcome
from tests.documents import records
from tests.documents.pen import KIM, ROBIN, Pen, at


def codes(pen: Pen, quiet: timedelta = timedelta(minutes=30)) -> list[str]:
    return [p.code for p in lint(postmortem(pen.incident, pen.entries), quiet=quiet)]


def whole() -> Pen:
    """A record that lacks nothing."""
    pen = records.rolled_back_and_verified()
    pen.write(e.FollowUpSet(item=2, text="Page when a log collector dies", owner="Robin Sample",
                            due=date(2026, 12, 5)), 43, by=KIM)  # fmt: skip
    return pen


def test_a_whole_document_has_no_problem() -> None:
    assert codes(whole()) == []


def test_an_action_without_owner_or_date_is_named_with_its_number() -> None:
    pen = whole()
    pen.write(e.FollowUpSet(item=3, text="Write it down", owner="Kim Example"), 44, by=KIM)
    pen.write(e.FollowUpSet(item=4, text="And this", due=date(2026, 12, 5)), 44, by=KIM)
    found = lint(postmortem(pen.incident, pen.entries))
    assert [problem.text for problem in found] == [
        "Action 3 has no date: Write it down",
        "Action 4 has no owner: And this",
    ]


def test_an_action_that_was_done_or_dropped_needs_nobody_any_more() -> None:
    pen = whole()
    pen.write(e.FollowUpSet(item=3, text="Done already", done=True), 44, by=KIM)
    pen.write(e.FollowUpSet(item=4, text="Not worth it", dropped=True), 44, by=KIM)
    assert codes(pen) == []


def test_a_start_that_nobody_said_is_missing_and_an_estimate_has_to_be_confirmed() -> None:
    assert "impact_start_missing" in codes(records.recovered_by_itself())
    assert "impact_start_estimated" in codes(records.glass_broken())


def test_times_out_of_order_are_found_in_every_measure_they_spoil() -> None:
    assert codes(records.in_shadow()).count("out_of_order") == 2


def test_a_run_whose_outcome_nobody_found_out_is_named_until_somebody_does() -> None:
    pen = records.glass_broken()
    assert "run_unjudged" in codes(pen)
    pen.write(e.RunJudged(run_id="r1", happened=True), 60, by=ROBIN)
    assert "run_unjudged" not in codes(pen)


def test_without_a_clear_suspect_somebody_has_to_say_what_it_was() -> None:
    pen = records.reopened()
    assert "no_contributing_factor" in codes(pen)
    pen.status(Status.IDENTIFIED, 66, "the pool leaks", by=ROBIN)
    pen.status(Status.RESOLVED, 67, "done", by=ROBIN, closure=Closure.FIXED)
    assert "no_contributing_factor" not in codes(pen)


def test_no_source_of_detection_is_a_problem() -> None:
    """A record whose beginning this version cannot read."""
    pen = Pen()
    pen.write(e.Unknown(kind="opened_anew", data={}), 0)
    pen.note("looking", 1)
    assert "detection_missing" in codes(pen)


def silent_for(minutes: float) -> Pen:
    """Something is said at noon and then `minutes` later, and it is over a minute after that."""
    pen = Pen()
    pen.page(0)
    pen.note("looking", minutes)
    pen.status(Status.RESOLVED, minutes + 1, "done", by=ROBIN, closure=Closure.FIXED)
    return pen


def test_a_silence_of_more_than_half_an_hour_has_to_be_explained() -> None:
    assert "unexplained_gap" not in codes(silent_for(30))
    assert "unexplained_gap" in codes(silent_for(30.1))


def test_a_silence_says_from_when_to_when() -> None:
    pen = silent_for(45)
    found = lint(postmortem(pen.incident, pen.entries))
    (gap,) = (problem for problem in found if problem.code == "unexplained_gap")
    assert "from 2026-11-22 12:00 to 2026-11-22 12:45 (45 min)" in gap.text


def test_after_the_mitigation_nobody_has_to_say_anything() -> None:
    pen = Pen()
    pen.page(0)
    pen.write(e.Mitigated(at=at(10)), 11, by=ROBIN)
    pen.status(Status.RESOLVED, 300, "done", by=ROBIN, closure=Closure.FIXED)
    assert "unexplained_gap" not in codes(pen)


def test_between_two_spells_nothing_was_open_and_nothing_has_to_be_explained() -> None:
    pen = Pen()
    pen.page(0)
    pen.status(Status.RESOLVED, 10, "done", by=ROBIN, closure=Closure.FIXED)
    pen.status(Status.TRIAGE, 500, "it fires again")
    pen.status(Status.RESOLVED, 510, "done", by=ROBIN, closure=Closure.FIXED)
    assert "unexplained_gap" not in codes(pen)


def test_an_incident_of_months_may_be_quiet_for_longer() -> None:
    """A tenth of its length: a week of silence in eleven is no gap."""
    assert "unexplained_gap" not in codes(records.over_months())


def test_many_silences_are_the_longest_five_and_a_count() -> None:
    pen = Pen()
    pen.page(0)
    for hour in range(1, 9):
        pen.note("still", hour * 45)
    pen.status(Status.RESOLVED, 9 * 45, "done", by=ROBIN, closure=Closure.FIXED)
    found = [p.text for p in lint(postmortem(pen.incident, pen.entries))
             if p.code == "unexplained_gap"]  # fmt: skip
    assert len(found) == 6
    assert found[-1] == "And 4 more such stretches."


def test_what_was_no_incident_has_nothing_to_explain() -> None:
    assert codes(records.cancelled()) == []


def test_a_step_of_the_machine_alone_is_no_explanation() -> None:
    """Surface facts and routing have no weight for a reader."""
    pen = Pen()
    pen.page(0)
    pen.write(e.ChannelOpened(channel_id="C1", name="inc-42", adopted=False), 20)
    pen.status(Status.RESOLVED, 40, "done", by=ROBIN, closure=Closure.FIXED)
    assert "unexplained_gap" in codes(pen)


def test_an_alert_that_joined_explains_a_silence() -> None:
    pen = Pen()
    pen.page(0)
    origin = Origin(source="pagerduty", id="Q2")
    pen.write(e.Joined(origin=origin, title="another", reason="same service"), 20)
    pen.status(Status.RESOLVED, 40, "done", by=ROBIN, closure=Closure.FIXED)
    assert "unexplained_gap" not in codes(pen)


def test_a_run_that_failed_is_known_to_have_failed() -> None:
    pen = Pen()
    pen.page(0)
    pen.request(1)
    pen.finish(2, RunOutcome.FAILED, "step failed")
    assert "run_unjudged" not in codes(pen)
