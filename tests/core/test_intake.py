"""What events mean: opening, joining, closing by itself, asking, coming back."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Closure, Placement, Severity, Status
from opsbot.core.event import ServiceRef, Transition
from opsbot.core.incident import fold
from opsbot.core.routing import Maintenance, Rule
from tests.core.story import ADA, T0, Story, details, event, rules

TRIGGERED, ACKED, RESOLVED = Transition.TRIGGERED, Transition.ACKNOWLEDGED, Transition.RESOLVED


def test_a_high_urgency_page_opens_a_room_and_asks_for_evidence():
    story = Story(rules())
    story.take(event())
    assert (story.state.number, story.state.placement) == (42, Placement.ROOM)
    assert story.state.service.key == "checkout-api"
    assert [owed.purpose for owed in story.owed] == ["collect"]
    assert story.state.window is not None
    assert story.state.window.start == T0 - timedelta(minutes=30)


def test_an_unknown_service_goes_to_the_digest_with_the_reason_on_the_record():
    story = Story(rules())
    said = details(service=ServiceRef(name="Mystery", source_id="PNONE"))
    story.take(event(said=said))
    assert story.state.placement is Placement.DIGEST
    assert "no catalogue entry for the service Mystery" in story.state.route_reason
    assert story.state.window is None


def test_the_same_event_twice_has_one_effect():
    story = Story(rules())
    story.take(event())
    length = len(story.entries)
    story.take(event())
    assert len(story.entries) == length


def test_a_page_that_resolves_by_itself_closes_as_self_recovered():
    story = Story(rules())
    story.take(event())
    story.take(event(RESOLVED, 7))
    assert (story.state.status, story.state.closure) == (Status.CLOSED, Closure.SELF_RECOVERED)
    assert "after 7 min" in story.entries[-1].body.reason  # type: ignore[union-attr] # StatusChanged
    assert [owed.purpose for owed in story.owed] == ["collect", "archive"]


def test_after_a_human_act_the_room_is_asked_and_nothing_is_closed():
    story = Story(rules())
    story.take(event())
    story.take(event(ACKED, 2, by=ADA))
    story.take(event(RESOLVED, 7))
    assert story.state.status is Status.INVESTIGATING
    assert story.state.questions[ALERT_CLEARED].answer == ""


def test_a_person_who_resolves_at_the_pager_counts_as_a_human_act():
    story = Story(rules())
    story.take(event())
    story.take(event(RESOLVED, 7, by=ADA))
    assert story.state.status is Status.TRIAGE
    assert ALERT_CLEARED in story.state.questions


def test_raising_the_page_by_hand_is_not_yet_a_human_act():
    story = Story(rules())
    story.take(event(by=ADA))
    story.take(event(RESOLVED, 7))
    assert story.state.closure is Closure.SELF_RECOVERED


def test_a_late_acknowledgement_undoes_a_self_recovery():
    """It happened before the alert cleared, so somebody was working on it."""
    story = Story(rules())
    story.take(event())
    story.take(event(RESOLVED, 7))
    story.take(event(ACKED, 3, by=ADA), after=10)
    assert story.state.status is Status.INVESTIGATING
    assert not story.state.firing
    assert "archive" in story.cancelled


def test_a_reopened_alert_returns_to_the_same_incident_and_looks_again():
    story = Story(rules())
    story.take(event())
    story.take(event(RESOLVED, 7))
    story.take(event(Transition.REOPENED, 12))
    assert (story.state.status, story.state.reopened) == (Status.TRIAGE, 1)
    assert [owed.purpose for owed in story.owed].count("collect") == 2
    assert story.state.closure is None


def test_resolve_before_trigger_opens_nothing_that_anybody_sees():
    story = Story(rules())
    story.take(event(RESOLVED, 7))
    story.take(event(TRIGGERED, 0), after=8)
    assert story.state.closure is Closure.NEVER_OPENED
    assert story.state.placement is Placement.IGNORE
    assert not story.state.firing


def test_a_question_is_withdrawn_when_the_alert_fires_again():
    story = Story(rules())
    story.take(event())
    story.take(event(ACKED, 2, by=ADA))
    story.take(event(RESOLVED, 7))
    story.take(event(Transition.REOPENED, 9))
    assert story.state.questions[ALERT_CLEARED].answer == "fires_again"


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_arrival_order_gives_the_same_alert_state(order: tuple[int, ...]):
    incoming = [
        event(TRIGGERED, 0), event(ACKED, 2, by=ADA), event(Transition.UNACKNOWLEDGED, 4),
        event(RESOLVED, 7),
    ]  # fmt: skip
    story = Story(rules())
    for index in order:
        story.take(incoming[index], after=20 - incoming[index].occurred_at.minute)
    alert = story.state.alerts["PINC1"]
    assert (alert.status, alert.changed_at) == (RESOLVED, T0 + timedelta(minutes=7))
    assert not story.state.firing


def test_a_priority_set_later_raises_severity_and_place():
    p1_room = Rule(name="p1", priorities=("P1",), then=Placement.ROOM)
    rest = Rule(name="rest", then=Placement.DIGEST)
    story = Story(rules(p1_room, rest, severity_by_priority=(("P1", Severity.SEV1),)))
    story.take(event())
    assert story.state.placement is Placement.DIGEST
    story.take(event(Transition.OTHER, 3, said=details(priority="P1")))
    assert (story.state.severity, story.state.placement) == (Severity.SEV1, Placement.ROOM)


def test_a_worse_page_that_joins_raises_place_and_severity():
    low = details(urgency="low")
    table = (("P1", Severity.SEV1), ("P4", Severity.SEV4))
    story = Story(rules(severity_by_priority=table))
    story.take(event(said=low, dedup_key="k"))
    assert story.state.placement is Placement.DIGEST
    story.take(event(alert="PINC2", at=4, said=details(priority="P1"), dedup_key="k"))
    assert (story.state.placement, story.state.severity) == (Placement.ROOM, Severity.SEV1)


def test_taking_the_priority_away_does_not_lower_the_severity():
    table = (("P1", Severity.SEV1),)
    story = Story(rules(severity_by_priority=table, severity_by_urgency=(("high", Severity.SEV3),)))
    story.take(event(said=details(priority="P1")))
    story.take(event(Transition.OTHER, 3, said=details(priority="")))
    assert story.state.severity is Severity.SEV1


def test_still_open_after_owes_a_second_look_and_decides_for_now():
    waits = Rule(name="waits", still_open_after=timedelta(seconds=90), then=Placement.ROOM)
    story = Story(rules(waits, Rule(name="rest", then=Placement.DIGEST)))
    story.take(event())
    assert story.state.placement is Placement.DIGEST
    assert [(o.purpose, o.due_at) for o in story.owed] == [
        ("route_again", T0 + timedelta(seconds=90))
    ]
    story.take(event(RESOLVED, 1))
    assert "route_again" in story.cancelled


def test_a_page_in_a_maintenance_window_attaches_and_opens_no_room():
    window = Maintenance(
        name="database move",
        services=("checkout-api",),
        start=T0 - timedelta(hours=1),
        end=T0 + timedelta(hours=1),
    )
    story = Story(rules(maintenance=(window,)))
    story.take(event())
    story.take(event(alert="PINC2", at=5))
    assert story.state.title == "Announced work: database move"
    assert story.state.placement is Placement.DIGEST
    assert {"PINC1", "PINC2"} <= set(story.state.alerts)
    assert {(owed.purpose, owed.due_at) for owed in story.owed} == {("route_again", window.end)}


@given(st.lists(st.tuples(st.sampled_from(list(Transition)), st.integers(0, 60)), max_size=12))
def test_folding_step_by_step_equals_folding_at_once(steps: list[tuple[Transition, int]]):
    story = Story(rules())
    for transition, minute in steps:
        story.take(event(transition, minute, by=ADA), after=61 - minute)
    assert fold("inc-1", story.entries) == story.state


def test_our_own_note_at_the_pager_comes_back_as_nobodys_act():
    story = Story(rules())
    story.take(event())
    story.take(event(Transition.OTHER, 2, by=ADA, note="[opsbot] Slack has not been reached"))
    story.take(event(RESOLVED, 7))
    assert story.state.closure is Closure.SELF_RECOVERED
    assert story.state.last_note is None


@pytest.mark.parametrize("year", [1, 9999])
def test_times_at_the_ends_of_the_calendar_do_no_harm(year: int):
    story = Story(rules())
    story.take(replace(event(), occurred_at=T0.replace(year=year)))
    assert story.state.placement is Placement.ROOM
    assert story.state.opened_at is not None
    assert story.state.opened_at.year == year


def test_an_act_after_the_alert_cleared_reopens_nothing():
    """Ada notes at the pager, minutes later, what it was: nobody had worked on it before."""
    story = Story(rules())
    story.take(event())
    story.take(event(Transition.RESOLVED, 7))
    assert story.state.closure is Closure.SELF_RECOVERED
    story.take(event(Transition.OTHER, 12, by=ADA, note="it was the cache"))
    assert story.state.closure is Closure.SELF_RECOVERED
    assert story.state.last_note is not None


def test_an_act_before_the_alert_cleared_that_is_heard_of_late_asks_the_room():
    """She had acknowledged it: only a person may end what somebody worked on."""
    story = Story(rules())
    story.take(event())
    story.take(event(Transition.RESOLVED, 7))
    story.take(event(Transition.ACKNOWLEDGED, 3, by=ADA), after=30)
    assert story.state.status is Status.INVESTIGATING
    assert "alert_cleared" in story.state.questions
