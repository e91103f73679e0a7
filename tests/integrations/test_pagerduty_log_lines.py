"""PagerDuty's log and notes made into lines: what a webhook would tell, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.event import AlertEvent, Transition
from opsbot.core.moment import EPOCH, parse_moment
from opsbot.integrations.pagerduty.log_lines import Line, changed_at, lines_of
from opsbot.integrations.pagerduty.polled import delivery_of, parse
from tests.integrations.pagerduty_events import KIM, reference
from tests.integrations.stage import NOW

ANN = reference("user", "PANN001", "Ann Example")
SERVICE = reference("service", "PAUTH01", "auth-api")


def incident(**more: Any) -> dict[str, Any]:
    """An incident, constructed after the REST reference."""
    whole: dict[str, Any] = {
        "id": "QINC",
        "summary": "[#42] auth-api: errors",
        "title": "auth-api: errors",
        "incident_number": 42,
        "status": "triggered",
        "created_at": "2026-03-04T13:00:00Z",
        "updated_at": "2026-03-04T13:00:00Z",
        "last_status_change_at": "2026-03-04T13:00:00Z",
        "service": SERVICE,
        "assignments": [{"at": "2026-03-04T13:00:00Z", "assignee": KIM}],
        "first_trigger_log_entry": {"id": "R1"},
        "urgency": "high",
        "priority": None,
    }
    return whole | more


def entry(ident: str, kind: str, at: str, **more: Any) -> dict[str, Any]:
    """A log entry at a time of that day."""
    made = {"id": ident, "type": f"{kind}_log_entry", "created_at": f"2026-03-04T{at}Z"}
    return {**made, "agent": SERVICE, "summary": f"{kind} {ident}", **more}


def lines(
    *entries: dict[str, Any], of: dict[str, Any] | None = None, notes: Any = ()
) -> list[Line]:
    """The lines of a log that is written here in the order of time; PagerDuty reverses it."""
    found = lines_of(of or incident(), entries[::-1], notes, since=EPOCH)
    return [line for line in found if ":state:" not in line.key]


def told(found: list[Line]) -> list[tuple[str, str]]:
    """Type and key of each line, without what all have in common."""
    return [(line.type.partition(".")[2], line.key.partition(":")[2]) for line in found]


def read(line: Line, of: dict[str, Any] | None = None) -> AlertEvent:
    """A line as the inbox gives it back."""
    return parse(delivery_of(line, of or incident(), NOW).body)


TRIGGER = entry("R1", "trigger", "13:00:00")
RESOLVE = entry("R2", "resolve", "13:10:00", agent=ANN)


def test_what_has_no_webhook_makes_no_line() -> None:
    """Notifications, exhausted policies and types of the future."""
    found = lines(
        TRIGGER,
        entry("R2", "notify", "13:00:01"),
        entry("R3", "exhaust_escalation_path", "13:05:00"),
        entry("R4", "custom_field_value_change", "13:06:00"),
        entry("R5", "invented", "13:07:00"),
    )
    assert told(found) == [("triggered", "R1")]


def test_the_assignment_that_goes_with_something_is_part_of_it() -> None:
    """Of a trigger, an escalation or a delegation; one of its own is told."""
    found = lines(
        TRIGGER,
        entry("R2", "assign", "13:00:00", assignees=[KIM]),
        entry("R3", "assign", "13:30:00", assignees=[ANN]),
        entry("R4", "escalate", "13:30:00", assignees=[ANN]),
        entry("R5", "assign", "13:40:00", assignees=[KIM], agent=ANN),
    )
    assert told(found) == [("triggered", "R1"), ("escalated", "R4"), ("reassigned", "R5")]
    triggered = read(found[0]).details
    assert triggered is not None
    assert [person.name for person in triggered.people] == ["Kim Example"]


@pytest.mark.parametrize(
    ("before", "of", "expected"),
    [
        ((TRIGGER,), {}, []),  # one more alert of an open incident
        ((TRIGGER, RESOLVE), {}, [("reopened", "R9")]),
        ((RESOLVE,), {}, [("reopened", "R9")]),
        ((), {"reopened_at": "2026-03-04T13:20:02Z"}, [("reopened", "R9")]),
        ((), {}, []),
        ((), {"first_trigger_log_entry": None, "created_at": "2026-03-04T13:20:00Z"},
         [("triggered", "R9")]),
    ],
)  # fmt: skip
def test_a_later_trigger_is_told_only_when_it_brings_the_incident_back(
    before: tuple[dict[str, Any], ...], of: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """The first one opened it; in between it is an alert that joined."""
    found = lines(*before, entry("R9", "trigger", "13:20:00"), of=incident(**of))
    assert told(found)[len(before) :] == expected


def test_a_reopening_that_only_the_incident_tells_is_one_with_its_time() -> None:
    """`reopened_at`, by whoever changed the status then."""
    of = incident(
        reopened_at="2026-03-04T13:20:00Z",
        last_status_change_at="2026-03-04T13:20:01Z",
        last_status_change_by=ANN,
    )
    found = lines(TRIGGER, RESOLVE, of=of)
    event = read(found[-1], of)
    assert told(found)[-1] == ("reopened", "reopened:2026-03-04T13:20:00Z")
    assert (event.transition, event.actor.name) == (Transition.REOPENED, "Ann Example")
    told_by_log = lines(TRIGGER, RESOLVE, entry("R3", "reopen", "13:20:01"), of=of)
    assert [line.type for line in told_by_log].count("incident.reopened") == 1


def test_an_incident_asked_for_before_its_resolution_is_not_reopened() -> None:
    """The list was read a moment before the log."""
    assert told(lines(TRIGGER, RESOLVE, of=incident())) == [("triggered", "R1"), ("resolved", "R2")]


def test_the_incident_as_it_is_describes_its_newest_line_only() -> None:
    """An earlier one says what the log says of that time, in PagerDuty's words if need be."""
    found = lines(
        TRIGGER,
        entry("R2", "priority_change", "13:01:00", agent=ANN, channel={
            "old_priority": {"name": "P3"}, "new_priority": {"name": "P2"}}),
        entry("R3", "priority_change", "13:02:00", agent=ANN, summary="Priority is P1 now"),
        entry("R4", "assign", "13:03:00", agent=ANN, assignees=[KIM]),
        entry("R5", "assign", "13:04:00", agent=ANN, summary="Assigned to Bo by Ann Example"),
        entry("R6", "urgency_change", "13:05:00", agent=ANN, summary="Urgency is low"),
        entry("R7", "acknowledge", "13:06:00", agent=ANN),
    )  # fmt: skip
    of = incident(status="acknowledged", priority={"summary": "P1"})
    events = [read(line, of) for line in found]
    assert [event.summary for event in events[1:]] == [
        "Ann Example set the priority to P2",
        "Priority is P1 now",
        "Ann Example reassigned the incident to Kim Example",
        "Assigned to Bo by Ann Example",
        "Urgency is low",
        "Ann Example acknowledged the incident",
    ]
    described = [
        event.details and (event.details.status, event.details.priority) for event in events
    ]
    assert described == [("triggered", "P3"), None, None, None, None, None, ("acknowledged", "P1")]


