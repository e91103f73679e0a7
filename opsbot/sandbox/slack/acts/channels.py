"""What people do with channels: make, join, leave, invite, rename, archive, delete."""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.sandbox.slack.acts.scene import Scene
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.methods.conversations import check_name
from opsbot.sandbox.slack.model import Channel, User


def create(scene: Scene, user_id: str, name: str, *, is_private: bool, copies: int) -> str:
    """Create a channel; see People.create_channel."""
    user = _member_of_workspace(scene, user_id)
    if scene.workspace.preferences.who_may_create_channels == "admins" and not user.is_admin:
        raise CannotAct("Only administrators may create channels here.")
    _refuse_name(scene, name)
    with scene.happening(copies) as workspace:
        kind = "private" if is_private else "public"
        return workspace.create_channel(name, kind=kind, creator=user.id).id


def open_direct(scene: Scene, user_id: str, others: Sequence[str]) -> str:
    """Open a direct message; see People.open_direct."""
    user = scene.person(user_id)
    wanted = [scene.person(other).id for other in others] or [scene.workspace.bot_user_id]
    return scene.workspace.open_direct(user.id, wanted).id


def join(scene: Scene, user_id: str, channel_id: str, *, copies: int) -> None:
    """Join a public channel; see People.join."""
    user = scene.person(user_id)
    channel = scene.seen(user, channel_id)
    if user.id in channel.members:
        return
    if channel.archived:
        raise CannotAct(f"#{channel.name} is archived.")
    with scene.happening(copies) as workspace:
        workspace.join(channel, user.id)


def leave(scene: Scene, user_id: str, channel_id: str, *, copies: int) -> None:
    """Leave a channel; see People.leave."""
    user = scene.person(user_id)
    channel = _own(scene, user, channel_id)
    if channel.is_general:
        raise CannotAct("Nobody leaves #general.")
    with scene.happening(copies) as workspace:
        workspace.leave(channel, user.id)


def invite(
    scene: Scene, user_id: str, channel_id: str, invited: Sequence[str], *, copies: int
) -> None:
    """Invite people or the bot; see People.invite."""
    user = _member_of_workspace(scene, user_id)
    channel = _open(_own(scene, user, channel_id))
    new = [scene.person(name).id for name in dict.fromkeys(invited)]
    with scene.happening(copies) as workspace:
        for name in new:
            if name not in channel.members:
                workspace.join(channel, name, inviter=user.id)


def rename(scene: Scene, user_id: str, channel_id: str, name: str, *, copies: int) -> None:
    """Rename a channel; see People.rename."""
    user = scene.person(user_id)
    channel = _open(_own(scene, user, channel_id))
    if channel.creator != user.id and not user.is_admin:
        raise CannotAct(f"Only its creator or an administrator renames #{channel.name}.")
    if name == channel.name:
        return
    _refuse_name(scene, name)
    with scene.happening(copies) as workspace:
        workspace.rename(channel, name, user.id)


def set_topic(scene: Scene, user_id: str, channel_id: str, topic: str, *, copies: int) -> None:
    """Set a topic; see People.set_topic."""
    user = scene.person(user_id)
    channel = _open(_own(scene, user, channel_id))
    if len(topic) > LIMITS["topic"]:
        raise CannotAct(f"A topic has at most {LIMITS['topic']} characters.")
    with scene.happening(copies) as workspace:
        workspace.set_topic(channel, topic, user.id)


def archive(scene: Scene, user_id: str, channel_id: str, *, copies: int) -> None:
    """Archive a channel; see People.archive."""
    user = _member_of_workspace(scene, user_id)
    channel = _open(_own(scene, user, channel_id))
    if channel.is_general:
        raise CannotAct("Nobody archives #general.")
    with scene.happening(copies) as workspace:
        workspace.archive(channel, user.id)


def unarchive(scene: Scene, user_id: str, channel_id: str, *, copies: int) -> None:
    """Bring a channel back; see People.unarchive."""
    user = _member_of_workspace(scene, user_id)
    channel = scene.seen(user, channel_id)
    if not channel.archived:
        raise CannotAct(f"#{channel.name} is not archived.")
    with scene.happening(copies) as workspace:
        workspace.unarchive(channel, user.id)


def delete(scene: Scene, user_id: str, channel_id: str, *, copies: int) -> None:
    """Delete a channel for good; see People.delete_channel."""
    user = scene.person(user_id)
    channel = scene.seen(user, channel_id)
    if not user.is_admin or channel.is_general:
        raise CannotAct(
            f"Only administrators delete channels, and nobody deletes #general: {user.id} may not."
        )
    with scene.happening(copies) as workspace:
        workspace.delete_channel(channel, user.id)


def _member_of_workspace(scene: Scene, user_id: str) -> User:
    user = scene.person(user_id)
    if user.is_guest:
        raise CannotAct(f"{user.id} is a guest: only members do that.")
    return user


def _own(scene: Scene, user: User, channel_id: str) -> Channel:
    channel = scene.seen(user, channel_id)
    if channel.kind not in ("public", "private"):
        raise CannotAct("That does not go in a direct message.")
    if user.id not in channel.members:
        raise CannotAct(f"{user.id} is not in #{channel.name}: join it first.")
    return channel


def _open(channel: Channel) -> Channel:
    if channel.archived:
        raise CannotAct(f"#{channel.name} is archived.")
    return channel


def _refuse_name(scene: Scene, name: str) -> None:
    try:
        check_name(name)
    except SlackError as refusal:
        raise CannotAct(f"No channel can be called {name!r}: {refusal.name}.") from refusal
    if scene.workspace.channel_named(name):
        raise CannotAct(f"There is a channel #{name} already, perhaps archived.")
