"""Measures against figures that were added up by hand; times are minutes after noon (`pen.at`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Mode, Status
from opsbot.core.event import Transition
from opsbot.core.measures import exactly, measures
from opsbot.core.points import PointName
from tests.documents import records
from tests.documents.pen import KIM, PAGED_ROBIN, ROBIN, SUSPECT, Pen, at

MINUTE = timedelta(minutes=1)


def minutes(pen: Pen) -> dict[str, float | None]:
    """Every measure in minutes."""
    known = measures(pen.entries).measures
    return {m.name: None if m.value is None else m.value / MINUTE for m in known}


def usual() -> Pen:
    """Impact 11:58, page 12:04, acknowledged 12:06, led 12:07, mitigated 12:21, resolved 12:40."""
    pen = Pen()
    pen.page(4)
    pen.alert(Transition.ACKNOWLEDGED, 6, by=PAGED_ROBIN)
    pen.lead(7)
    pen.write(e.OnsetSet(at=at(-2)), 8, by=ROBIN)
    pen.status(Status.IDENTIFIED, 16, "the deploy", by=ROBIN)
    pen.write(e.Mitigated(at=at(21)), 25, by=ROBIN)
    pen.status(Status.RESOLVED, 40, "rolled back", by=ROBIN, closure=Closure.FIXED)
    return pen


def test_every_measure_of_the_usual_incident() -> None:
    assert minutes(usual()) == {
        "time_to_detect": 6,  # 12:04 - 11:58
        "time_to_acknowledge": 2,  # 12:06 - 12:04
        "time_to_engage": 3,  # 12:07 - 12:04
        "time_to_identify": 12,  # 12:16 - 12:04
        "time_to_mitigate": 23,  # 12:21 - 11:58, not 12:25 when it was said
        "time_to_resolve": 42,  # 12:40 - 11:58
        "post_incident": None,
        "time_open": 36,  # 12:40 - 12:04
    }


def test_a_formula_names_both_times_and_the_entries_that_gave_them() -> None:
    pen = usual()
    mitigated = measures(pen.entries)["time_to_mitigate"]
    assert mitigated.formula == "mitigated 12:21 minus impact started 11:58 UTC"
    bodies = [pen.entries[seq - 1].body for seq in mitigated.entries]
    assert [type(body) for body in bodies] == [e.Mitigated, e.OnsetSet]


def test_a_formula_has_seconds_where_they_are_needed_and_the_date_across_midnight() -> None:
    pen = Pen()
    pen.page(0.5)
    pen.write(e.OnsetSet(at=at(-13 * 60)), 1, by=ROBIN)
    formula = measures(pen.entries)["time_to_detect"].formula
    assert formula == ("detected 2026-11-22 12:00:30 minus impact started 2026-11-21 23:00:00 UTC")


def test_a_corrected_time_moves_every_measure_with_it() -> None:
    pen = usual()
    pen.write(e.OnsetSet(at=at(-12)), 50, by=KIM)
    pen.write(e.Mitigated(at=at(18)), 51, by=KIM)
    told = minutes(pen)
    assert (told["time_to_detect"], told["time_to_mitigate"]) == (16, 30)


def test_a_correction_that_was_taken_back_counts_no_more() -> None:
    pen = usual()
    wrong = pen.write(e.OnsetSet(at=at(-90)), 50, by=KIM)
    pen.write(e.Withdrawn(seq=wrong), 51, by=KIM)
    pen.write(e.Mitigated(at=None), 52, by=KIM)
    told = measures(pen.entries)
    assert told["time_to_detect"].value == 6 * MINUTE
    assert told["time_to_mitigate"].value is None
    assert "taken back" in told["time_to_mitigate"].why_not


def test_the_impact_form_sets_the_start_too_and_the_later_word_counts() -> None:
    pen = usual()
    pen.write(e.ImpactSet(text="logins fail", since=at(-5)), 60, by=KIM)
    assert minutes(pen)["time_to_detect"] == 9
    pen.write(e.OnsetSet(at=at(-7)), 61, by=KIM)
    assert minutes(pen)["time_to_detect"] == 11


def test_an_impact_that_was_undone_leaves_no_start_behind() -> None:
    """Undo writes the impact of before: none."""
    pen = Pen()
    pen.page(0)
    pen.write(e.ImpactSet(text="logins fail", since=at(-5)), 1, by=KIM)
    pen.write(e.ImpactSet(text="", since=None), 2, by=KIM)
    assert measures(pen.entries)["time_to_detect"].value is None


def test_without_anybodys_word_the_start_is_estimated_from_the_evidence_and_said_so() -> None:
    pen = Pen()
    pen.page(8)
    pen.rank(9, SUSPECT, onset=at(-2))
    detect = measures(pen.entries)["time_to_detect"]
    assert (detect.value, detect.estimated, detect.shown) == (10 * MINUTE, True, "about 10 min")
    assert "estimated" in measures(pen.entries).points[PointName.IMPACT_STARTED].how


def test_nothing_known_is_no_number_and_says_why() -> None:
    pen = Pen()
    pen.page(0)
    told = measures(pen.entries)
    assert {m.name: m.why_not for m in told.measures if m.value is None} == {
        "time_to_detect": "nobody said when it began for users, and the evidence shows no onset",
        "time_to_acknowledge": "nobody acknowledged the page",
        "time_to_engage": "nobody took the lead",
        "time_to_identify": "the status never became identified",
        "time_to_mitigate": "nobody said since when users no longer notice",
        "time_to_resolve": "it is still open",
        "post_incident": "no postmortem was published yet",
        "time_open": "it is still open",
    }


def test_times_out_of_order_are_said_and_are_no_number() -> None:
    told = measures(records.in_shadow().entries)
    detect = told["time_to_detect"]  # noticed 12:10, said to have begun 12:25
    assert (detect.value, detect.out_of_order, detect.shown) == (None, True, "out of order")
    assert "detected 12:10 lies before impact started 12:25" in detect.why_not


def test_a_reopened_incident_counts_until_its_last_end_and_was_open_twice() -> None:
    told = minutes(records.reopened())
    assert told["time_to_resolve"] == 68  # 13:05 - 11:57
    assert told["time_to_mitigate"] == 61  # 12:58 - 11:57: the first mitigation did not last
    assert told["time_open"] == 45  # (12:15 - 12:00) + (13:05 - 12:35)


def test_an_incident_that_came_back_is_mitigated_only_when_somebody_says_so_again() -> None:
    pen = records.reopened()
    pen.entries = pen.entries[:10]  # up to the return, and the note after it
    told = measures(pen.entries)
    assert told["time_to_mitigate"].value is None
    assert "came back" in told["time_to_mitigate"].why_not
    assert "reopened" in told["time_to_resolve"].why_not


IMPACT, END, BACK = 0, 15, 20  # minutes after noon: it began, was resolved, and came back


def _said(pen: Pen, *times: float | None) -> None:
    """Somebody says each time a minute after the entry before; None takes it back."""
    for time in times:
        minute = (pen.entries[-1].occurred_at - at(0)) / MINUTE + 1
        pen.write(e.Mitigated(at=None if time is None else at(time)), minute, by=ROBIN)


@pytest.mark.parametrize(
    ("first", "then", "ended", "expected"),
    [
        ((5,), (), False, None),  # 12:05 did not last, and nobody has said so since
        ((5,), (), True, None),  # nor had they when it ended
        ((5,), (25,), True, 25),  # 12:25 - 12:00
        ((), (5,), False, 5),  # said at 12:21 for 12:05: 12:05 - 12:00
        ((), (5,), True, 5),  # the same, ended at 12:40
        ((5,), (5,), True, 5),  # said anew, because it was no return for users
        ((5,), (25, 10), True, 10),  # a correction of 12:25 to 12:10
        ((10,), (5, 25), True, 25),  # a correction of 12:05 to 12:25
        ((5,), (25, None), True, None),  # taken back: users notice it again
        ((21,), (), True, None),  # said at 12:06 for 12:21, before anybody knew of the return
        ((None,), (20,), True, 20),  # the very minute in which it came back
    ],
)
def test_what_was_said_since_it_came_back_counts_for_whatever_time(
    first: tuple[float | None, ...], then: tuple[float | None, ...], ended: bool,
    expected: float | None,
) -> None:  # fmt: skip
    """And the card says the same as the measures."""
    pen = Pen()
    pen.page(0)
    pen.write(e.OnsetSet(at=at(IMPACT)), 1, by=ROBIN)
    _said(pen, *first)
    pen.status(Status.RESOLVED, END, by=ROBIN, closure=Closure.FIXED)
    pen.status(Status.INVESTIGATING, BACK, "not over", by=ROBIN)
    _said(pen, *then)
    if ended:
        pen.status(Status.RESOLVED, 40, by=ROBIN, closure=Closure.FIXED)
    told, mark = minutes(pen), pen.incident.living.mitigated
    assert told["time_to_mitigate"] == expected
    assert told["time_to_resolve"] == (40 if ended else None)  # the last end
    assert (mark.at if mark else None) == measures(pen.entries).points[PointName.MITIGATED].at


def test_of_several_returns_only_the_last_one_clears_what_was_said() -> None:
    """Mitigated at 12:05 and, once it was back, at 12:25; then it came back once more."""
    pen = Pen()
    pen.page(0)
    for minute in (5, 25):
        pen.write(e.Mitigated(at=at(minute)), minute, by=ROBIN)
        pen.status(Status.RESOLVED, minute + 1, by=ROBIN, closure=Closure.FIXED)
        pen.status(Status.INVESTIGATING, minute + 5, "not over", by=ROBIN)
    pen.write(e.OnsetSet(at=at(0)), 31, by=ROBIN)
    assert minutes(pen)["time_to_mitigate"] is None
    pen.write(e.Mitigated(at=at(5)), 32, by=ROBIN)
    assert minutes(pen)["time_to_mitigate"] == 5  # 12:05 - 12:00


def test_a_resolution_that_was_undone_never_was() -> None:
    """Undo writes the status of before with this reason; neither is an end or a return."""
    pen = Pen()
    pen.page(0)
    pen.status(Status.RESOLVED, 10, "too early", by=ROBIN, closure=Closure.FIXED)
    pen.status(Status.TRIAGE, 11, "taken back", by=ROBIN)
    pen.status(Status.RESOLVED, 30, "now", by=ROBIN, closure=Closure.FIXED)
    assert minutes(pen)["time_open"] == 30


def test_closing_after_the_resolution_is_no_later_end() -> None:
    pen = usual()
    pen.status(Status.CLOSED, 300, "documents written", by=ROBIN, closure=Closure.FIXED)
    told = measures(pen.entries)
    assert told["time_to_resolve"].value == 42 * MINUTE
    assert told.points[PointName.CLOSED].at == at(300)


def test_the_first_publication_is_the_one_that_counts() -> None:
    pen = usual()
    for minute in (100, 400):
        published = e.PostmortemPublished(publisher="folder", url="", ref="r", base="b")
        pen.write(published, minute)
    assert minutes(pen)["post_incident"] == 60  # 13:40 - 12:40


def test_months_with_a_clock_change_are_added_up_in_utc() -> None:
    told = measures(records.over_months().entries)
    assert told["time_to_resolve"].value == timedelta(days=120)
    assert told["time_to_resolve"].shown == "120 d"


def test_a_clock_change_between_two_local_times_is_an_hour_of_the_measure() -> None:
    """01:30 and 04:30 in Berlin on the day on which 02:00 becomes 03:00 are two hours apart."""
    berlin = ZoneInfo("Europe/Berlin")
    pen = Pen()
    pen.page(0)
    pen.write(e.OnsetSet(at=datetime(2027, 3, 28, 1, 30, tzinfo=berlin)), 1, by=ROBIN)
    pen.write(e.Mitigated(at=datetime(2027, 3, 28, 4, 30, tzinfo=berlin)), 2, by=ROBIN)
    assert minutes(pen)["time_to_mitigate"] == 120


def test_what_was_heard_late_counts_by_when_it_happened() -> None:
    pen = usual()
    late = Pen(entries=list(pen.entries))
    late.alert(Transition.TRIGGERED, 1)  # an earlier alert, told last
    assert minutes(late)["time_to_detect"] == 3  # 12:01 - 11:58


def test_who_declares_it_detects_it_when_no_alert_was_earlier() -> None:
    pen = records.declared_by_a_person()
    told = measures(pen.entries)
    assert told["time_to_detect"].value == 95 * MINUTE
    assert told["time_to_acknowledge"].why_not == "declared by a person: no page to answer"


@pytest.mark.parametrize(
    ("status", "closure", "why"),
    [
        (Status.CANCELLED, None, "cancelled"),
        (Status.MERGED, None, "merged"),
        (Status.RESOLVED, Closure.FALSE_ALARM, "false alarm"),
        (Status.RESOLVED, Closure.DUPLICATE, "duplicate"),
        (Status.CLOSED, Closure.NEVER_OPENED, "over before it was heard of"),
        (Status.RESOLVED, Closure.FIXED, ""),
        (Status.CLOSED, Closure.SELF_RECOVERED, ""),
    ],
)
def test_what_was_no_incident_is_shown_and_excluded(
    status: Status, closure: Closure | None, why: str
) -> None:
    pen = usual()
    pen.status(status, 50, "x", by=ROBIN, closure=closure)
    told = measures(pen.entries)
    assert told.excluded == why
    assert told["time_to_detect"].value == 6 * MINUTE


def test_an_incident_that_is_open_again_counts_whatever_its_first_end_was() -> None:
    pen = usual()
    pen.status(Status.RESOLVED, 50, "x", by=ROBIN, closure=Closure.FALSE_ALARM)
    pen.status(Status.TRIAGE, 60, "it fires again")
    assert measures(pen.entries).excluded == ""


def test_a_drill_is_excluded() -> None:
    pen = Pen()
    pen.page(0, mode=Mode.SHADOW)
    assert measures(pen.entries).excluded == "shadow mode"


def test_a_redacted_time_still_counts_and_its_words_are_gone() -> None:
    pen = usual()
    seq = next(x.seq for x in pen.entries if isinstance(x.body, e.OnsetSet))
    pen.write(e.Redacted(seq=seq, reason="names a customer"), 60, by=KIM)
    told = measures(pen.entries)
    assert told["time_to_detect"].value == 6 * MINUTE
    assert told.points[PointName.IMPACT_STARTED].how == "set by somebody"


def test_every_order_of_arrival_of_the_same_facts_gives_the_same_measures() -> None:
    """Entries are read by their number, in whatever order they are handed over."""
    pen = usual()
    assert measures(reversed(pen.entries)).as_data() == measures(pen.entries).as_data()


def test_as_data_is_what_reports_hold() -> None:
    data = measures(usual().entries).as_data()["time_to_mitigate"]
    assert data["value_s"] == 23 * 60
    assert data["formula"] == "mitigated 12:21 minus impact started 11:58 UTC"
    assert (data["from"], data["to"]) == (at(-2).isoformat(), at(21).isoformat())


def test_an_empty_record_has_no_measure() -> None:
    assert all(measure.value is None for measure in measures(()).measures)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=23, seconds=10), "23 min 10 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, seconds=5), "1 h 5 s"),
        (timedelta(days=3, hours=4, minutes=10, seconds=59), "3 d 4 h 10 min"),
    ],
)
def test_lengths_are_said_so_that_they_can_be_added_up(length: timedelta, words: str) -> None:
    assert exactly(length) == words
