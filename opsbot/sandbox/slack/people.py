"""People: everything a person can do in the sandbox Slack, for web pages, tests and stories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from opsbot.sandbox.slack.acts import (
    channels,
    clicks,
    commands,
    forms,
    shortcuts,
    suggestions,
    talk,
)
from opsbot.sandbox.slack.acts.scene import Scene
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.notices import Notices
from opsbot.sandbox.slack.views import OpenView, Typed, Values

__all__ = ["Answer", "People", "Typed", "Values"]


class People:
    """What people do; each act tells the app exactly what Slack would.

    Every act raises CannotAct with a sentence when Slack itself would not let the person. An act
    that needs an answer within three seconds returns the app's Answer; `Answer.told` is what Slack
    shows the person when there was none, and `notices[user_id]` keeps it. Acts that are events
    (saying, reacting, archiving) return at once; the app hears of them on its own time.
    `copies` above one delivers the very same thing that often, as Slack may.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    # What a person sees

    @property
    def notices(self) -> Notices:
        """Return what Slack itself told each person, by user id, oldest first."""
        return self._scene.notices

    def modal(self, user_id: str) -> OpenView | None:
        """Return the topmost modal on a person's screen."""
        return self._scene.views.top(user_id)

    def home(self, user_id: str) -> OpenView | None:
        """Return a person's Home tab, None while the app has not published one."""
        found = self._scene.views.homes.get(user_id)
        return None if found is None else self._scene.views.views[found]

    def errors(self, view_id: str) -> Mapping[str, str]:
        """Return what is wrong with a form by block id, as shown under its inputs."""
        return self._scene.views.errors.get(view_id, {})

    # Asking the app

    async def command(
        self,
        user_id: str,
        channel_id: str,
        command: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        copies: int = 1,
    ) -> Answer:
        """Type a slash command; an inline answer is shown as Slack shows it.

        Raises CannotAct in a thread, in an archived channel, and for a command no app registered.
        """
        return await commands.command(
            self._scene,
            user_id,
            channel_id,
            command,
            text,
            in_thread=thread_ts is not None,
            copies=copies,
        )

    async def click(
        self,
        user_id: str,
        channel_id: str,
        message_ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        copies: int = 1,
    ) -> Answer:
        """Press a button in a message the person sees.

        `block_id` tells apart elements of different blocks that share an action id.
        """
        return await clicks.click(
            self._scene,
            user_id,
            channel_id,
            message_ts,
            action_id,
            None,
            only="button",
            block_id=block_id,
            copies=copies,
        )

    async def choose(
        self,
        user_id: str,
        channel_id: str,
        message_ts: str,
        action_id: str,
        chosen: Typed,
        *,
        block_id: str | None = None,
        copies: int = 1,
    ) -> Answer:
        """Choose in a menu, overflow, picker, checkboxes or radio buttons of a message.

        `chosen` is an option's value, a user or channel id, a date or a time; several values for
        checkboxes and multi-selects; None unsets.
        """
        return await clicks.click(
            self._scene,
            user_id,
            channel_id,
            message_ts,
            action_id,
            chosen,
            only="choice",
            block_id=block_id,
            copies=copies,
        )

    async def act_in_view(
        self,
        user_id: str,
        view_id: str,
        action_id: str,
        chosen: Typed = None,
        *,
        block_id: str | None = None,
        values: Values | None = None,
        copies: int = 1,
    ) -> Answer:
        """Press a button of a modal or Home tab, or choose in one of its menus.

        `values` is what the form's inputs hold at that moment.
        """
        return await clicks.act_in_view(
            self._scene,
            user_id,
            view_id,
            action_id,
            chosen,
            block_id=block_id,
            values=values,
            copies=copies,
        )

    async def submit(
        self, user_id: str, view_id: str, values: Values | None = None, *, copies: int = 1
    ) -> Answer:
        """Submit a modal; inputs not in `values` keep what they were shown with.

        What Slack itself refuses (a required input left empty, a text too short) is put under the
        inputs and answered with status 0 and `told`, without a delivery. The app's `errors` are
        put there too, its `update`, `push` and `clear` are done, an empty answer closes the modal.
        """
        return await forms.submit(self._scene, user_id, view_id, values or {}, copies=copies)

    async def close_view(
        self, user_id: str, view_id: str, *, whole_stack: bool = False
    ) -> Answer | None:
        """Close a modal by its close button, or the whole stack by the cross.

        Returns None when the view does not want to be told (`notify_on_close`).
        """
        return await forms.close_view(self._scene, user_id, view_id, whole_stack=whole_stack)

    async def suggest(
        self, user_id: str, view_id: str, block_id: str, action_id: str, typed: str
    ) -> list[Json]:
        """Type into an external_select of a view and return the options (or groups) offered.

        An app that does not answer in time, or answers something else, leaves a notice and no
        options. Raises CannotAct for fewer characters than `min_query_length`.
        """
        return await suggestions.suggest(self._scene, user_id, view_id, block_id, action_id, typed)

    async def suggest_in_message(
        self,
        user_id: str,
        channel_id: str,
        message_ts: str,
        block_id: str,
        action_id: str,
        typed: str,
    ) -> list[Json]:
        """Type into an external_select of a message; see `suggest`."""
        return await suggestions.suggest_in_message(
            self._scene, user_id, channel_id, message_ts, block_id, action_id, typed
        )

    async def shortcut(
        self,
        user_id: str,
        callback_id: str,
        channel_id: str | None = None,
        message_ts: str | None = None,
        *,
        copies: int = 1,
    ) -> Answer:
        """Use a message shortcut, or a global one when no message is given."""
        return await shortcuts.shortcut(
            self._scene, user_id, callback_id, channel_id, message_ts, copies=copies
        )

    async def open_home(
        self, user_id: str, tab: Literal["home", "messages"] = "home", *, copies: int = 1
    ) -> None:
        """Open the app's Home or Messages tab."""
        talk.open_home(self._scene, user_id, tab, copies=copies)

    # Talking

    async def say(
        self,
        user_id: str,
        channel_id: str,
        text: str,
        *,
        thread_ts: str | None = None,
        broadcast: bool = False,
        copies: int = 1,
    ) -> str:
        """Post what a person typed and return its ts.

        `@name`, `#channel`, `@group`, `@here` and links become Slack's tokens; `&`, `<` and `>` are
        escaped, as the client does.
        """
        return talk.say(
            self._scene,
            user_id,
            channel_id,
            text,
            thread_ts=thread_ts,
            broadcast=broadcast,
            copies=copies,
        )

    async def edit(
        self, user_id: str, channel_id: str, ts: str, text: str, *, copies: int = 1
    ) -> None:
        """Change one's own message."""
        talk.edit(self._scene, user_id, channel_id, ts, text, copies=copies)

    async def delete(self, user_id: str, channel_id: str, ts: str, *, copies: int = 1) -> None:
        """Delete one's own message; an administrator may delete anybody's."""
        talk.delete(self._scene, user_id, channel_id, ts, copies=copies)

    async def react(
        self, user_id: str, channel_id: str, ts: str, name: str, *, copies: int = 1
    ) -> None:
        """React with an emoji, named with or without colons."""
        talk.react(self._scene, user_id, channel_id, ts, name, copies=copies)

    async def unreact(
        self, user_id: str, channel_id: str, ts: str, name: str, *, copies: int = 1
    ) -> None:
        """Take one's reaction away."""
        talk.unreact(self._scene, user_id, channel_id, ts, name, copies=copies)

    async def pin(self, user_id: str, channel_id: str, ts: str, *, copies: int = 1) -> None:
        """Pin a message to its channel."""
        talk.pin(self._scene, user_id, channel_id, ts, copies=copies)

    async def unpin(self, user_id: str, channel_id: str, ts: str, *, copies: int = 1) -> None:
        """Unpin a message."""
        talk.unpin(self._scene, user_id, channel_id, ts, copies=copies)

    # Channels

    async def create_channel(
        self, user_id: str, name: str, *, is_private: bool = False, copies: int = 1
    ) -> str:
        """Create a channel and return its id."""
        return channels.create(self._scene, user_id, name, is_private=is_private, copies=copies)

    async def open_direct(self, user_id: str, others: Sequence[str] = ()) -> str:
        """Open the direct message with the app (or with others) and return its channel id."""
        return channels.open_direct(self._scene, user_id, others)

    async def join(self, user_id: str, channel_id: str, *, copies: int = 1) -> None:
        """Join a public channel; joining again does nothing."""
        channels.join(self._scene, user_id, channel_id, copies=copies)

    async def leave(self, user_id: str, channel_id: str, *, copies: int = 1) -> None:
        """Leave a channel."""
        channels.leave(self._scene, user_id, channel_id, copies=copies)

    async def invite(
        self, user_id: str, channel_id: str, invited: Sequence[str], *, copies: int = 1
    ) -> None:
        """Invite people, or the app's bot, to a channel one is in."""
        channels.invite(self._scene, user_id, channel_id, invited, copies=copies)

    async def rename(self, user_id: str, channel_id: str, name: str, *, copies: int = 1) -> None:
        """Rename a channel; its creator and administrators may."""
        channels.rename(self._scene, user_id, channel_id, name, copies=copies)

    async def set_topic(
        self, user_id: str, channel_id: str, topic: str, *, copies: int = 1
    ) -> None:
        """Set the topic of a channel one is in."""
        channels.set_topic(self._scene, user_id, channel_id, topic, copies=copies)

    async def archive(self, user_id: str, channel_id: str, *, copies: int = 1) -> None:
        """Archive a channel."""
        channels.archive(self._scene, user_id, channel_id, copies=copies)

    async def unarchive(self, user_id: str, channel_id: str, *, copies: int = 1) -> None:
        """Bring an archived channel back."""
        channels.unarchive(self._scene, user_id, channel_id, copies=copies)

    async def delete_channel(self, user_id: str, channel_id: str, *, copies: int = 1) -> None:
        """Delete a channel for good; administrators only."""
        channels.delete(self._scene, user_id, channel_id, copies=copies)
