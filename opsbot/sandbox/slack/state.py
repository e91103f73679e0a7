"""The bottom of a workspace: ids, timestamps, look-ups, and who is told of every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from opsbot.sandbox.slack.clock import Clock, SystemClock
from opsbot.sandbox.slack.model import (
    Change,
    Channel,
    Ephemeral,
    Message,
    Preferences,
    StoredFile,
    User,
    Usergroup,
)

Subscriber = Callable[[Change], None]


class State:
    """Everything a workspace holds; ids are handed out in order, so a run can be repeated."""

    team_id = "T000000001"
    app_id = "A000000001"
    bot_id = "B000000001"

    def __init__(self, *, name: str = "Sandbox", clock: Clock | None = None) -> None:
        self.name = name
        self.domain = "sandbox"
        self.url = "http://127.0.0.1/"
        self.clock: Clock = clock or SystemClock()
        self.preferences = Preferences()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, Usergroup] = {}
        self.files: dict[str, StoredFile] = {}
        self.ephemerals: list[Ephemeral] = []
        self._ids: Counter[str] = Counter()
        self._last_micros = 0
        self._subscribers: list[Subscriber] = []
        # Changes made while this is set up the scene; the app is not told of them.
        self.seeding = False

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call `callback` with every later change; the returned function ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def notify(
        self, kind: str, channel: str = "", ts: str = "", user: str = "", **detail: Any
    ) -> None:
        """Tell the subscribers of a change."""
        change = Change(
            kind=kind, at=self.clock.wall(), channel=channel, ts=ts, user=user, detail=detail
        )
        for callback in list(self._subscribers):
            callback(change)

    def new_id(self, prefix: str) -> str:
        """Return the next id of a kind: U, C, D, G, F, S, V, Bk."""
        self._ids[prefix] += 1
        return f"{prefix}{self._ids[prefix]:09d}"

    def new_ts(self) -> str:
        """Return a message timestamp later than every one before it."""
        self._last_micros = max(int(self.clock.wall() * 1_000_000), self._last_micros + 1)
        seconds, micros = divmod(self._last_micros, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def now(self) -> int:
        """Return whole Unix seconds."""
        return int(self.clock.wall())

    def channel_named(self, name: str) -> Channel | None:
        """Return the channel holding a name, archived or not; direct messages hold none."""
        for channel in self.channels.values():
            if channel.kind in ("public", "private") and channel.name == name:
                return channel
        return None

    def user_with_email(self, email: str) -> User | None:
        """Return who has an e-mail address, deactivated or not; case does not matter."""
        wanted = email.casefold()
        for user in self.users.values():
            if user.email and user.email.casefold() == wanted:
                return user
        return None

    def can_see(self, user: str, channel: Channel) -> bool:
        """Whether a person finds the channel at all: public, or a member of it.

        Guests and strangers find only the channels they are in (Slack help "Understand guest
        roles").
        """
        who = self.users.get(user)
        everybody = not channel.is_private and not (who is not None and who.is_guest)
        return everybody or user in channel.members

    def message(self, channel: str, ts: str) -> Message | None:
        """Return a message that is still there."""
        found = self.channels[channel].messages.get(ts) if channel in self.channels else None
        return None if found is None or found.deleted else found
