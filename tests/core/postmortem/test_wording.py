"""Small words that a careful reader stops at: each said once, and none that the record refutes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Status
from opsbot.core.evidence import EvidenceKind, Health
from opsbot.core.policy import Ruling
from opsbot.core.postmortem.material import capital, unless_at_once
from opsbot.core.postmortem.verified import seen_by
from opsbot.core.redaction import what_remains
from opsbot.core.run_entry import CheckOutcome, RunOutcome
from tests.core.postmortem.drafted import drafted, sentences, text
from tests.documents import records
from tests.documents.pen import KIM, PLAN, ROBIN, Pen, at


def requested() -> e.RunRequested:
    pen = Pen()
    pen.request(0)
    body = pen.entries[0].body
    assert isinstance(body, e.RunRequested)
    return body


def verified(**changes: float | str | CheckOutcome | None) -> e.RunVerified:
    whole = e.RunVerified(
        run_id="r1",
        outcome=CheckOutcome.PASSED,
        before=0.094,
        after=0.0,
        took_s=30.4,
        said="error share of checkout-api 0 % (was 9.4 %)",
    )
    return replace(whole, **changes)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "the error share of checkout-api fell from 9.4 % to 0 % in 30 s"),
        ({"took_s": 90.0},
         "the error share of checkout-api fell from 9.4 % to 0 % in 1 min 30 s"),
        ({"took_s": 0.0}, "the error share of checkout-api fell from 9.4 % to 0 %"),
        ({"after": 0.2}, "the error share of checkout-api rose from 9.4 % to 20 % in 30 s"),
        ({"before": None}, "error share of checkout-api 0 % (was 9.4 %)"),
        ({"after": float("nan")}, "error share of checkout-api 0 % (was 9.4 %)"),
        ({"outcome": CheckOutcome.FAILED, "said": "still 9.4 % after 5 min"},
         "still 9.4 % after 5 min"),
        ({"outcome": CheckOutcome.FAILED, "said": "still 19.4 % after 5 min"},
         "still 19.4 % after 5 min (9.4 % before the run)"),
        ({"outcome": CheckOutcome.FAILED, "said": ""}, "9.4 % before the run"),
    ],
)  # fmt: skip
def test_what_a_verification_saw_is_told_with_every_figure_once(
    changes: dict[str, float | str | CheckOutcome | None], told: str
) -> None:
    assert seen_by(requested(), verified(**changes)) == told


def test_of_a_redacted_request_no_service_is_named_again() -> None:
    """What was watched is a name; the figures are facts and remain."""
    remains = what_remains(requested())
    assert isinstance(remains, e.RunRequested)
    assert seen_by(remains, verified()) == "the error share fell from 9.4 % to 0 % in 30 s"


def test_of_a_redacted_verification_the_words_are_gone() -> None:
    remains = what_remains(verified(outcome=CheckOutcome.UNREADABLE, before=None))
    assert isinstance(remains, e.RunVerified)
    assert seen_by(requested(), remains) == "(redacted)"


def test_what_takes_no_second_was_done_at_once() -> None:
    pen = Pen()
    pen.page(0)
    pen.lead(0)
    pen.request(1)
    pen.approve(1)
    document = drafted(pen)
    assert "It had a lead at once." in text(document.went_well)
    assert "rollback-deploy was approved at once." in text(document.went_well)
    assert "approved it at 12:01, at once." in text(document.runs[0].sentences)
    assert unless_at_once("about 0 s", "x") == "at once"
    assert unless_at_once("10 s", "x") == "x"


def test_every_warning_of_a_preview_is_a_sentence_of_its_own() -> None:
    pen = Pen()
    pen.page(0)
    pen.request(1)
    first = pen.entries[-1]
    assert isinstance(first.body, e.RunRequested)
    warned = ("the memory limit of app goes back too: 256Mi becomes 512Mi", "checkout-api waits…")
    pen.entries[-1] = replace(first, body=replace(first.body, warnings=warned))
    (run,) = drafted(pen).runs
    assert [one.text for one in run.warnings] == [
        "The memory limit of app goes back too: 256Mi becomes 512Mi.", "checkout-api waits…",
    ]  # fmt: skip
    assert "memory limit" not in text(run.sentences)


@pytest.mark.parametrize(
    ("ruling", "told"),
    [
        (Ruling.NEEDS_APPROVAL, "The rule “production” asked for one approval: it changes"),
        (Ruling.ALLOWED, "The rule “production” allowed it: it changes production."),
        (Ruling.DENIED, "The rule “production” denied it: it changes production."),
    ],
)
def test_the_rule_that_decided_is_the_subject(ruling: Ruling, told: str) -> None:
    pen = Pen()
    pen.page(0)
    pen.request(1, ruling=ruling)
    assert told in text(drafted(pen).runs[0].sentences)


@pytest.mark.parametrize(
    ("blind", "silent", "told"),
    [
        (0, (), "All 3 evidence sources had answered after 12 s."),
        (1, (), "2 of 3 evidence sources had answered after 12 s; Prometheus had not."),
        (1, ("tempo",), "2 of 4 evidence sources had answered after 12 s; "
                        "Prometheus and Tempo had not."),
        (3, (), "Not one of 3 evidence sources (Prometheus, Loki and GitHub) had answered "
                "after 12 s."),
    ],
)  # fmt: skip
def test_a_source_that_could_not_be_reached_has_not_answered(
    blind: int, silent: tuple[str, ...], told: str
) -> None:
    pen = Pen()
    pen.page(0)
    sources = ("prometheus", "loki", "github")
    asked = pen.ask(1, (*sources, *silent))
    for index, source in enumerate(sources):
        health = Health.UNREACHABLE if index < blind else Health.FRESH
        pen.report(1.1, source, EvidenceKind.METRICS, health=health, asked=asked)
    pen.write(e.EvidenceComplete(answered=sources, silent=silent, asked=asked), 1.2)
    assert told in text(drafted(pen).response)


def mitigated_and_resolved(said: str, reason: str) -> Pen:
    pen = Pen()
    pen.page(0)
    pen.write(e.Mitigated(at=at(9), said=said), 10, by=ROBIN)
    pen.status(Status.RESOLVED, 20, reason, by=ROBIN, closure=Closure.FIXED)
    return pen


def test_the_same_words_are_quoted_once_and_other_words_stay() -> None:
    same = drafted(mitigated_and_resolved("rolled back", "rolled back"))
    for part in (same.resolution, same.story):
        assert text(sentences(part)).count("“rolled back”") == 1
    assert "“rolled back”" in same.summary[-1].text  # which tells of no mitigation
    other = text(drafted(mitigated_and_resolved("rolled back", "v2.13 runs")).resolution)
    assert "“rolled back”" in other
    assert "“v2.13 runs”" in other


def test_an_end_before_it_came_back_keeps_its_words() -> None:
    pen = mitigated_and_resolved("restarted", "restarted")
    pen.status(Status.INVESTIGATING, 40, "again", by=KIM)
    pen.write(e.Mitigated(at=at(50), said="restarted"), 50, by=ROBIN)
    pen.status(Status.RESOLVED, 60, "restarted", by=ROBIN, closure=Closure.FIXED)
    assert text(drafted(pen).resolution).count("“restarted”") == 2


def test_a_time_before_the_evidence_is_no_time_of_the_service() -> None:
    """“Pointed at session-validation at 12:08” could be when it broke."""
    response = text(drafted(records.rolled_back_and_verified()).story[1].sentences)
    assert "At 12:08 the evidence pointed at session-validation." in response


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("alert on memory", "Alert on memory"),
        ("page, then wait", "Page, then wait"),
        ("checkout-api needs a limit", "checkout-api needs a limit"),
        ("iOS app: retry", "iOS app: retry"),
        ("(redacted)", "(redacted)"),
        ("2 people", "2 people"),
        ("", ""),
    ],
)
def test_a_title_begins_with_a_capital_unless_it_begins_with_a_name(words: str, shown: str) -> None:
    assert capital(words) == shown


# --- the timeline and the measures --------------------------------------------------------------


def test_the_timeline_names_runbooks_and_tells_a_verified_end_once() -> None:
    lines = drafted(records.rolled_back_and_verified()).timeline
    said = [(line.text, line.weight) for line in lines if "rollback-deploy" in line.text]
    assert said[-3:] == [
        ("step roll-back of rollback-deploy succeeded: revision 13 is rolled out", 1),
        ("the verification of rollback-deploy passed: error share back to 0.2 % after 90 s", 2),
        ("the run of rollback-deploy succeeded: error share back to 0.2 % after 90 s", 0),
    ]
    assert all("routing" not in line.sources for line in lines)


def test_an_end_that_says_something_else_stays_in_the_timeline() -> None:
    pen = Pen()
    pen.page(0)
    pen.request(1)
    pen.write(e.RunStarted(run_id="r1"), 2)
    pen.verify(4, outcome=CheckOutcome.FAILED, said="still 9 %")
    pen.finish(5, RunOutcome.ROLLED_BACK, "still 9 %; it was rolled back")
    document = drafted(pen)
    last = document.timeline[-1]
    assert (last.text, last.weight) == ("the run of rollback-deploy was rolled back: still 9 %", 2)
    assert text(document.runs[0].sentences).count("rolled back") == 1


def test_a_request_in_the_timeline_quotes_its_title_and_names_the_rule() -> None:
    lines = [line.text for line in drafted(records.glass_broken()).timeline]
    asked = (
        "Robin Sample asked for “Roll a deploy back” on session-validation: the rule “production”"
    )
    assert f"{asked} asks for approval" in lines
    assert any(line.startswith(f"{asked} allows it; THE GLASS WAS BROKEN") for line in lines)


@pytest.mark.parametrize(
    ("over", "why"), [(True, "known once this document is published"), (False, "it is still open")]
)
def test_a_document_does_not_say_of_itself_that_it_was_never_published(
    over: bool, why: str
) -> None:
    pen = Pen()
    pen.page(0)
    if over:
        pen.status(Status.RESOLVED, 20, "done", by=ROBIN, closure=Closure.FIXED)
    assert drafted(pen).measures["post_incident"].why_not == why


def test_the_plan_of_these_tests_is_verified_by_a_share() -> None:
    """Else the figures above would be told in another unit."""
    assert PLAN.check is not None
    assert PLAN.check.unit == "share"
