"""When an update is due, and when somebody is reminded of it: a table of virtual times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from opsbot.core.cadence import reminder_due, update_due
from opsbot.core.entry import Mode, Placement, Severity, Status
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Holder
from opsbot.core.living import Mark, Reminder, Update
from opsbot.core.moment import LATEST
from opsbot.core.people import Actor, ActorKind
from opsbot.core.rules import Rules

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ANN = Actor(kind=ActorKind.PERSON, id="slack:U0ANN", name="Ann")
RULES = Rules(cadence=((Severity.SEV1, timedelta(minutes=30)), (Severity.SEV3, timedelta(hours=4))))
OPEN = Incident(
    id="inc-1", number=1, severity=Severity.SEV1, opened_at=T0, placement=Placement.ROOM,
    status=Status.INVESTIGATING,
)  # fmt: skip


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def led(since: float, base: Incident = OPEN) -> Incident:
    return replace(base, lead=Holder(slack_id="U0ANN", name="Ann", since=at(since)))


def living(base: Incident = OPEN, **changes: object) -> Incident:
    return replace(base, living=replace(base.living, **changes))  # type: ignore[arg-type] # fields


def updated(minutes: float, next_by: float | None = None) -> Update:
    promised = None if next_by is None else at(next_by)
    return Update(text="x", external="", at=at(minutes), by=ANN, seq=9, next_by=promised)


def reminded(minutes: float, slack_id: str = "U0ANN") -> Reminder:
    return Reminder(at=at(minutes), seq=10, slack_id=slack_id, since=None)


REOPENED = Mark(at=at(300), by=ANN, seq=20)

# What is so, and after how many minutes an update is due; None: nobody waits for one.
DUE: tuple[tuple[str, Incident, float | None], ...] = (
    ("nothing said yet: a cadence after the beginning", OPEN, 30),
    ("a lead since: they get the whole cadence", led(10), 40),
    ("an update: a cadence after it", living(led(10), update=updated(20)), 50),
    ("an update that promised the next one", living(led(10), update=updated(20, 90)), 90),
    ("the lead changed after the update: its promise stands",
     living(led(45), update=updated(20)), 50),
    ("reopened: from then on", living(led(10), update=updated(20), reopened=REOPENED), 330),
    ("another severity has another cadence", replace(OPEN, severity=Severity.SEV3), 240),
    ("a severity without cadence", replace(OPEN, severity=Severity.SEV2), None),
    ("it is over", replace(OPEN, status=Status.RESOLVED), None),
    ("only in the digest", replace(OPEN, placement=Placement.DIGEST), None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("incident", "minutes"), [row[1:] for row in DUE], ids=[row[0] for row in DUE]
)
def test_when_an_update_is_due(incident: Incident, minutes: float | None) -> None:
    assert update_due(incident, RULES) == (None if minutes is None else at(minutes))


REMINDED: tuple[tuple[str, Incident, float | None], ...] = (
    ("when the update is due", led(10), 40),
    ("again a cadence after the last reminder", living(led(10), reminder=reminded(40)), 70),
    ("an update since the reminder counts alone",
     living(led(10), reminder=reminded(40), update=updated(45, 55)), 55),
    ("snoozed", living(led(10), snoozed_until=at(65)), 65),
    ("a snooze that is over", living(led(10), snoozed_until=at(20)), 40),
    ("stopped", living(led(10), snoozed_until=LATEST), None),
    ("nobody leads: the room is told", OPEN, 30),
    ("once", living(OPEN, told_room=reminded(30, "")), None),
    ("somebody took the lead after that",
     living(led(35), told_room=reminded(30, ""), reminder=reminded(30, "")), 65),
    ("nobody leads a small one: nobody is told", replace(OPEN, severity=Severity.SEV3), None),
    ("mitigated: people still wait to hear",
     living(led(10), mitigated=Mark(at=at(12), by=ANN, seq=8)), 40),
    ("in shadow mode nobody is", replace(led(10), mode=Mode.SHADOW), None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("incident", "minutes"), [row[1:] for row in REMINDED], ids=[row[0] for row in REMINDED]
)
def test_when_somebody_is_reminded(incident: Incident, minutes: float | None) -> None:
    assert reminder_due(incident, RULES) == (None if minutes is None else at(minutes))


def test_without_a_cadence_nobody_is_ever_reminded() -> None:
    assert reminder_due(led(10), Rules()) is None
