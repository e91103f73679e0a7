"""PagerDuty V3 bodies made into events: every type, both shapes, and whatever else arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.core.event import Transition
from opsbot.core.moment import EPOCH
from opsbot.core.people import ActorKind
from opsbot.integrations import WebhookRefused
from opsbot.integrations._foreign_json import items, mapping
from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.integrations.pagerduty.events import check, parse
from opsbot.integrations.pagerduty.sentences import KNOWN_TYPES
from tests.integrations.pagerduty_events import (
    CONSTRUCTED,
    INCIDENT_ID,
    KIM,
    body,
    incident,
    reference,
    samples,
)

# One row per type: the sentence, and the transition where it is one.
SENTENCES = {
    "incident.triggered": "Kim Example triggered an incident on auth-api",
    "incident.acknowledged": "Kim Example acknowledged the incident",
    "incident.unacknowledged": ("Kim Example ended the acknowledgement: the incident pages again"),
    "incident.resolved": "Kim Example resolved the incident",
    "incident.reopened": "Kim Example reopened the incident",
    "incident.escalated": "Kim Example escalated the incident to Kim Example",
    "incident.delegated": (
        "Kim Example handed the incident to escalation policy Identity: Kim Example"
    ),
    "incident.reassigned": "Kim Example reassigned the incident to Kim Example",
    "incident.priority_updated": "Kim Example removed the priority",
    "incident.service_updated": "Kim Example moved the incident to service auth-api",
    "incident.incident_type.changed": ("Kim Example changed the incident's type to major_incident"),
    "incident.annotated": 'Kim Example noted: "Looking at the pool."',
    "incident.status_update_published": (
        'Kim Example published an update: "Logins fail for some."'
    ),
    "incident.responder.added": 'Kim Example asked Kim Example to respond: "Please help"',
    "incident.responder.replied": 'Kim Example accepted the request to respond: "On my way"',
    "incident.conference_bridge.updated": (
        "Kim Example set the conference bridge to https://meet.example.com/1 and +1-555-0100"
    ),
    "incident.custom_field_values.updated": (
        "Kim Example changed fields of the incident: environment = production"
    ),
    "incident.role.assigned": "Kim Example changed roles: Kim Example is Incident Commander",
    "incident.task.created": 'Kim Example added the task "Call the bank" (todo)',
    "incident.task.updated": 'Kim Example changed the task "Call the bank" (in_progress)',
    "incident.task.completed": 'Kim Example completed the task "Call the bank" (done)',
    "incident.workflow.started": "the incident workflow Major incident started",
    "incident.workflow.completed": "the incident workflow Major incident completed",
    "incident.action_invocation.created": (
        "Kim Example started the action Restart one pod (created)"
    ),
    "incident.action_invocation.updated": (
        "Kim Example is running the action Restart one pod (running)"
    ),
    "incident.action_invocation.terminated": (
        "Kim Example ended the action Restart one pod (completed)"
    ),
    "service.created": "Kim Example created the service auth-api",
    "service.updated": "Kim Example changed the service auth-api",
    "service.deleted": "Kim Example deleted the service auth-api",
    "service.custom_field_values.updated": "Kim Example changed fields of the service: tier = 1",
    "pagey.ping": "PagerDuty sent a test event: its webhooks arrive here",
}
TRANSITIONS = {
    "incident.triggered": Transition.TRIGGERED,
    "incident.acknowledged": Transition.ACKNOWLEDGED,
    "incident.unacknowledged": Transition.UNACKNOWLEDGED,
    "incident.resolved": Transition.RESOLVED,
    "incident.reopened": Transition.REOPENED,
}


def test_all_thirty_types_and_the_ping_are_known() -> None:
    """The table of the vendor's documentation, no more and no fewer."""
    assert len(KNOWN_TYPES) == 31
    assert set(CONSTRUCTED) == set(SENTENCES) == KNOWN_TYPES


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_every_type_is_parsed(kind: str) -> None:
    """Each constructed body gives its sentence, its transition and its incident, if it has one."""
    event = parse(body(kind))
    assert (event.type, event.known) == (kind, True)
    assert event.summary == SENTENCES[kind]
    assert event.transition is TRANSITIONS.get(kind, Transition.OTHER)
    assert event.test is (kind == "pagey.ping")
    assert event.occurred_at == datetime(2026, 3, 4, 13, 58, 12, 345_000, tzinfo=UTC)
    expected = INCIDENT_ID if kind.startswith("incident.") else None
    assert (event.alert.id if event.alert else None) == expected


