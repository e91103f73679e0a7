"""How messages change: posted, edited, deleted, shown to one person, reacted to, pinned, shared."""

from __future__ import annotations

from typing import Any

from opsbot.sandbox.slack.model import (
    Channel,
    Ephemeral,
    Json,
    Message,
    Pin,
    Revision,
    StoredFile,
)
from opsbot.sandbox.slack.state import State


class MessageChanges(State):
    """Changes to messages; the rules who may make them live in `methods`."""

    def post(
        self,
        channel: Channel,
        *,
        user: str,
        text: str,
        blocks: list[Json] | None = None,
        attachments: list[Json] | None = None,
        thread_ts: str | None = None,
        broadcast: bool = False,
        metadata: Json | None = None,
        mrkdwn: bool = True,
        files: list[str] | None = None,
        subtype: str = "",
        extra: Json | None = None,
    ) -> Message:
        """Add a message to a channel, text kept exactly as received."""
        message = Message(
            ts=self.new_ts(),
            channel=channel.id,
            user=user,
            text=text,
            blocks=blocks or [],
            attachments=attachments or [],
            thread_ts=thread_ts,
            broadcast=broadcast,
            metadata=metadata,
            mrkdwn=mrkdwn,
            files=files or [],
            subtype=subtype,
            extra=extra or {},
        )
        channel.messages[message.ts] = message
        parent = channel.messages.get(thread_ts) if thread_ts else None
        if parent is not None:
            parent.thread_ts = parent.ts
        self.notify("message_posted", channel.id, message.ts, user, subtype=subtype)
        return message

    def post_system(
        self, channel: Channel, user: str, subtype: str, text: str, **extra: Any
    ) -> None:
        """Add one of Slack's own lines, such as `channel_join` or `channel_topic`."""
        self.post(channel, user=user, text=text, subtype=subtype, extra=extra)

    def edit(
        self,
        message: Message,
        *,
        text: str,
        blocks: list[Json],
        attachments: list[Json],
        metadata: Json | None,
    ) -> None:
        """Replace what a message says; only a change of text leaves an (edited) mark."""
        message.revisions.append(
            Revision(text=message.text, blocks=message.blocks, attachments=message.attachments)
        )
        if text != message.text:
            message.edited_ts = self.new_ts()
        message.text, message.blocks, message.attachments = text, blocks, attachments
        message.metadata = metadata
        self.notify("message_changed", message.channel, message.ts, message.user)

    def delete(self, message: Message) -> None:
        """Take a message away; one with replies leaves a tombstone."""
        message.deleted = True
        channel = self.channels[message.channel]
        channel.pins = [pin for pin in channel.pins if pin.ts != message.ts]
        self.notify("message_deleted", message.channel, message.ts, message.user)

    def post_ephemeral(
        self,
        channel: Channel,
        *,
        to: str,
        text: str,
        blocks: list[Json],
        thread_ts: str | None = None,
    ) -> Ephemeral:
        """Show a message to one person."""
        shown = Ephemeral(
            ts=self.new_ts(),
            channel=channel.id,
            user=to,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
        )
        self.ephemerals.append(shown)
        self.notify("ephemeral_posted", channel.id, shown.ts, to)
        return shown

    def replace_ephemeral(
        self, shown: Ephemeral, *, text: str | None, blocks: list[Json] | None
    ) -> None:
        """Change what one person sees, or take it away when both are None."""
        if text is None and blocks is None:
            self.ephemerals.remove(shown)
            self.notify("ephemeral_deleted", shown.channel, shown.ts, shown.user)
            return
        shown.text, shown.blocks = text or "", blocks or []
        self.notify("ephemeral_changed", shown.channel, shown.ts, shown.user)

    def pin(self, channel: Channel, ts: str, user: str) -> None:
        """Pin a message."""
        channel.pins.append(Pin(ts=ts, user=user, created=self.now()))
        self.notify("pin_added", channel.id, ts, user)

    def unpin(self, channel: Channel, ts: str, user: str) -> None:
        """Unpin a message."""
        channel.pins = [pin for pin in channel.pins if pin.ts != ts]
        self.notify("pin_removed", channel.id, ts, user)

    def react(self, message: Message, name: str, user: str) -> None:
        """Add a person's reaction."""
        message.reactions.setdefault(name, []).append(user)
        self.notify("reaction_added", message.channel, message.ts, user, name=name)

    def unreact(self, message: Message, name: str, user: str) -> None:
        """Take a person's reaction away."""
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self.notify("reaction_removed", message.channel, message.ts, user, name=name)

    def new_file(
        self, *, name: str, title: str, length: int, user: str, alt_text: str = ""
    ) -> StoredFile:
        """Reserve an upload."""
        stored = StoredFile(
            id=self.new_id("F"),
            name=name,
            title=title,
            length=length,
            user=user,
            created=self.now(),
            alt_text=alt_text,
        )
        self.files[stored.id] = stored
        return stored

    def share_files(
        self,
        channel: Channel,
        files: list[StoredFile],
        *,
        user: str,
        text: str,
        thread_ts: str | None,
        blocks: list[Json] | None = None,
    ) -> Message:
        """Post uploads into a channel."""
        for stored in files:
            stored.channels.append(channel.id)
        ids = [stored.id for stored in files]
        message = self.post(
            channel, user=user, text=text, blocks=blocks, thread_ts=thread_ts, files=ids
        )
        for stored in files:
            self.notify("file_shared", channel.id, message.ts, user, file=stored.id)
        return message

    def complete_file(self, stored: StoredFile) -> None:
        """End an upload; Slack goes on working on it for a moment."""
        stored.completed = True
        stored.ready_at = self.clock.monotonic() + self.preferences.file_processing_seconds
