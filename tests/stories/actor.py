"""One person in the sandbox workspace: what they do, and what comes back to them alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from opsbot.sandbox.slack import visible_text
from opsbot.sandbox.slack.delivery.parcel import Answer
from opsbot.sandbox.slack.model import Change, Channel, Ephemeral, Json, Message, User
from opsbot.sandbox.slack.people import Typed, Values
from opsbot.sandbox.slack.server import SlackSandbox
from opsbot.sandbox.slack.views import OpenView

PREFIX = "opsbot:"
WITHIN = 10.0  # seconds that a story waits for something to come about


class Told:
    """Something shown to one person alone: an ephemeral message or a direct one."""

    def __init__(self, shown: Ephemeral | Message) -> None:
        self.shown = shown
        self.ts, self.channel = shown.ts, shown.channel
        blocks: list[Json] = list(shown.blocks)
        self.text = f"{shown.text}\n{visible_text.of_blocks(blocks)}"
        self.actions = tuple(actions_in(blocks))

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def __repr__(self) -> str:
        return f"Told({self.text!r}, {self.actions})"


class Actor:
    """A person; `told` is all that opsbot ever showed them alone, what was replaced too."""

    def __init__(self, slack: SlackSandbox, user: User, home: str) -> None:
        self._slack, self._home = slack, home
        self.user, self.id = user, user.id
        self.told: list[Told] = []
        self._heard = 0
        slack.workspace.subscribe(self._notice)

    def _notice(self, change: Change) -> None:
        workspace = self._slack.workspace
        if change.kind in ("ephemeral_posted", "ephemeral_changed") and change.user == self.id:
            shown = next(e for e in workspace.ephemerals if e.ts == change.ts)
            self.told.append(Told(shown))
        ours = change.user == workspace.bot_user_id and change.kind == "message_posted"
        channel = workspace.channels.get(change.channel)
        if ours and channel and channel.kind == "im" and self.id in channel.members:
            self.told.append(Told(channel.messages[change.ts]))

    # --- asking, and what comes back ------------------------------------------------------------

    async def types(self, text: str = "", channel: str = "", *, copies: int = 1) -> Answer:
        """Type `/incident ...` and wait for no more than Slack does."""
        where = channel or self._home
        return await self._slack.people.command(self.id, where, "/incident", text, copies=copies)

    async def ask(self, text: str = "", channel: str = "") -> Told:
        """Type `/incident ...` and wait for what is then shown to this person alone."""
        before = len(self.told)
        answer = await self.types(text, channel)
        assert answer.ok, f"/incident {text}: {answer}"
        return await self.hears(after=before)

    async def hears(self, *, after: int | None = None, within: float = WITHIN) -> Told:
        """The next thing shown to this person alone that no story has heard yet."""
        at = self._heard if after is None else after
        await until(lambda: len(self.told) > at, f"{self.user.name} hears something", within)
        self._heard = at + 1
        return self.told[at]

    async def press(self, message: Told | Message, action: str, *, copies: int = 1) -> Answer:
        """Press the button whose action begins so."""
        shown = message.shown if isinstance(message, Told) else message
        action_id = _action_id(list(shown.blocks), action)
        return await self._slack.people.click(
            self.id, shown.channel, shown.ts, action_id, copies=copies
        )

    async def presses(self, message: Told | Message, action: str) -> Told:
        """Press a button and wait for what is then shown to this person alone."""
        before = len(self.told)
        assert (await self.press(message, action)).ok
        return await self.hears(after=before)

    # --- forms ----------------------------------------------------------------------------------

    async def form(self, title: str = "") -> OpenView:
        """Wait for a form on this person's screen."""
        await until(lambda: self._sees(title), f"{self.user.name} sees the form {title}")
        view = self._slack.people.modal(self.id)
        assert view is not None
        return view

    def _sees(self, title: str) -> bool:
        view = self._slack.people.modal(self.id)
        return view is not None and title in str(view.view["title"])

    async def submit(
        self, values: Mapping[str, Typed] | None = None, *, copies: int = 1, **more: Typed
    ) -> Answer:
        """Fill in the form on screen by field names, and send it."""
        view = self._slack.people.modal(self.id)
        assert view is not None, f"{self.user.name} has no form open"
        given = {**(values or {}), **more}
        typed: Values = {name: {"value": value} for name, value in given.items()}
        return await self._slack.people.submit(self.id, view.id, typed, copies=copies)

    @property
    def wrong(self) -> dict[str, str]:
        """What stands under the fields of the form on screen."""
        view = self._slack.people.modal(self.id)
        return dict(self._slack.people.errors(view.id)) if view else {}

    # --- the Home tab ---------------------------------------------------------------------------

    async def home(self) -> str:
        """Open the Home tab and read it as it is drawn then."""
        drawn = self._draws()
        await self._slack.people.open_home(self.id)
        await until(lambda: self._draws() > drawn, f"{self.user.name}'s Home is drawn")
        return self.sees_home()

    def sees_home(self) -> str:
        """What the Home tab shows now."""
        view = self._slack.people.home(self.id)
        return visible_text.of_blocks(view.view["blocks"]) if view else ""

    async def press_home(self, action: str) -> Answer:
        """Press the first Home button whose action begins so."""
        view = self._slack.people.home(self.id)
        assert view is not None, f"{self.user.name} has not opened Home"
        action_id, block_id = _action_and_block(view.view["blocks"], action)
        return await self._slack.people.act_in_view(self.id, view.id, action_id, block_id=block_id)

    def _draws(self) -> int:
        calls = self._slack.journal.of("views.publish")
        return sum(c.ok is True and c.arguments.get("user_id") == self.id for c in calls)

    # --- talking --------------------------------------------------------------------------------

    async def say(self, text: str, channel: Channel | str, *, thread_ts: str | None = None) -> str:
        """Post a message; its ts."""
        where = channel if isinstance(channel, str) else channel.id
        return await self._slack.people.say(self.id, where, text, thread_ts=thread_ts)

    async def shortcut(self, callback: str, channel: str, ts: str) -> Answer:
        """Choose a shortcut in a message's menu."""
        return await self._slack.people.shortcut(self.id, callback, channel, ts)


def actions_in(blocks: list[Json]) -> list[str]:
    """The actions of a message's buttons, without our prefix."""
    elements = [e for b in blocks if b.get("type") == "actions" for e in b["elements"]]
    return [str(e["action_id"]).removeprefix(PREFIX) for e in elements]


def _action_id(blocks: list[Json], action: str) -> str:
    return _action_and_block(blocks, action)[0]


def _action_and_block(blocks: list[Json], action: str) -> tuple[str, str]:
    for block in blocks:
        for element in block.get("elements", ()) if block.get("type") == "actions" else ():
            if str(element["action_id"]).startswith(PREFIX + action):
                return str(element["action_id"]), str(block["block_id"])
    raise AssertionError(f"no button {action!r} among {actions_in(blocks)}")


async def until(holds: Callable[[], bool], what: str, within: float = WITHIN) -> None:
    """Wait until something is so; the story fails with `what` otherwise."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while not holds():
        assert loop.time() < end, f"never came about: {what}"
        await asyncio.sleep(0.01)
