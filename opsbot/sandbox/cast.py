"""The people of the demo: they press, fill in and type what responders would, one after the other.

They act as Slack's own clients do: on what stands on their screen, never on the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opsbot.sandbox.slack.model import Change, Ephemeral, Message, User
from opsbot.sandbox.slack.people import Values
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.slack.visible_text import of_blocks

PREFIX = "opsbot:"
WITHIN = 20.0  # seconds that somebody waits for an answer before the demo gives up


class NeverCame(Exception):
    """Somebody waited for something that did not come; the message says what, and what was seen."""


class Player:
    """One person; they hear what opsbot shows to them alone."""

    def __init__(self, slack: SlackSandbox, user: User) -> None:
        self._slack, self.user = slack, user
        self.heard: list[Ephemeral] = []
        self.leave = slack.workspace.subscribe(self._notice)

    @property
    def name(self) -> str:
        return self.user.real_name

    def _notice(self, change: Change) -> None:
        if change.kind in ("ephemeral_posted", "ephemeral_changed") and change.user == self.user.id:
            shown = self._slack.workspace.ephemerals
            self.heard += [one for one in shown if one.ts == change.ts][-1:]

    async def types(self, line: str, channel_id: str) -> str:
        """Type `/incident ...`; what is answered to this person alone."""
        before = len(self.heard)
        await self._slack.people.command(self.user.id, channel_id, "/incident", line)
        return said(await self.hears(before))

    async def hears(self, after: int) -> Ephemeral:
        """The next thing shown to this person alone."""
        await until(lambda: len(self.heard) > after, f"an answer to {self.name}")
        return self.heard[after]

    async def presses(self, message: Message | Ephemeral, begins: str) -> None:
        """Press the button whose action begins so."""
        block_id, action_id = _button(message, begins)
        await self._slack.people.click(
            self.user.id, message.channel, message.ts, action_id, block_id=block_id
        )

    async def fills_in(self, **fields: str) -> None:
        """Wait for the form on the screen, fill it in and send it; other fields stay as shown."""
        await until(lambda: self._slack.people.modal(self.user.id) is not None,
                    f"a form for {self.name}")  # fmt: skip
        view = self._slack.people.modal(self.user.id)
        if view is None:
            raise NeverCame(f"{self.name}'s form closed by itself")
        typed: Values = {name: {"value": value} for name, value in fields.items()}
        await self._slack.people.submit(self.user.id, view.id, typed)
        wrong = self._slack.people.errors(view.id)
        if wrong:
            raise NeverCame(f"{self.name}'s form was not taken: {dict(wrong)}")


def message_of(slack: SlackSandbox, channel_id: str, slot: str) -> Message | None:
    """Our message of a slot in a channel, as it stands now."""
    channel = slack.workspace.channels.get(channel_id)
    for message in channel.messages.values() if channel else ():
        metadata: Mapping[str, Any] = message.metadata or {}
        if str(metadata.get("event_payload", {}).get("slot", "")).startswith(slot):
            return message
    return None


def said(shown: Message | Ephemeral) -> str:
    """Everything a reader sees of a message."""
    return f"{shown.text}\n{of_blocks(list(shown.blocks))}"


def offers(message: Message | Ephemeral, begins: str) -> bool:
    """Whether the message has a button whose action begins so."""
    return any(action.startswith(PREFIX + begins) for _, action in _buttons(message))


def _buttons(message: Message | Ephemeral) -> Iterator[tuple[str, str]]:
    for block in message.blocks:
        if block.get("type") == "actions":
            for element in block["elements"]:
                yield str(block["block_id"]), str(element["action_id"])


def _button(message: Message | Ephemeral, begins: str) -> tuple[str, str]:
    for block_id, action_id in _buttons(message):
        if action_id.startswith(PREFIX + begins):
            return block_id, action_id
    raise NeverCame(f"there is no button {begins!r} on: {said(message)}")


async def until(holds: Callable[[], bool], what: str, within: float = WITHIN) -> None:
    """Wait until something is so. Raises NeverCame."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while not holds():
        if loop.time() > end:
            raise NeverCame(f"waited {within:.0f} s for {what}")
        await asyncio.sleep(0.02)
