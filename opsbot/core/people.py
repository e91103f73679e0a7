"""People as the record knows them: who acted, who was paged, who could not be found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Who or what said something."""

    PERSON = "person"
    SYSTEM = "system"  # a monitoring tool, a pager's automation
    OPSBOT = "opsbot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who or what an entry comes from. `id` is stable and holds no name: `pagerduty:PJ0LVEB`."""

    kind: ActorKind
    id: str
    name: str = ""

    @property
    def is_person(self) -> bool:
        return self.kind is ActorKind.PERSON


SLACK = "slack:"  # how the id of somebody begins who is known by their Slack account


def slack_account(person_id: str) -> str:
    """The Slack account in an actor's or person's id; empty for anybody else's."""
    return person_id.removeprefix(SLACK) if person_id.startswith(SLACK) else ""


OPSBOT = Actor(kind=ActorKind.OPSBOT, id="opsbot", name="opsbot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to bring in. `id` is the pager's own id, and the e-mail address joins to Slack; or
    it is `slack:` with the account of somebody who acted there."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A person who was brought into the room."""

    person_id: str
    slack_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A person who could not be brought in, and why, in words that name the cure."""

    person_id: str
    name: str
    reason: str