def test_a_removed_priority_is_told_as_such() -> None:
    """`new_priority` is null then."""
    channel = {"old_priority": {"summary": "P1"}, "new_priority": None}
    found = lines(
        TRIGGER,
        entry("R2", "priority_change", "13:01:00", agent=ANN, channel=channel),
        entry("R3", "acknowledge", "13:02:00", agent=ANN),
    )
    of = incident(priority={"summary": "P5"})
    assert read(found[1], of).summary == "Ann Example removed the priority"


def test_a_note_only_refers_to_its_incident_as_its_webhook_does() -> None:
    """With its own id and whole text, in the name of whoever wrote it; bots are automation."""
    bot = {"id": "PBOT", "type": "bot_user_reference", "summary": "A rule"}
    notes = [
        {"id": "PN2", "created_at": "2026-03-04T14:02:00+01:00", "content": "b", "user": bot},
        {
            "id": "PN1",
            "created_at": "2026-03-04T14:01:00+01:00",
            "content": "a" * 2000,
            "user": ANN,
        },
    ]
    first, second = (read(line) for line in lines(notes=notes))
    assert (first.note, first.note_id, first.trimmed) == ("a" * 2000, "PN1", False)
    assert (first.actor.id, second.actor.id) == ("pagerduty:PANN001", "pagerduty")
    assert first.occurred_at == parse_moment("2026-03-04T13:01:00Z")
    assert first.alert is not None
    assert (first.alert.number, first.alert.dedup_key, first.title) == (
        None,
        "",
        "auth-api: errors",
    )


def test_only_what_happened_since_then_is_told() -> None:
    """Entries before it are there for what belongs together."""
    since = parse_moment("2026-03-04T13:00:01Z")
    found = lines_of(incident(), [RESOLVE, TRIGGER], [], since=since)
    assert [line.key for line in found if ":state:" not in line.key] == ["QINC:R2"]


def test_an_incident_without_times_changed_at_the_beginning_of_time() -> None:
    """Then it is of interest only to whoever holds it."""
    assert changed_at({}) == changed_at({"created_at": "soon", "assignments": 7}) == EPOCH


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["id", "type", "created_at", "agent", "assignees", "channel", "summary", "status", "priority",
     "assignments", "pending_actions", "first_trigger_log_entry", "reopened_at", "content",
     "last_status_change_at", "title", "user", "acknowledgements", "service", "teams"]
)  # fmt: skip
LOG = (
    TRIGGER,
    entry("R2", "escalate", "13:01:00", assignees=[KIM]),
    entry("R3", "priority_change", "13:02:00", channel={"old_priority": {}, "new_priority": {}}),
    RESOLVE,
)


@given(where=st.integers(0, 5), name=FIELDS, junk=JUNK)
def test_any_field_of_an_answer_may_hold_anything(where: int, name: str, junk: Any) -> None:
    """Whatever PagerDuty answers becomes deliveries that can be read back."""
    note = {"id": "PN1", "created_at": "2026-03-04T13:05:00Z", "content": "x", "user": ANN}
    parts: list[dict[str, Any]] = [dict(one) for one in (incident(), note, *LOG)]
    parts[where][name] = junk
    whole, note, *entries = parts
    for line in lines_of(whole, entries[::-1], [note], since=EPOCH, priority_before="P1"):
        event = parse(delivery_of(line, whole, NOW).body)
        assert event.type == line.type
        assert event.summary


@given(junk=JUNK, name=st.sampled_from(["agent", "note", "incident", "then", "words", "at"]))
def test_any_field_of_a_line_may_hold_anything(junk: Any, name: str) -> None:
    """A body from another version of opsbot is read as far as it goes."""
    body = json.loads(delivery_of(lines(TRIGGER)[0], incident(), NOW).body)
    event = parse(json.dumps(body | {name: junk}).encode())
    assert (event.type, event.looked_up) == ("incident.triggered", True)
