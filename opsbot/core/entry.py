"""The record's vocabulary: one frozen class per kind of entry, and the entry that carries it.

An incident *is* the list of its entries. Adding a kind: write the class here, teach
`core/incident.py` what it changes and `core/timeline.py` what a human reads of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from opsbot.core.event import AlertDetails, Origin, ServiceRef, Transition
from opsbot.core.evidence import SourceReport, Window
from opsbot.core.living_entry import (
    CadenceSnoozed,
    FollowUpSet,
    HandoverAnswered,
    HandoverOffered,
    Mitigated,
    OnsetSet,
    PageActed,
    PageAnswered,
    PageAsked,
    PostmortemDrafted,
    PostmortemFailed,
    PostmortemPublished,
    ReminderSent,
    UpdatePosted,
)
from opsbot.core.people import Actor
from opsbot.core.run_entry import (
    RunApproved,
    RunDenied,
    RunFinished,
    RunJudged,
    RunOutputShared,
    RunRequested,
    RunStarted,
    RunVerified,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from opsbot.core.severity import Severity
from opsbot.core.surface_entry import (
    ChannelOpened,
    MessageShown,
    PeopleInvited,
    SurfaceChanged,
    SurfaceRefused,
)
from opsbot.core.suspects import Ranking

OPS = "ops"  # the record of events that concern no incident


class Placement(StrEnum):
    """Where an incident lives in Slack, from the least to the most."""

    IGNORE = "ignore"  # on the record only
    DIGEST = "digest"  # a card in the digest channel
    THREAD = "thread"  # a thread in the team's channel, and the digest
    ROOM = "room"  # a channel of its own, and the digest


class Visibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


class Mode(StrEnum):
    LIVE = "live"
    SHADOW = "shadow"  # everything in one private channel, nothing written elsewhere


class Status(StrEnum):
    """Where an incident stands (status-page standard, widened)."""

    TRIAGE = "triage"
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"

    @property
    def is_over(self) -> bool:
        return self in _OVER


_OVER = frozenset({Status.RESOLVED, Status.CLOSED, Status.CANCELLED, Status.MERGED})


class Closure(StrEnum):
    """Why an incident ended."""

    FIXED = "fixed"
    SELF_RECOVERED = "self-recovered"
    NEVER_OPENED = "over before it was heard of"
    FALSE_ALARM = "false alarm"
    DUPLICATE = "duplicate"
    EXTERNAL = "fixed outside our systems"
    MISTAKE = "declared by mistake"


class Role(StrEnum):
    """What somebody does in an incident; one person has each, but there may be many experts."""

    LEAD = "lead"  # the incident commander
    DEPUTY = "deputy"
    COMMUNICATIONS = "communications"  # talks to customers and the company
    SCRIBE = "scribe"
    TECH_LEAD = "tech lead"  # leads the work on systems
    EXPERT = "expert"  # subject matter expert; there may be many


class PagerAct(StrEnum):
    """What a person can have done at the pager from Slack."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    PRIORITY = "priority"
    NOTE = "note"


