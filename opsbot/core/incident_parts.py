"""What an incident is made of: alerts, questions, notes, roles, asks and pictures, each a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from opsbot.core.entry import PagerAct, PagerResult
from opsbot.core.event import AlertDetails, Origin, Transition
from opsbot.core.evidence import SourceReport, Window
from opsbot.core.people import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One event that was heard of, and whether by asking or by being told."""

    transition: Transition
    type: str
    at: datetime
    by_id: str
    looked_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert of the incident, as its source last described it."""

    origin: Origin
    title: str
    status: Transition  # TRIGGERED, ACKNOWLEDGED or RESOLVED
    changed_at: datetime
    changed_seq: int = 0  # the entry that told so
    status_rank: int = 0  # tie-breaks for two events of the same second
    status_event: str = ""
    by: Actor | None = None
    details: AlertDetails | None = None
    details_at: datetime | None = None
    changes: tuple[Change, ...] = ()

    @property
    def firing(self) -> bool:
        return self.status is not Transition.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something the room was asked; `answer` is empty while it is open."""

    text: str
    asked_at: datetime
    seq: int
    answer: str = ""
    answered_by: Actor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The latest words of a person."""

    text: str
    by: Actor
    at: datetime
    seq: int = 0
    author: str = ""  # who wrote the message, when `by` only put it on the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has a role, since when."""

    slack_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What users notice, as a person put it."""

    text: str
    since: datetime | None
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Evidence that was asked for: by whom, where, about what."""

    seq: int
    by: Actor
    window: Window
    sources: tuple[str, ...]
    services: tuple[str, ...]
    look: bool = False  # somebody's own question: what comes is shown to them, not on the card
    reports: Mapping[str, SourceReport] = field(default_factory=lambda: MappingProxyType({}))
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOfPager:
    """An act at the pager that a person asked for, and what came of it so far."""

    seq: int
    act: PagerAct
    origin_id: str
    value: str
    by: Actor
    at: datetime
    result: PagerResult | None = None
    said: str = ""
    acted_at: datetime | None = None  # when it happened, by the pager's own clock
    acted_by: str = ""  # the pager's id of the account it was done with


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture that Slack holds."""

    file_id: str
    title: str
    alt: str
    seq: int = 0
