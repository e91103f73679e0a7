"""What people have made of an incident so far: roles, mitigation, updates, pages, hand-overs,
follow-ups and documents, as one value that is folded from the record (`incident_living.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from opsbot.core.entry import Role, Severity
from opsbot.core.incident_parts import Holder
from opsbot.core.living_entry import PageState
from opsbot.core.people import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment that a person set, such as when users stopped noticing."""

    at: datetime
    by: Actor
    seq: int
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What everybody was told last."""

    text: str
    external: str
    at: datetime
    by: Actor
    seq: int
    next_by: datetime | None = None
    severity: Severity | None = None  # the incident's by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A hand-over that waits for an answer."""

    seq: int
    by: Actor
    to_slack_id: str
    to_name: str
    at: datetime
    said: str = ""  # what they should know


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """That an update is due was said: to the lead alone, or to the room when nobody leads."""

    at: datetime
    seq: int
    slack_id: str  # whom it went to; empty for the room
    since: datetime | None  # of the newest update by then; None when there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """An action item as it stands."""

    item: int
    text: str
    owner_slack_id: str
    owner: str
    due: date | None
    done: bool
    dropped: bool
    url: str
    seq: int
    key: str = ""  # of the entry

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do it."""
        return not (self.done or self.dropped)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """What somebody who was paged answered, and when."""

    name: str
    accepted: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that somebody asked for, whom it reached, and who of them answered."""

    seq: int
    what: str
    reason: str
    by: Actor
    at: datetime
    policy_id: str = ""
    asked_ids: tuple[str, ...] = ()  # of the pager, where people were named
    because: str = ""
    service_id: str = ""  # of the pager, where a service was named
    state: PageState | None = None
    names: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    said: str = ""
    origin_id: str = ""
    made: bool = False  # `origin_id` is an incident of the pager that was made for this page
    answers: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))  # by user id
    replies: Mapping[str, PageReply] = field(  # the same, with name and time
        default_factory=lambda: MappingProxyType({})
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The newest postmortem made from the record."""

    seq: int
    through: int
    template: str
    template_version: str
    markdown: str
    data: str
    html: str
    at: datetime
    problems: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Where a postmortem stands at one publisher, or why it does not."""

    publisher: str
    url: str = ""
    ref: str = ""
    base: str = ""
    conflicts: int = 0
    cure: str = ""
    gives_up: bool = False
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """All of it; `roles` leaves the lead out, who stands on the incident itself."""

    roles: Mapping[Role, tuple[Holder, ...]] = field(default_factory=lambda: MappingProxyType({}))
    mitigated: Mark | None = None
    onset: Mark | None = None
    update: Update | None = None
    snoozed_until: datetime | None = None
    offer: Offer | None = None
    follow_ups: tuple[FollowUp, ...] = ()
    pages: tuple[Page, ...] = ()
    draft: Draft | None = None
    publications: Mapping[str, Publication] = field(default_factory=lambda: MappingProxyType({}))
    earlier: tuple[Update, ...] = ()  # those before `update`, should it be taken back
    reminder: Reminder | None = None  # the newest
    told_room: Reminder | None = None  # the one that the room was told, once
    reopened: Mark | None = None  # when it last began again, and who said so

    @property
    def open_follow_ups(self) -> tuple[FollowUp, ...]:
        """Those that somebody still has to do."""
        return tuple(one for one in self.follow_ups if one.is_open)


NOTHING_LIVED = Living()
