"""A Slack workspace in memory: seed it, watch it change, and ask what people would see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsbot.sandbox.slack import mentions, visible_text
from opsbot.sandbox.slack.channel_changes import ChannelChanges
from opsbot.sandbox.slack.clock import Clock
from opsbot.sandbox.slack.mentions import Mention
from opsbot.sandbox.slack.model import Channel, ChannelKind, Message, User, Usergroup


class Workspace(ChannelChanges):
    """One workspace with our app installed; #general exists and holds every full member."""

    def __init__(
        self, *, name: str = "Sandbox", bot_name: str = "opsbot", clock: Clock | None = None
    ) -> None:
        super().__init__(name=name, clock=clock)
        bot = User(id=self.new_id("U"), name=bot_name, real_name=bot_name, is_bot=True)
        self.bot_user_id = bot.id
        self.users[bot.id] = bot
        self.general = self.create_channel("general", kind="public", creator="USLACKBOT")
        self.general.is_general = True
        self.general.members.clear()
        self.general.messages.clear()

    def add_user(
        self, name: str, *, real_name: str | None = None, id: str | None = None, **flags: Any
    ) -> User:
        """Seed a person; flags are User's fields (email, tz, deleted, is_restricted, ...).

        Raises ValueError when the id, name or e-mail address is taken.
        """
        user = User(id=id or self.new_id("U"), name=name, real_name=real_name or name, **flags)
        taken = user.id in self.users or any(u.name == name for u in self.users.values())
        if taken or (user.email and self.user_with_email(user.email)):
            raise ValueError(f"The workspace already has {user.id}, {name!r} or {user.email!r}.")
        self.users[user.id] = user
        if not (user.deleted or user.is_restricted or user.is_ultra_restricted or user.is_stranger):
            self.general.members.append(user.id)
        return user

    def add_channel(
        self,
        name: str,
        *,
        creator: str | None = None,
        is_private: bool = False,
        members: Iterable[str] = (),
        archived: bool = False,
        id: str | None = None,
    ) -> Channel:
        """Seed a channel made by somebody else (`creator` None: by Slack) and its members.

        Raises ValueError when the name is taken.
        """
        if self.channel_named(name):
            raise ValueError(f"The workspace already has a channel #{name}.")
        kind: ChannelKind = "private" if is_private else "public"
        self.seeding = True
        try:
            channel = self.create_channel(
                name, kind=kind, creator=creator or "USLACKBOT", channel_id=id
            )
        finally:
            self.seeding = False
        channel.messages.clear()
        channel.members = [] if creator is None else [creator]
        channel.members.extend(member for member in members if member not in channel.members)
        channel.archived = archived
        return channel

    def add_usergroup(self, handle: str, users: Iterable[str], *, name: str = "") -> Usergroup:
        """Seed a user group."""
        group = Usergroup(
            id=self.new_id("S"), handle=handle, name=name or handle, users=list(users)
        )
        self.usergroups[group.id] = group
        return group

    def visible_text(self, channel: str) -> str:
        """Return what a person reads in a channel, given its id or name; KeyError when unknown."""
        return visible_text.of_channel(self._find(channel))

    def mentions(self) -> list[Mention]:
        """Return every mention ever made: in messages, earlier versions, ephemerals, topics."""
        found = [m for channel in self.channels.values() for m in mentions.of_channel(channel)]
        found += [m for shown in self.ephemerals for m in mentions.of_ephemeral(shown)]
        return found

    def unescaped_mentions(self) -> list[Mention]:
        """Return the mentions apps make by live tokens in parsed text.

        Typed elements are left out, and what people say: they mention on purpose.
        """
        return [
            mention
            for mention in self.mentions()
            if not mention.typed and not self._is_person(mention.author)
        ]

    def posts(self, channel: str, *, user: str | None = None) -> list[Message]:
        """Return the top-level messages people or bots posted, Slack's own lines left out."""
        return [
            message
            for message in self._find(channel).messages.values()
            if not message.subtype
            and not message.deleted
            and (not message.is_reply or message.broadcast)
            and user in (None, message.user)
        ]

    def topic_changes(self, channel: str) -> int:
        """Return how often a channel's topic was changed."""
        messages = self._find(channel).messages.values()
        return sum(message.subtype == "channel_topic" for message in messages)

    def orphan_replies(self) -> list[Message]:
        """Return replies whose parent never existed; Slack takes them and nobody sees them."""
        return [
            message
            for channel in self.channels.values()
            for message in channel.messages.values()
            if message.thread_ts is not None and message.thread_ts not in channel.messages
        ]

    def _is_person(self, user_id: str) -> bool:
        user = self.users.get(user_id)
        return user is not None and not user.is_bot

    def _find(self, channel: str) -> Channel:
        found = self.channels.get(channel) or self.channel_named(channel.removeprefix("#"))
        if found is None:
            raise KeyError(f"The workspace has no channel {channel!r}.")
        return found