class PagerResult(StrEnum):
    """What came of an act at the pager."""

    DONE = "done"
    ALREADY = "already"  # it stood so before
    REFUSED = "refused"
    UNSURE = "unsure"  # no answer came; it may have happened
    MOOT = "moot"  # not done: what happened since made it wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    number: int
    title: str
    origin: Origin
    service: ServiceRef
    severity: Severity
    urgency: str
    priority: str
    teams: tuple[str, ...]
    mode: Mode
    visibility: Visibility
    reason: str  # the decision that opened it


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Another alert became part of this incident."""

    origin: Origin
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where the incident lives, decided by which rule and why."""

    placement: Placement
    rule: str
    reason: str
    channel: str = ""  # the team channel of a thread


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanged:
    """An event of an alert. Transition OTHER records what changed nothing of its firing."""

    origin_id: str
    event_type: str
    transition: Transition
    summary: str
    details: AlertDetails | None = None
    known: bool = True
    looked_up: bool = False  # asked for at the source, not told by it


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """Somebody's words. `channel_id` and `ts` are of the Slack message they were taken from."""

    text: str
    trimmed: bool = False
    channel_id: str = ""
    ts: str = ""
    author_id: str = ""  # who wrote that message, when somebody else put it on the record
    author: str = ""  # their name


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssigned:
    """Who has a role now; an empty `slack_id` leaves it to nobody. One of several `EXPERT`s is
    taken out of it with `gone`."""

    role: Role
    slack_id: str
    name: str
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactSet:
    """What users notice, in a person's words, and since when if that is known."""

    text: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Entry `seq` was taken back by a person soon after it was written (Undo)."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerAsked:
    """A person's act in Slack asks for one at the pager, in that person's name."""

    act: PagerAct
    origin_id: str
    value: str = ""  # the priority's name, or the number of the entry that holds the note


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerActed:
    """What came of entry `asked`; `at` is the pager's own time of it."""

    asked: int
    act: PagerAct
    origin_id: str
    result: PagerResult
    said: str = ""  # why not, in words that name the cure
    at: datetime | None = None
    by_id: str = ""  # the pager's id of the account it was done with


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectsRanked:
    """What the rule made of the evidence at that time, with its reasons."""

    ranking: Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrated:
    """A picture was drawn and given to Slack; the blob holds what it was drawn from."""

    slot: str  # chart:page | chart:trace
    blob: str
    file_id: str
    title: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityChanged:
    severity: Severity
    reason: str
    priority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    status: Status
    reason: str
    closure: Closure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The room is asked something that only a person may decide."""

    question: str  # key, e.g. "alert_cleared"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRequested:
    """A person asked for a room for an incident that had none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAsked:
    window: Window
    sources: tuple[str, ...]
    services: tuple[str, ...]
    reason: str
    look: bool = False  # a person's own question, which leaves the incident's findings alone


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCollected:
    report: SourceReport
    asked: int = 0  # the entry that asked; 0 before this was said


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceComplete:
    answered: tuple[str, ...]
    silent: tuple[str, ...]  # sources that did not answer by the deadline
    asked: int = 0  # the entry that asked; 0 before this was said


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerNoted:
    """A note was left at the pager, e.g. that delivery to Slack is stuck."""

    origin_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """The body of entry `seq` was removed from store, card and documents."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What is left to read of an entry whose body was redacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """An entry of a kind that this version does not know, kept as it came."""

    kind: str
    data: dict[str, Any]


Body = (
    Opened | Joined | Routed | AlertChanged | NoteAdded | RoleAssigned | ImpactSet | SeverityChanged
    | StatusChanged | Withdrawn | PagerAsked | PagerActed | SuspectsRanked | Illustrated
    | Asked | Answered | RoomRequested | EvidenceAsked | EvidenceCollected | EvidenceComplete
    | ChannelOpened | MessageShown | PeopleInvited | SurfaceChanged | SurfaceRefused
    | RunRequested | RunApproved | RunDenied | RunStarted | StepStarted | StepProgressed
    | StepFinished | RunVerified | RunFinished | RunJudged | RunOutputShared
    | Mitigated | OnsetSet | UpdatePosted | CadenceSnoozed | ReminderSent | HandoverOffered
    | HandoverAnswered | FollowUpSet | PageAsked | PageActed | PageAnswered
    | PostmortemDrafted | PostmortemPublished | PostmortemFailed
    | PagerNoted | Redacted | Gone | Unknown
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry before it has a place in the record. `key` makes appending it idempotent."""

    key: str
    occurred_at: datetime
    actor: Actor
    source: str  # where it came from: "pagerduty", "slack", "prometheus", "opsbot", "routing"
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record: when it happened, when we learnt of it, who said so, and what."""

    incident_id: str
    seq: int
    key: str
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    source: str
    body: Body
    removed: tuple[str, ...] = ()  # the scrubber's receipt: what kinds of secret it took out
