"""Who is on call, as the pager told it: duties by level and policy, and whose Slack account is
among them. Looked up before a verb runs, because verbs ask nobody themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from opsbot.core.people import Person, slack_account
from opsbot.core.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Somebody who is on call now: at which level of which policy, and until when."""

    person: Person
    level: int
    policy_id: str
    policy: str  # the policy's name
    schedule: str = ""
    until: datetime | None = None  # None: always


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What the pager said about whom a verb may reach: on call for the service or policy that it
    names, nearest level first; policies of a name, each as (id, name); people by Slack account."""

    on_call: tuple[OnCall, ...] = ()
    policies: tuple[tuple[str, str], ...] = ()
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""  # why the pager did not say, with the cure; empty when it did


def standing_on_call(
    duties: Iterable[OnCall], standing: Standing, mapped: Mapping[str, str] = MappingProxyType({})
) -> OnCall | None:
    """The nearest duty of somebody's Slack account; None when they are not on call.

    They are the same person by their address, in any case, or where `mapped` (Slack ids by the
    pager's address or id: `slack.people`) or the pager's person itself names the account.
    """
    known = {key.strip().casefold(): account for key, account in mapped.items()}
    mine = (duty for duty in duties if _is(duty.person, standing, known))
    return min(mine, key=lambda duty: duty.level, default=None)


def _is(person: Person, standing: Standing, mapped: Mapping[str, str]) -> bool:
    """A configured account decides alone, as it does when people are invited."""
    email = person.email.strip().casefold()
    account = mapped.get(email) if email else None
    account = account or mapped.get(person.id.casefold()) or slack_account(person.id)
    if account:
        return account == standing.slack_id
    return bool(email) and email == standing.email.strip().casefold()
