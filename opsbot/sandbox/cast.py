"""The people of the demo: they press, fill in and type what responders would, one after the other.

They act as Slack's own clients do: on what stands on their screen, never on the record.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from opsbot.sandbox.slack.model import Change, Ephemeral, Json, Message, User
from opsbot.sandbox.slack.people import Values
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.slack.views import OpenView
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

    async def hears(self, after: int, button: str = "") -> Ephemeral:
        """The next thing shown to this person alone; with a button, the next that has it."""

        def heard() -> list[Ephemeral]:
            return [one for one in self.heard[after:] if not button or offers(one, button)]

        await until(lambda: bool(heard()), f"an answer to {self.name}")
        return heard()[0]

    async def presses(self, message: Message | Ephemeral, begins: str) -> None:
        """Press the button whose action begins so."""
        pressed = _button(message, begins)
        await self._slack.people.click(
            self.user.id, message.channel, message.ts, str(pressed["action_id"]),
            block_id=str(pressed["block_id"]),
        )  # fmt: skip

    async def opens(self, message: Message | Ephemeral, begins: str) -> OpenView:
        """Press the button that opens a form; the form, and no other that was open already."""
        people, me = self._slack.people, self.user.id
        before = people.modal(me)
        held = before.id if before else ""

        def opened() -> OpenView | None:
            now = people.modal(me)
            return now if now is not None and now.id != held else None

        await self.presses(message, begins)
        await until(lambda: opened() is not None, f"a form for {self.name}")
        view = opened()
        if view is None:
            raise NeverCame(f"{self.name}'s form closed by itself")
        return view

    async def sends(self, view: OpenView, **fields: str) -> None:
        """Fill in a form and send it; other fields stay as they are shown. Raises NeverCame when
        it is not taken."""
        typed: Values = {name: {"value": value} for name, value in fields.items()}
        await self._slack.people.submit(self.user.id, view.id, typed)
        wrong = self._slack.people.errors(view.id)
        if wrong:
            raise NeverCame(f"{self.name}'s form was not taken: {dict(wrong)}")
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
    return any(str(one["action_id"]).startswith(PREFIX + begins) for one in _buttons(message))


def label_of(message: Message | Ephemeral, begins: str) -> str:
    """What stands on the button. Raises NeverCame."""
    return str(_button(message, begins)["text"]["text"])


def carried_by(message: Message | Ephemeral, begins: str) -> dict[str, str]:
    """The values that a button brings back with its press. Raises NeverCame."""
    value = json.loads(_button(message, begins).get("value") or "{}")
    return {str(name): str(held) for name, held in value.get("v", {}).items()}


def _buttons(message: Message | Ephemeral) -> Iterator[Json]:
    for block in message.blocks:
        if block.get("type") == "actions":
            for element in block["elements"]:
                yield {**element, "block_id": block["block_id"]}


def _button(message: Message | Ephemeral, begins: str) -> Json:
    for button in _buttons(message):
        if str(button["action_id"]).startswith(PREFIX + begins):
            return button
    raise NeverCame(f"there is no button {begins!r} on: {said(message)}")


async def until(holds: Callable[[], bool], what: str, within: float = WITHIN) -> None:
    """Wait until something is so. Raises NeverCame."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while not holds():
        if loop.time() > end:
            raise NeverCame(f"waited {within:.0f} s for {what}")
        await asyncio.sleep(0.02)