@pytest.mark.parametrize("sample", samples(), ids=lambda path: path.stem)
def test_every_recorded_sample_is_parsed(sample: Path) -> None:
    """Bodies of 2021 and of 2026; the invented type is unknown and no error."""
    raw = json.loads(sample.read_bytes())["event"]
    event = parse(sample.read_bytes())
    data: dict[str, Any] = raw["data"]
    whole = data["type"] == "incident"
    assert event.id == raw["id"]
    assert event.known is (event.type != "incident.unsupported")
    assert event.alert is not None
    assert event.alert.id == (data["id"] if whole else data["incident"]["id"])
    assert event.title == (data["title"] if whole else data["incident"]["summary"])
    assert (event.details is not None) is whole
    assert event.actor.is_person is (raw["agent"] is not None)


def test_a_whole_incident_gives_every_detail() -> None:
    """What routing and the room need is there."""
    event = parse(body("incident.triggered"))
    details = event.details
    assert details is not None
    assert event.alert is not None
    assert (event.alert.number, event.alert.dedup_key) == (42, "d387d7bd2e0a4294a5307339dfe1669a")
    assert (details.service.name, details.service.source_id) == ("auth-api", "PAUTH01")
    assert (details.urgency, details.priority, details.status) == ("high", "P2", "triggered")
    assert [(person.id, person.name) for person in details.people] == [("PKIM001", "Kim Example")]
    assert (details.teams, details.escalation_policy_id) == (("Identity",), "PPOL001")


def test_an_alert_of_a_service_s_own_integration_says_so() -> None:
    """The agent of such an event is the service itself, which would trigger itself."""
    agent = reference("service", "PAUTH01", "auth-api")
    event = parse(body("incident.triggered", agent=agent))
    assert event.summary == "the integration of auth-api triggered the incident"


def test_an_incident_of_2021_lacks_a_dedup_key_and_nothing_else() -> None:
    """The older shape has no incident_key, created_at, reopened_at or incident_type."""
    old = incident()
    for name in ("incident_key", "created_at", "reopened_at", "incident_type"):
        del old[name]
    event = parse(body("incident.triggered", old))
    assert event.alert is not None
    assert event.alert.dedup_key == ""
    assert event.details == parse(body("incident.triggered")).details


@pytest.mark.parametrize(
    ("agent", "kind", "ident"),
    [
        (KIM, ActorKind.PERSON, "pagerduty:PKIM001"),
        (None, ActorKind.SYSTEM, "pagerduty"),
        (reference("service", "PAUTH01", "auth-api"), ActorKind.SYSTEM, "pagerduty"),
        (reference("bot_user", "PBOT001", "A rule"), ActorKind.SYSTEM, "pagerduty"),
        ({"type": "user_reference"}, ActorKind.SYSTEM, "pagerduty"),  # nobody we could name
        ("somebody", ActorKind.SYSTEM, "pagerduty"),
    ],
)
def test_only_a_user_is_a_person(agent: Any, kind: ActorKind, ident: str) -> None:
    """Automation is one actor: a webhook may name no agent where the log names the service."""
    actor = parse(body("incident.acknowledged", agent=agent)).actor
    assert (actor.kind, actor.id) == (kind, ident)


@pytest.mark.parametrize(
    ("given_time", "expected"),
    [
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        ("2026-03-04T13:58:12", datetime(2026, 3, 4, 13, 58, 12, tzinfo=UTC)),
        ("yesterday", EPOCH),
        (None, EPOCH),
        (1772632692, EPOCH),
    ],
)
def test_any_time_is_survived_and_an_unreadable_one_is_said(
    given_time: Any, expected: datetime
) -> None:
    """Years 1 and 9999 are kept as they came; garbage becomes 1970 with a word about it."""
    event = parse(body("incident.triggered", occurred_at=given_time))
    assert event.occurred_at == expected
    assert event.summary.endswith("no readable time)") is (expected == EPOCH)


