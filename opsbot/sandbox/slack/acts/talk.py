"""What people write and mark: messages, edits, deletions, reactions, pins, the app's Home."""

from __future__ import annotations

import re
import uuid
from typing import Literal

from opsbot.sandbox.slack.acts.inputs import state_values
from opsbot.sandbox.slack.acts.scene import Scene
from opsbot.sandbox.slack.acts.typed_text import message_text
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.model import Channel, Message, User

_EMOJI = re.compile(r"[a-z0-9_+'-]+(?:::skin-tone-[2-6])?")


def say(
    scene: Scene,
    user_id: str,
    channel_id: str,
    text: str,
    *,
    thread_ts: str | None,
    broadcast: bool,
    copies: int,
) -> str:
    """Post a message; see People.say."""
    user = scene.person(user_id)
    channel = scene.writable(user, channel_id)
    if not text.strip():
        raise CannotAct("Slack sends no empty message.")
    _refuse_closed(channel, in_thread=thread_ts is not None)
    if thread_ts is not None and scene.message(channel, thread_ts).is_reply:
        raise CannotAct("A reply is no thread: answer the message it belongs to.")
    token_text, blocks = message_text(scene.workspace, user.id, text)
    client_msg_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{channel.id}/{scene.workspace.new_ts()}")
    with scene.happening(copies) as workspace:
        message = workspace.post(
            channel,
            user=user.id,
            text=token_text,
            blocks=blocks,
            thread_ts=thread_ts,
            broadcast=broadcast and thread_ts is not None,
            extra={"client_msg_id": str(client_msg_id)},
        )
    return message.ts


def edit(scene: Scene, user_id: str, channel_id: str, ts: str, text: str, *, copies: int) -> None:
    """Change one's own message; see People.edit."""
    user, _, message = _marked(scene, user_id, channel_id, ts)
    if message.user != user.id or message.subtype:
        raise CannotAct(f"{user.id} did not write {ts}: only one's own messages can be edited.")
    token_text, blocks = message_text(scene.workspace, user.id, text)
    with scene.happening(copies) as workspace:
        workspace.edit(
            message, text=token_text, blocks=blocks, attachments=[], metadata=message.metadata
        )


def delete(scene: Scene, user_id: str, channel_id: str, ts: str, *, copies: int) -> None:
    """Delete a message; see People.delete."""
    user, _, message = _marked(scene, user_id, channel_id, ts)
    if message.user != user.id and not user.is_admin:
        raise CannotAct(f"{user.id} did not write {ts}: only administrators may delete it.")
    with scene.happening(copies) as workspace:
        workspace.delete(message)


def react(scene: Scene, user_id: str, channel_id: str, ts: str, name: str, *, copies: int) -> None:
    """React to a message; see People.react."""
    user, _, message = _marked(scene, user_id, channel_id, ts)
    emoji = name.strip(":")
    if not _EMOJI.fullmatch(emoji):
        raise CannotAct(f"{name!r} is no emoji name.")
    if user.id in message.reactions.get(emoji, []):
        raise CannotAct(f"{user.id} reacted with :{emoji}: already.")
    with scene.happening(copies) as workspace:
        workspace.react(message, emoji, user.id)


def unreact(
    scene: Scene, user_id: str, channel_id: str, ts: str, name: str, *, copies: int
) -> None:
    """Take a reaction away; see People.unreact."""
    user, _, message = _marked(scene, user_id, channel_id, ts)
    emoji = name.strip(":")
    if user.id not in message.reactions.get(emoji, []):
        raise CannotAct(f"{user.id} has not reacted with :{emoji}:.")
    with scene.happening(copies) as workspace:
        workspace.unreact(message, emoji, user.id)


def pin(scene: Scene, user_id: str, channel_id: str, ts: str, *, copies: int) -> None:
    """Pin a message; see People.pin."""
    user, channel, message = _marked(scene, user_id, channel_id, ts)
    if message.subtype or any(pin.ts == ts for pin in channel.pins):
        raise CannotAct(f"{ts} is pinned already, or one of Slack's own lines.")
    with scene.happening(copies) as workspace:
        workspace.pin(channel, ts, user.id)


def unpin(scene: Scene, user_id: str, channel_id: str, ts: str, *, copies: int) -> None:
    """Unpin a message; see People.unpin."""
    user, channel, _ = _marked(scene, user_id, channel_id, ts)
    if not any(pin.ts == ts for pin in channel.pins):
        raise CannotAct(f"{ts} is not pinned.")
    with scene.happening(copies) as workspace:
        workspace.unpin(channel, ts, user.id)


def open_home(scene: Scene, user_id: str, tab: Literal["home", "messages"], *, copies: int) -> None:
    """Open the app's own page; see People.open_home."""
    user = scene.person(user_id)
    direct = scene.workspace.open_direct(user.id, [scene.workspace.bot_user_id])
    home = scene.views.homes.get(user.id)
    view = None
    if tab == "home" and home is not None:
        shown = scene.views.views[home]
        values = state_values(shown.view["blocks"], shown.typed, shown.offered)
        view = scene.views.shown(shown, values)
    with scene.happening(copies) as workspace:
        workspace.notify("home_opened", direct.id, user=user.id, tab=tab, view=view)


def _marked(scene: Scene, user_id: str, channel_id: str, ts: str) -> tuple[User, Channel, Message]:
    user = scene.person(user_id)
    channel = scene.writable(user, channel_id)
    return user, channel, scene.message(channel, ts)


def _refuse_closed(channel: Channel, *, in_thread: bool) -> None:
    if channel.posting == "read_only":
        raise CannotAct(f"#{channel.name} is read-only.")
    if channel.posting == "thread_only" and not in_thread:
        raise CannotAct(f"In #{channel.name} one only answers in threads.")
    if channel.posting == "non_threadable" and in_thread:
        raise CannotAct(f"#{channel.name} has no threads.")
