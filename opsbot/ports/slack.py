"""Slack, both ways: rooms, and people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from opsbot.core.card import Card
from opsbot.core.form import Form
from opsbot.core.invocation import Caller, Invocation, Pointed
from opsbot.core.people import Invited, Missing, Person
from opsbot.core.standing import Standing
from opsbot.ports.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChannel:
    channel_id: str
    name: str
    adopted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteResult:
    invited: tuple[Invited, ...]
    missing: tuple[Missing, ...]


class RoomSurface(Protocol):
    """What a room needs of Slack. `look_first` asks to find our own earlier work before acting,
    because an earlier try may have happened. `stem` is the head of a channel's name that stays
    when the title changes (`inc-12`): by it an earlier try is known under another title."""

    async def open_channel(
        self,
        names: Sequence[str],
        *,
        private: bool,
        opened_at: datetime,
        look_first: bool,
        taken: Callable[[str], Awaitable[bool]],
        stem: str = "",
    ) -> Outcome[OpenedChannel]: ...

    async def post(
        self,
        channel_id: str,
        card: Card,
        *,
        slot: str,
        incident_id: str,
        thread_ts: str = "",
        look_first: datetime | None = None,
        urgent: bool = False,
    ) -> Outcome[PostedMessage]: ...

    async def edit(
        self, channel_id: str, ts: str, card: Card, *, incident_id: str
    ) -> Outcome[None]: ...

    async def invite(self, channel_id: str, people: Sequence[Person]) -> Outcome[InviteResult]: ...

    async def set_topic(self, channel_id: str, topic: str) -> Outcome[None]: ...
    async def pin(self, channel_id: str, ts: str) -> Outcome[None]: ...
    async def bookmark(self, channel_id: str, title: str, url: str) -> Outcome[None]: ...
    async def archive(self, channel_id: str) -> Outcome[None]: ...
    async def unarchive(self, channel_id: str) -> Outcome[None]: ...
    async def say(self, channel_id: str, card: Card) -> Outcome[PostedMessage]: ...
    async def upload(self, name: str, image: bytes, alt: str) -> Outcome[str]: ...
    async def share(
        self, channel_id: str, thread_ts: str, name: str, data: bytes, title: str
    ) -> Outcome[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A channel that opsbot is a member of."""

    name: str
    private: bool


class PeopleSurface(Protocol):
    """Slack's other direction: who somebody is, and answers that they alone see.

    `standing` looks the account up (and remembers it for a while): nothing a click says of its
    presser counts. `message` reads what a reaction points at, `enter` joins a channel and tells
    of it, `whisper` tells one person something nobody asked for, in a channel they are in or,
    where they are not, in a direct message, whose place it gives: what is seen until a reload has
    none. `fresh` looks somebody up now, whatever is remembered;
    `show_home` draws each card with the incident id its buttons carry.
    """

    async def standing(self, caller: Caller, *, fresh: bool = False) -> Outcome[Standing]: ...
    async def answer(
        self, asked: Invocation, card: Card, *, incident_id: str = ""
    ) -> Outcome[None]: ...
    async def open_form(self, trigger_id: str, form: Form) -> Outcome[None]: ...
    async def show_home(self, user_id: str, cards: Sequence[tuple[Card, str]]) -> Outcome[None]: ...
    async def whisper(
        self, channel_id: str, user_id: str, card: Card, *, incident_id: str = ""
    ) -> Outcome[PostedMessage | None]: ...
    async def react(self, channel_id: str, ts: str, emoji: str) -> Outcome[None]: ...
    async def message(self, channel_id: str, ts: str) -> Outcome[Pointed]: ...
    async def enter(self, channel_id: str) -> Outcome[Entered]: ...
    async def permalink(self, channel_id: str, ts: str) -> str: ...
