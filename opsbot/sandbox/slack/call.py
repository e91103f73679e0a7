"""One authenticated call on its way to a method: its arguments and what it may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opsbot.sandbox.slack.arguments import Arguments, is_ts
from opsbot.sandbox.slack.delivery.socket_mode import SocketMode
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import MethodFacts
from opsbot.sandbox.slack.model import Channel, ChannelKind, Json, Message, User
from opsbot.sandbox.slack.tiers import Tiers
from opsbot.sandbox.slack.views import ViewStore
from opsbot.sandbox.slack.workspace import Workspace

_SCOPE_FAMILY: dict[ChannelKind, str] = {
    "public": "channels:",
    "private": "groups:",
    "im": "im:",
    "mpim": "mpim:",
}


@dataclass(slots=True, kw_only=True)
class ApiCall:
    """A call by the app's bot user; look-ups raise the SlackError Slack would answer."""

    method: MethodFacts
    args: Arguments
    workspace: Workspace
    views: ViewStore
    sockets: SocketMode
    tiers: Tiers
    scopes: frozenset[str]

    @property
    def user(self) -> str:
        """The bot user on whose behalf the call is made."""
        return self.workspace.bot_user_id

    def need_scope(self, *any_of: str) -> None:
        """Raise `missing_scope` unless one of these was granted."""
        if any_of and not self.scopes.intersection(any_of):
            raise SlackError(
                "missing_scope", needed=",".join(any_of), provided=",".join(sorted(self.scopes))
            )

    def need_scope_for(self, kind: ChannelKind) -> None:
        """Raise `missing_scope` unless the method's scopes for this kind of channel are granted."""
        family = _SCOPE_FAMILY[kind]
        self.need_scope(*(scope for scope in self.method.scopes if scope.startswith(family)))

    def channel(self, name: str = "channel") -> Channel:
        """Return the conversation an argument names, when the bot can see it."""
        found = self.workspace.channels.get(self.args.word(name))
        if found is None or not self.workspace.can_see(self.user, found):
            raise SlackError("channel_not_found")
        self.need_scope_for(found.kind)
        return found

    def real_channel(self, name: str = "channel") -> Channel:
        """Return a public or private channel; direct messages are the wrong kind."""
        found = self.channel(name)
        if found.kind in ("im", "mpim"):
            raise SlackError("method_not_supported_for_channel_type")
        return found

    def need_member(self, channel: Channel) -> None:
        """Raise `not_in_channel` unless the bot is a member."""
        if self.user not in channel.members:
            raise SlackError("not_in_channel")

    def message(self, channel: Channel, ts: str, *, malformed: str) -> Message:
        """Return a message of a channel; a ts that is none raises the `malformed` error."""
        if not is_ts(ts):
            raise SlackError(malformed)
        found = self.workspace.message(channel.id, ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def person(self, user_id: str) -> User:
        """Return a user; raises `user_not_found`."""
        found = self.workspace.users.get(user_id)
        if found is None:
            raise SlackError("user_not_found")
        return found


Handler = Callable[[ApiCall], Json]