def test_an_unassigned_role_arrives_as_an_assignment() -> None:
    """The same type tells that somebody no longer has a role."""
    data = json.loads(json.dumps(CONSTRUCTED["incident.role.assigned"]))
    data["incident_role_assignments"][0] |= {"assignee": None, "old_assignee": KIM}
    event = parse(body("incident.role.assigned", data))
    assert event.summary.endswith("Kim Example is no longer Incident Commander")


def test_a_hostile_title_is_inert_everywhere() -> None:
    """Nothing of a title mentions, formats or reverses anything on its way in."""
    title = "<!channel> *x* & <@U1> \u202e\x1b[31m\nsecond"
    event = parse(body("incident.triggered", incident(title=title)))
    assert event.title == "<!channel> *x* & <@U1> [U+202E] second"
    assert event.details is not None
    assert event.details.title == event.title


def test_five_thousand_assignees_are_people() -> None:
    """Many, once each, and the sentence stays short."""
    crowd = [reference("user", f"P{index:05}", f"Person {index}") for index in range(5_000)]
    event = parse(body("incident.reassigned", incident(assignees=crowd + crowd[:10])))
    assert event.details is not None
    assert len(event.details.people) == 5_000
    assert event.summary.endswith("and 5,006 more")


def test_notes_and_updates_carry_their_text() -> None:
    """What somebody wrote comes along, with a word when PagerDuty cut it."""
    event = parse(body("incident.annotated"))
    assert (event.note, event.trimmed) == ("Looking at the pool.", True)
    assert event.note_id == "PNOTE01"
    update = parse(body("incident.status_update_published"))
    assert (update.note, update.note_id) == ("Logins fail for some.", "PUPD001")
    assert parse(body("incident.triggered")).note_id == ""


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"<xml/>", "not JSON"),
        (b'{"event": ', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"event": ' * 100_000, "not JSON"),
        (b"1" * 10_000, "not JSON"),
        (b"null", "without an event"),
        (b"[]", "without an event"),
        (b'{"event": []}', "without an event"),
        (b'{"event": {"event_type": 7.5}}', "without an event"),
        (b'{"messages": [{"event": "incident.trigger"}]}', "V2"),
    ],
)
def test_a_body_without_an_event_is_refused_in_one_line(raw: bytes, reason: str) -> None:
    """400, with the cure and nothing of the body; the door's check says the same."""
    for refuse in (parse, check):
        with pytest.raises(WebhookRefused, match=reason) as caught:
            refuse(raw)
        assert (caught.value.status, "\n" in caught.value.reason) == (400, False)
        assert caught.value.cure


def test_an_event_without_anything_in_it_is_still_an_event() -> None:
    """An unknown type without id, time or data is shown as what it is."""
    event = parse(b'{"event": {"event_type": "incident.exploded\\u202e"}}')
    assert not event.known
    assert event.id.startswith("sha256:")
    assert (event.alert, event.details, event.title) == (None, None, "")
    assert event.summary.startswith('PagerDuty sent "incident.exploded[U+202E]", an event')


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: the container and the key or index in it."""
    names = [*mapping(node), *range(len(items(node)))]
    for name in names:
        yield node, name
        yield from _places(node[name])


@given(kind=st.sampled_from(sorted(KNOWN_TYPES)), junk=JUNK, where=st.integers(0, 40))
def test_any_field_may_hold_anything(kind: str, junk: Any, where: int) -> None:
    """One value of a good body replaced by junk never keeps the event from being parsed."""
    whole = json.loads(body(kind))
    places = list(_places(whole["event"]))
    node, name = places[where % len(places)]
    if name != "event_type":
        node[name] = junk
    event = parse(json.dumps(whole).encode())
    assert event.type == kind
    assert event.summary


def test_the_webhook_is_part_of_the_integration() -> None:
    """The door finds verify, check, key and parse there."""
    webhook = INTEGRATION.webhook
    assert webhook is not None
    assert webhook.max_bytes == 2 * 1024 * 1024
    assert webhook.parse(body("pagey.ping")).test
