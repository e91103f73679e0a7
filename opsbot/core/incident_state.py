"""The state of an incident: everything derived from its record, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeVar

from opsbot.core.announcement import Announcement
from opsbot.core.entry import Closure, Mode, Placement, Severity, Status, Visibility
from opsbot.core.event import NO_ALERT, NO_SERVICE, Origin, ServiceRef, Transition
from opsbot.core.evidence import SourceReport, Window
from opsbot.core.incident_parts import (
    Alert,
    Ask,
    AskOfPager,
    Drawn,
    Holder,
    Impact,
    Note,
    Question,
)
from opsbot.core.living import NOTHING_LIVED, Living
from opsbot.core.moment import shifted
from opsbot.core.people import Actor, Person
from opsbot.core.run import Run
from opsbot.core.surface import Surface
from opsbot.core.suspects import Ranking

T = TypeVar("T")
SKEW = timedelta(seconds=3)  # between the pager's clock and ours
_FIRES = (Transition.TRIGGERED, Transition.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything derived from a record; nothing here is stored as truth."""

    id: str
    seq: int = 0
    number: int = 0
    title: str = ""
    service: ServiceRef = NO_SERVICE
    severity: Severity = Severity.UNSET
    urgency: str = ""
    priority: str = ""
    teams: tuple[str, ...] = ()
    mode: Mode = Mode.LIVE
    visibility: Visibility = Visibility.PUBLIC
    status: Status = Status.TRIAGE
    closure: Closure | None = None
    opened_at: datetime | None = None
    over_at: datetime | None = None
    left_firing: Mapping[str, datetime] = field(  # alerts that fired when a person ended it
        default_factory=lambda: MappingProxyType({})
    )
    reopened: int = 0
    placement: Placement = Placement.IGNORE
    route_rule: str = ""
    route_reason: str = ""
    thread_channel: str = ""
    alerts: Mapping[str, Alert] = field(default_factory=lambda: MappingProxyType({}))
    people: tuple[Person, ...] = ()
    human_acts: int = 0  # since the incident was last opened or reopened
    acted_at: datetime | None = None  # when the earliest of these happened
    notes: tuple[Note, ...] = ()  # the latest words of people, the newest last
    questions: Mapping[str, Question] = field(default_factory=lambda: MappingProxyType({}))
    window: Window | None = None
    asked_sources: tuple[str, ...] = ()
    reports: Mapping[str, SourceReport] = field(default_factory=lambda: MappingProxyType({}))
    evidence_complete_at: datetime | None = None
    asks: tuple[Ask, ...] = ()  # the newest last
    ranking: Ranking | None = None
    pictures: Mapping[str, Drawn] = field(default_factory=lambda: MappingProxyType({}))
    declared_by: str = ""  # actor id of the person who declared it; empty for a page
    lead: Holder | None = None
    impact: Impact | None = None
    pager_notes: tuple[str, ...] = ()
    of_pager: tuple[AskOfPager, ...] = ()
    runs: Mapping[str, Run] = field(default_factory=lambda: MappingProxyType({}))  # by id
    living: Living = NOTHING_LIVED
    announcements: tuple[Announcement, ...] = ()  # said publicly, one line each
    unsaid: Mapping[int, str] = field(  # entries that were taken back or redacted since
        default_factory=lambda: MappingProxyType({})
    )
    housed_since: int = 0  # the entry since which it has a place of its own; 0 while it has none
    surface: Surface = field(default_factory=Surface)

    @property
    def firing(self) -> bool:
        """Whether any alert is not resolved at its source; announced work and a declaration
        are no alerts."""
        return any(a.firing for a in self.alerts.values() if a.origin.source not in NO_ALERT)

    @property
    def last_note(self) -> Note | None:
        """What somebody said last, and has not taken back."""
        return self.notes[-1] if self.notes else None

    @property
    def fires_anew(self) -> bool:
        """Whether an alert fires that did not when the incident ended, or fires again since: an
        incident may be ended while its alerts still fire."""
        return any(
            alert.firing
            and alert.origin.source not in NO_ALERT
            and (key not in self.left_firing or self._again(alert, self.left_firing[key]))
            for key, alert in self.alerts.items()
        )

    def _again(self, alert: Alert, left_at: datetime) -> bool:
        """Whether it fired again after the end, and not before it but was heard of late. Where an
        acknowledgement ran out, it never stopped firing: who ended the incident knew of it."""
        ended = shifted(self.over_at, -SKEW) if self.over_at else left_at
        return alert.status is Transition.TRIGGERED and any(
            change.transition in _FIRES and change.at > max(left_at, ended)
            for change in alert.changes
        )

    @property
    def origin(self) -> Origin | None:
        """The alert that opened the incident."""
        return next(iter(self.alerts.values())).origin if self.alerts else None

    @property
    def acknowledged_by(self) -> Actor | None:
        """Who acknowledged the alert that is still firing, if anybody did."""
        acked = [a for a in self.alerts.values() if a.status is Transition.ACKNOWLEDGED]
        return acked[0].by if acked else None


def extended(mapping: Mapping[str, T], key: str, value: T) -> Mapping[str, T]:
    """The mapping with one value more, or another one."""
    return MappingProxyType({**mapping, key: value})
