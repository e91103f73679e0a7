"""Every port, by topic: what flows ask of the outside world.

Ports used by flows return values and do not raise across a step; an adapter turns whatever went
wrong into `Refused` (with its cure and whether to retry) or `Unsure` (it may have happened).
"""

from __future__ import annotations

from opsbot.ports.acting import (
    CallOutcome,
    Drafted,
    Drafter,
    Executor,
    Failed,
    Gauge,
    Plan,
    Published,
    Publisher,
    Succeeded,
    Ticket,
    Unclear,
)
from opsbot.ports.bundle import Ports
from opsbot.ports.engine import Engine, Flow, Steps
from opsbot.ports.http import Http, HttpAnswer, HttpFailure
from opsbot.ports.inbox import Delivery, Inbox, InboxFull, InboxUnavailable, Pending
from opsbot.ports.inspection import Inspection, Trouble
from opsbot.ports.outcome import Clock, Done, Outcome, Refused, T, Unsure
from opsbot.ports.outside import (
    Acted,
    AlertFeed,
    EvidenceSource,
    ExhibitSource,
    OnCall,
    Paged,
    Pager,
    Paging,
    Painter,
    Staffing,
)
from opsbot.ports.record import Obligation, Record, Transaction
from opsbot.ports.secret import Secret, SecretUnavailable
from opsbot.ports.slack import (
    Entered,
    InviteResult,
    OpenedChannel,
    PeopleSurface,
    PostedMessage,
    RoomSurface,
)

__all__ = [
    "Acted",
    "AlertFeed",
    "CallOutcome",
    "Clock",
    "Delivery",
    "Done",
    "Drafted",
    "Drafter",
    "Engine",
    "Entered",
    "EvidenceSource",
    "Executor",
    "ExhibitSource",
    "Failed",
    "Flow",
    "Gauge",
    "Http",
    "HttpAnswer",
    "HttpFailure",
    "Inbox",
    "InboxFull",
    "InboxUnavailable",
    "Inspection",
    "InviteResult",
    "Obligation",
    "OnCall",
    "OpenedChannel",
    "Outcome",
    "Paged",
    "Pager",
    "Paging",
    "Painter",
    "Pending",
    "PeopleSurface",
    "Plan",
    "Ports",
    "PostedMessage",
    "Published",
    "Publisher",
    "Record",
    "Refused",
    "RoomSurface",
    "Secret",
    "SecretUnavailable",
    "Staffing",
    "Steps",
    "Succeeded",
    "T",
    "Ticket",
    "Transaction",
    "Trouble",
    "Unclear",
    "Unsure",
]
