"""FakeRoom: rooms in memory, for flows. It passes the same contract suite as the real one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from opsbot.cards.plain import as_text, topic_text
from opsbot.core.card import Card
from opsbot.core.people import Invited, Missing, Person, slack_account
from opsbot.ports import (
    Clock,
    Done,
    InviteResult,
    OpenedChannel,
    Outcome,
    PostedMessage,
    Refused,
    Unsure,
)

T = TypeVar("T")
_SKEW = timedelta(seconds=60)


@dataclass(slots=True, kw_only=True)
class FakeMessage:
    """One message of ours as it stands, with every card it has shown."""

    ts: str
    card: Card
    slot: str = ""
    incident_id: str = ""
    thread_ts: str = ""
    posted_at: datetime
    earlier: list[Card] = field(default_factory=list[Card])

    @property
    def words(self) -> str:
        return as_text(self.card)


@dataclass(slots=True, kw_only=True)
class FakeChannel:
    """One channel; `ours` when the room created it."""

    id: str
    name: str
    private: bool = False
    ours: bool = True
    created_at: datetime
    archived: bool = False
    topic: str = ""
    topics_set: int = 0
    members: list[str] = field(default_factory=list[str])
    pins: list[str] = field(default_factory=list[str])
    bookmarks: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    messages: list[FakeMessage] = field(default_factory=list[FakeMessage])


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeFile:
    """A picture that Slack holds; nobody sees it until a message shows it."""

    name: str
    image: bytes
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeShared:
    """A file that stands in a channel, in the thread below `thread_ts` unless that is empty."""

    file_id: str
    channel_id: str
    thread_ts: str
    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    outcome: Refused | Unsure
    done_first: bool


class FakeRoom:
    """The RoomSurface port in memory.

    `accounts` maps e-mail addresses to Slack ids, `absent` to the reason why not; `people` tells
    of each Slack account why it cannot be brought in, nothing when it can be. `fail` and
    `lose` decide what happens to the next calls of a move (a method's name); `moves` lists every
    call as (move, channel id).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, list[_Failure]] = {}
        self._last_ts = 0.0
        self.channels: dict[str, FakeChannel] = {}
        self.accounts: dict[str, str] = {}
        self.absent: dict[str, str] = {}
        self.people: dict[str, str] = {}
        self.files: dict[str, FakeFile] = {}
        self.shared: list[FakeShared] = []
        self.moves: list[tuple[str, str]] = []

    # --- what a test arranges and asks ---------------------------------------------------------

    def fail(self, move: str, outcome: Refused | Unsure, *, times: int = 1) -> None:
        """The next calls of a move do nothing and answer this."""
        failure = _Failure(outcome=outcome, done_first=False)
        self._failures.setdefault(move, []).extend([failure] * times)

    def lose(self, move: str) -> None:
        """The next call of a move is done, and its answer lost."""
        failure = _Failure(outcome=Unsure(reason=f"{move}: answer lost"), done_first=True)
        self._failures.setdefault(move, []).append(failure)

    def hold_name(self, name: str) -> None:
        """Somebody else has a channel of this name."""
        self._create(name, private=False, ours=False)

    def lend(self, channel_id: str, name: str, *, topic: str = "") -> None:
        """People have a channel of their own."""
        self.channels[channel_id] = FakeChannel(
            id=channel_id, name=name, ours=False, created_at=self._clock.now(), topic=topic
        )

    def messages(self, channel_id: str, *, thread_ts: str = "") -> list[FakeMessage]:
        """What stands in a channel, or in one of its threads."""
        return [m for m in self.channels[channel_id].messages if m.thread_ts == thread_ts]

    def deliver(self, user_id: str, card: Card, incident_id: str) -> PostedMessage:
        """A message in our direct messages with somebody, which stand like those of a channel."""
        channel_id = f"D{user_id[1:]}"
        if channel_id not in self.channels:
            self.lend(channel_id, f"direct messages with {user_id}")
        ts = self._add(channel_id, card, "", incident_id, "").ts
        return PostedMessage(channel_id=channel_id, ts=ts)

    # --- the port -----------------------------------------------------------------------------

    async def open_channel(
        self,
        names: Sequence[str],
        *,
        private: bool,
        opened_at: datetime,
        look_first: bool,
        taken: Callable[[str], Awaitable[bool]],
        stem: str = "",
    ) -> Outcome[OpenedChannel]:
        async def own_of(names: Sequence[str]) -> FakeChannel | None:
            for own in self._own(opened_at):
                if _fits(own, names, stem, private=private) and not await taken(own.id):
                    return own
            return None

        if look_first and (own := await own_of(names)):
            return self._answer("open_channel", own.id, lambda: _opened(own, adopted=True))
        for name in names:
            holders = [c for c in self.channels.values() if c.name == name]
            if not holders:
                return self._answer(
                    "open_channel",
                    "",
                    lambda name=name: _opened(
                        self._create(name, private=private, ours=True), adopted=False
                    ),
                )
            if own := await own_of([name]):
                return self._answer("open_channel", own.id, lambda: _opened(own, adopted=True))
        return Refused(error="name_taken", cure="Rename one of the channels.")

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
    ) -> Outcome[PostedMessage]:
        def do() -> PostedMessage:
            message = self._add(channel_id, card, slot, incident_id, thread_ts)
            return PostedMessage(channel_id=channel_id, ts=message.ts)

        if refused := self._closed(channel_id):
            return refused
        if look_first is not None:
            for message in self.messages(channel_id, thread_ts=thread_ts):
                same = (message.slot, message.incident_id) == (slot, incident_id)
                if same and message.posted_at >= look_first - _SKEW:
                    return Done(value=PostedMessage(channel_id=channel_id, ts=message.ts))
        return self._answer("post", channel_id, do)

    async def say(self, channel_id: str, card: Card) -> Outcome[PostedMessage]:
        def do() -> PostedMessage:
            message = self._add(channel_id, card, "", "", "")
            return PostedMessage(channel_id=channel_id, ts=message.ts)

        return self._closed(channel_id) or self._answer("say", channel_id, do)

    async def edit(
        self, channel_id: str, ts: str, card: Card, *, incident_id: str
    ) -> Outcome[None]:
        found = self._message(channel_id, ts)
        if found is None:
            return Refused(error="message_not_found", cure="The message was deleted in Slack.")
        if self.channels[channel_id].archived:
            return Refused(error="is_inactive", cure="The channel is archived or deleted.")

        def do() -> None:
            found.earlier.append(found.card)
            found.card = card

        return self._answer("edit", channel_id, do)

    async def invite(self, channel_id: str, people: Sequence[Person]) -> Outcome[InviteResult]:
        def do() -> InviteResult:
            invited, missing = list[Invited](), list[Missing]()
            for person in people:
                slack_id, reason = self._account(person)
                if reason:
                    missing.append(Missing(person_id=person.id, name=person.name, reason=reason))
                    continue
                if slack_id not in self.channels[channel_id].members:
                    self.channels[channel_id].members.append(slack_id)
                invited.append(Invited(person_id=person.id, slack_id=slack_id, name=person.name))
            return InviteResult(invited=tuple(invited), missing=tuple(missing))

        return self._closed(channel_id) or self._answer("invite", channel_id, do)

    async def set_topic(self, channel_id: str, topic: str) -> Outcome[None]:
        def do() -> None:
            channel = self.channels[channel_id]
            channel.topics_set += channel.topic != topic_text(topic)
            channel.topic = topic_text(topic)

        return self._closed(channel_id) or self._answer("set_topic", channel_id, do)

    async def pin(self, channel_id: str, ts: str) -> Outcome[None]:
        if self._message(channel_id, ts) is None:
            return Refused(error="message_not_found", cure="The message was deleted in Slack.")

        def do() -> None:
            channel = self.channels[channel_id]
            channel.pins = list(dict.fromkeys([*channel.pins, ts]))

        return self._answer("pin", channel_id, do)

    async def bookmark(self, channel_id: str, title: str, url: str) -> Outcome[None]:
        if not url.startswith(("http://", "https://")):
            return Refused(error="invalid_link", cure="Only http and https can be bookmarked.")

        def do() -> None:
            bookmarks = self.channels[channel_id].bookmarks
            if not any(link == url for _, link in bookmarks):
                bookmarks.append((title, url))

        return self._answer("bookmark", channel_id, do)

    async def archive(self, channel_id: str) -> Outcome[None]:
        return self._set_archived("archive", channel_id, True)

    async def unarchive(self, channel_id: str) -> Outcome[None]:
        return self._set_archived("unarchive", channel_id, False)

    async def upload(self, name: str, image: bytes, alt: str) -> Outcome[str]:
        if not image:
            return Refused(error="missing_argument", cure="An empty picture cannot be uploaded.")

        def do() -> str:
            file_id = f"F{len(self.files) + 1:03d}"
            self.files[file_id] = FakeFile(name=name, image=image, alt=alt)
            return file_id

        return self._answer("upload", "", do)

    async def share(
        self, channel_id: str, thread_ts: str, name: str, data: bytes, title: str
    ) -> Outcome[str]:
        if not data:
            return Refused(error="missing_argument", cure="An empty file cannot be shared.")

        def do() -> str:
            file_id = f"F{len(self.files) + 1:03d}"
            self.files[file_id] = FakeFile(name=name, image=data, alt="")
            held = FakeShared(file_id=file_id, channel_id=channel_id, thread_ts=thread_ts,
                              name=name, title=title)  # fmt: skip
            self.shared.append(held)
            return file_id

        return self._closed(channel_id) or self._answer("share", channel_id, do)

    # --- inside -------------------------------------------------------------------------------

    def _account(self, person: Person) -> tuple[str, str]:
        """The person's Slack id, or why there is none."""
        if account := slack_account(person.id):
            return account, self.people.get(account, "Slack shows opsbot no such account")
        absent = self.absent.get(person.email, "no Slack account has their address")
        return self.accounts.get(person.email, ""), "" if person.email in self.accounts else absent

    def _answer(self, move: str, channel_id: str, do: Callable[[], T]) -> Outcome[T]:
        self.moves.append((move, channel_id))
        failures = self._failures.get(move)
        if not failures:
            return Done(value=do())
        failure = failures.pop(0)
        if failure.done_first:
            do()
        return failure.outcome

    def _set_archived(self, move: str, channel_id: str, archived: bool) -> Outcome[None]:
        if channel_id not in self.channels:
            return Refused(error="channel_not_found", cure="The channel is gone.")

        def do() -> None:
            self.channels[channel_id].archived = archived

        return self._answer(move, channel_id, do)

    def _closed(self, channel_id: str) -> Refused | None:
        if channel_id not in self.channels:
            return Refused(error="channel_not_found", cure="The channel is gone.")
        if self.channels[channel_id].archived:
            return Refused(error="is_archived", cure="Unarchive the channel to go on there.")
        return None

    def _create(self, name: str, *, private: bool, ours: bool) -> FakeChannel:
        channel = FakeChannel(
            id=f"C{len(self.channels) + 1:03d}",
            name=name,
            private=private,
            ours=ours,
            created_at=self._clock.now(),
        )
        self.channels[channel.id] = channel
        return channel

    def _own(self, opened_at: datetime) -> list[FakeChannel]:
        since = min(opened_at, self._clock.now()) - _SKEW
        return [c for c in self.channels.values() if c.ours and c.created_at >= since]

    def _add(
        self, channel_id: str, card: Card, slot: str, incident_id: str, thread_ts: str
    ) -> FakeMessage:
        now = self._clock.now()
        self._last_ts = max(now.timestamp(), self._last_ts + 0.000_1)
        message = FakeMessage(
            ts=f"{self._last_ts:.6f}",
            card=card,
            slot=slot,
            incident_id=incident_id,
            thread_ts=thread_ts,
            posted_at=now,
        )
        self.channels[channel_id].messages.append(message)
        return message

    def _message(self, channel_id: str, ts: str) -> FakeMessage | None:
        channel = self.channels.get(channel_id)
        return next((m for m in channel.messages if m.ts == ts), None) if channel else None


def _fits(channel: FakeChannel, names: Sequence[str], stem: str, *, private: bool) -> bool:
    by_stem = bool(stem) and f"{channel.name}-".startswith(f"{stem}-")
    return (channel.name in names or by_stem) and (channel.private or not private)


def _opened(channel: FakeChannel, *, adopted: bool) -> OpenedChannel:
    return OpenedChannel(channel_id=channel.id, name=channel.name, adopted=adopted)
