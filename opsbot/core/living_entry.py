"""The record's vocabulary for living through an incident: updates, mitigation, pages, hand-overs,
follow-ups, and the documents written afterwards. Every class stands in `entry.Body`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigated:
    """Users no longer notice, since `at`; None takes it back. The cause may still be there."""

    at: datetime | None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetSet:
    """When it began for users, in a person's judgement; may lie before everything else."""

    at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePosted:
    """What people know now, for everybody. `external` is the text for customers, kept apart."""

    text: str
    next_by: datetime | None = None
    external: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CadenceSnoozed:
    """No reminder for an update before this moment."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSent:
    """The lead was reminded: of an update, or of what else `about` says."""

    about: str
    slack_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered:
    """The lead asks somebody to take over; nothing changes until they accept."""

    to_slack_id: str
    to_name: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAnswered:
    """Entry `offer` was accepted or declined by whom it was made to."""

    offer: int
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpSet:
    """An action item: who does what until when. The same `item` again replaces it."""

    item: int  # from 1, within the incident
    text: str
    owner_slack_id: str = ""
    owner: str = ""
    due: date | None = None
    done: bool = False
    dropped: bool = False
    url: str = ""  # where it is tracked


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """Somebody asks the pager to page: a service's or a policy's on-call, or named people."""

    what: str  # as people said it: "auth-api", "Database on-call"
    reason: str
    policy_id: str = ""  # the pager's escalation policy
    user_ids: tuple[str, ...] = ()  # the pager's own
    because: str = ""  # "approval:<run id>" when a machine asks
    service_id: str = ""  # the pager's service whose on-call is meant


class PageState(StrEnum):
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageActed:
    """What came of entry `asked`: whom the pager says it paged."""

    asked: int
    state: PageState
    names: tuple[str, ...] = ()
    user_ids: tuple[str, ...] = ()
    said: str = ""
    origin_id: str = ""  # the pager's incident by which they were paged
    made: bool = False  # it was made for this page


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswered:
    """Somebody who was paged answered at the pager."""

    user_id: str
    name: str
    accepted: bool
    asked: int = 0  # the entry that asked for the page; 0 for every page that reached them


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemDrafted:
    """A postmortem was made from the record up to `through`; the blobs hold it as it was."""

    through: int  # the entry it was made from, inclusive
    template: str
    template_version: str
    markdown: str  # blob
    data: str  # blob, JSON
    html: str  # blob
    problems: int = 0  # that the lint found
    cover: str = ""  # blob, JSON: its names and summary, and the blob of each chart
    charts: tuple[str, ...] = ()  # the blobs of the charts


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemPublished:
    """A publisher took the document; `base` is the blob of the Markdown as it was published."""

    publisher: str
    url: str
    ref: str  # the publisher's own handle: a path, a branch and number, a file id
    base: str
    conflicts: int = 0  # sections in which people and the record disagree


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemFailed:
    """A publisher did not take it; what a person can do."""

    publisher: str
    cure: str
    gives_up: bool
