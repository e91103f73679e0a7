"""How channels change: created, joined, renamed, archived, given topics and bookmarks."""

from __future__ import annotations

from collections.abc import Iterable

from opsbot.sandbox.slack.message_changes import MessageChanges
from opsbot.sandbox.slack.model import Bookmark, Channel, ChannelKind, Note


class ChannelChanges(MessageChanges):
    """Changes to channels; the rules who may make them live in `methods`."""

    def create_channel(
        self, name: str, *, kind: ChannelKind, creator: str, channel_id: str | None = None
    ) -> Channel:
        """Create a channel; its creator is its first member."""
        channel = Channel(
            id=channel_id or self.new_id("D" if kind == "im" else "C"),
            name=name,
            kind=kind,
            creator=creator,
            created=self.now(),
        )
        self.channels[channel.id] = channel
        self.notify("channel_created", channel.id, user=creator, name=name)
        if kind in ("public", "private"):
            self.join(channel, creator)
        return channel

    def open_direct(self, user: str, others: Iterable[str]) -> Channel:
        """Return the direct message between these people, created when there is none."""
        members = sorted({user, *others})
        for channel in self.channels.values():
            if channel.kind in ("im", "mpim") and sorted(channel.members) == members:
                return channel
        kind: ChannelKind = "im" if len(members) <= 2 else "mpim"
        channel = self.create_channel("", kind=kind, creator=user)
        channel.members.extend(members)
        if kind == "mpim":
            names = "--".join(self.users[member].name for member in members)
            channel.name = f"mpdm-{names}-1"
        return channel

    def join(self, channel: Channel, user: str, *, inviter: str = "") -> None:
        """Make somebody a member, with Slack's line about it."""
        channel.members.append(user)
        self.notify("member_joined", channel.id, user=user, inviter=inviter)
        extra = {"inviter": inviter} if inviter else {}
        self.post_system(
            channel, user, "channel_join", f"<@{user}> has joined the channel", **extra
        )

    def leave(self, channel: Channel, user: str, *, actor: str = "") -> None:
        """End somebody's membership; `actor` is who removed them, if not they themselves."""
        channel.members.remove(user)
        self.notify("member_left", channel.id, user=user, actor=actor or user)

    def set_topic(self, channel: Channel, value: str, user: str) -> None:
        """Set the topic, with Slack's line about it; the same topic again changes nothing."""
        if value == channel.topic.value:
            return
        channel.topic = Note(value=value, creator=user, last_set=self.now())
        self.notify("topic_changed", channel.id, user=user, value=value)
        self.post_system(
            channel, user, "channel_topic", f"<@{user}> set the channel topic: {value}", topic=value
        )

    def set_purpose(self, channel: Channel, value: str, user: str) -> None:
        """Set the purpose, with Slack's line about it; the same purpose again changes nothing."""
        if value == channel.purpose.value:
            return
        channel.purpose = Note(value=value, creator=user, last_set=self.now())
        self.notify("purpose_changed", channel.id, user=user, value=value)
        text = f"<@{user}> set the channel purpose: {value}"
        self.post_system(channel, user, "channel_purpose", text, purpose=value)

    def rename(self, channel: Channel, name: str, user: str) -> None:
        """Give the channel another name; the id stays."""
        old, channel.name = channel.name, name
        channel.previous_names.append(old)
        self.notify("channel_renamed", channel.id, user=user, name=name, old_name=old)
        text = f"<@{user}> has renamed the channel from {old!r} to {name!r}"
        self.post_system(channel, user, "channel_name", text, old_name=old, name=name)

    def archive(self, channel: Channel, user: str) -> None:
        """Archive; a private channel loses its bots by that."""
        self.post_system(channel, user, "channel_archive", f"<@{user}> archived the channel")
        channel.archived = True
        present = list(channel.members)
        if channel.kind == "private":
            channel.members = [m for m in channel.members if not self.users[m].is_bot]
        self.notify("channel_archived", channel.id, user=user, members=present)

    def unarchive(self, channel: Channel, user: str) -> None:
        """Bring an archived channel back."""
        channel.archived = False
        self.notify("channel_unarchived", channel.id, user=user)
        self.post_system(channel, user, "channel_unarchive", f"<@{user}> un-archived the channel")

    def delete_channel(self, channel: Channel, user: str) -> None:
        """Delete a channel for good, with everything in it; its name is free again."""
        del self.channels[channel.id]
        self.notify(
            "channel_deleted",
            channel.id,
            user=user,
            members=list(channel.members),
            is_private=channel.is_private,
        )

    def move_channel(self, channel: Channel, new_id: str) -> None:
        """Give a channel another id, as moving it between an enterprise's workspaces does."""
        old = channel.id
        del self.channels[old]
        channel.id = new_id
        self.channels[new_id] = channel
        for message in channel.messages.values():
            message.channel = new_id
        for shown in self.ephemerals:
            if shown.channel == old:
                shown.channel = new_id
        self.notify("channel_moved", new_id, old=old)

    def add_bookmark(
        self, channel: Channel, *, title: str, link: str, emoji: str, user: str
    ) -> Bookmark:
        """Add a link to the header bar."""
        bookmark = Bookmark(
            id=self.new_id("Bk"),
            title=title,
            link=link,
            emoji=emoji,
            user=user,
            created=self.now(),
        )
        channel.bookmarks.append(bookmark)
        self.notify("bookmark_added", channel.id, user=user, bookmark=bookmark.id)
        return bookmark

    def edit_bookmark(
        self, channel: Channel, bookmark: Bookmark, *, title: str, link: str, emoji: str, user: str
    ) -> None:
        """Change a link in the header bar."""
        bookmark.title, bookmark.link, bookmark.emoji = title, link, emoji
        bookmark.user, bookmark.updated = user, self.now()
        self.notify("bookmark_changed", channel.id, user=user, bookmark=bookmark.id)

    def remove_bookmark(self, channel: Channel, bookmark: Bookmark, user: str) -> None:
        """Take a link out of the header bar."""
        channel.bookmarks.remove(bookmark)
        self.notify("bookmark_removed", channel.id, user=user, bookmark=bookmark.id)
