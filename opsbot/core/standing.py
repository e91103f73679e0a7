"""Who somebody is in the workspace, looked up and never taken from a click: full member, guest,
stranger; their zone, address and user groups."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.core.people import Actor, ActorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One account as Slack knows it now."""

    slack_id: str
    name: str = ""
    zone: str = "UTC"  # IANA name
    email: str = ""
    guest: bool = False  # single- or multi-channel
    stranger: bool = False  # belongs to another organisation
    deactivated: bool = False
    bot: bool = False
    groups: frozenset[str] = frozenset()  # ids of the user groups that rules name

    @property
    def actor(self) -> Actor:
        """The account as the record names it."""
        return Actor(kind=ActorKind.PERSON, id=f"slack:{self.slack_id}", name=self.name)

    @property
    def outsider(self) -> str:
        """Why this account is refused everywhere by default; empty for a full member."""
        if self.stranger:
            return "people from outside this organisation cannot use opsbot here"
        if self.guest:
            return "guests cannot use opsbot here"
        if self.deactivated:
            return "this account is deactivated"
        return "bots cannot use opsbot" if self.bot else ""
