"""FakePeople: Slack's people in memory, for flows. It passes the same contract suite as the real
one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from opsbot.cards.plain import as_text
from opsbot.core.card import Card
from opsbot.core.form import Form
from opsbot.core.invocation import Caller, Invocation, Pointed
from opsbot.core.standing import Standing
from opsbot.ports import Done, Entered, Outcome, PostedMessage, Refused, Unsure

T = TypeVar("T")
OUR_TEAM = "T0OURS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What somebody alone was shown, and the incident that its buttons are about."""

    to: str
    asked: Invocation
    card: Card
    incident_id: str

    @property
    def words(self) -> str:
        return as_text(self.card)

    @property
    def actions(self) -> list[str]:
        return [button.action for button in self.card.buttons]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whispered:
    """What somebody was told of our own accord; without a channel in a direct message."""

    to: str
    channel_id: str
    card: Card
    incident_id: str

    @property
    def words(self) -> str:
        return as_text(self.card)

    @property
    def actions(self) -> list[str]:
        return [button.action for button in self.card.buttons]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    outcome: Refused | Unsure
    done_first: bool


@dataclass(slots=True, kw_only=True)
class FakeConversation:
    """A channel as people see it; a private one is there for its members only."""

    name: str
    private: bool = False
    bot_is_in: bool = False
    members: set[str] = field(default_factory=set[str])
    messages: dict[str, Pointed] = field(default_factory=dict[str, Pointed])
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


class FakePeople:
    """The PeopleSurface port in memory.

    `fail` decides what the next calls of a move (a method's name) answer; `moves` lists every
    call. `answers`, `forms` and `homes` hold what people were shown; `mailbox` puts a direct
    message where a room can edit it.
    """

    def __init__(self) -> None:
        self._failures: dict[str, list[_Failure]] = {}
        self._triggers: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self.standings: dict[str, Standing] = {}
        self.channels: dict[str, FakeConversation] = {}
        self.answers: list[Answered] = []
        self.whispers: list[Whispered] = []
        self.forms: list[tuple[str, Form]] = []  # who sees it
        self.homes: dict[str, tuple[tuple[Card, str], ...]] = {}
        self.moves: list[str] = []
        self.mailbox: Callable[[str, Card, str], PostedMessage] = self._dropped

    # --- what a test arranges and asks ---------------------------------------------------------

    def add(self, name: str, **flags: object) -> Standing:
        """Somebody with an account; flags are Standing's fields. Their id is `U0` and the name."""
        given: dict[str, object] = {"email": f"{name}@example.com", "name": name.title(), **flags}
        standing = Standing(slack_id=f"U0{name.upper()}", **given)  # type: ignore[arg-type] # fields
        self.standings[standing.slack_id] = standing
        return standing

    def add_channel(self, channel_id: str, *, private: bool = False, inside: bool = True) -> None:
        """A channel that people made; `inside` says that the bot is a member."""
        name = channel_id.lower()
        self.channels[channel_id] = FakeConversation(name=name, private=private, bot_is_in=inside)

    def say(self, channel_id: str, user_id: str, text: str, ts: str, **more: object) -> Pointed:
        """Somebody writes a message."""
        said = Pointed(channel_id=channel_id, ts=ts, author_id=user_id, text=text, **more)  # type: ignore[arg-type] # fields
        self.channels[channel_id].messages[ts] = said
        self.channels[channel_id].members.add(user_id)
        return said

    def new_trigger(self, user_id: str) -> str:
        """The trigger of one interaction; it opens one form."""
        trigger = f"trigger-{next(self._numbers)}"
        self._triggers[trigger] = user_id
        return trigger

    def fail(self, move: str, outcome: Refused | Unsure, *, times: int = 1) -> None:
        """The next calls of a move do nothing and answer this."""
        failure = _Failure(outcome=outcome, done_first=False)
        self._failures.setdefault(move, []).extend([failure] * times)

    def lose(self, move: str) -> None:
        """The next call of a move is done, and its answer lost."""
        failure = _Failure(outcome=Unsure(reason=f"{move}: answer lost"), done_first=True)
        self._failures.setdefault(move, []).append(failure)

    def break_down(self, move: str) -> None:
        """The calls of a move are refused for now, until `mend`."""
        later = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=3))
        self.fail(move, later, times=1_000)

    def mend(self) -> None:
        """Nothing fails any more."""
        self._failures.clear()

    def told(self, user_id: str) -> list[Answered]:
        """What somebody was answered, the newest last."""
        return [answer for answer in self.answers if answer.to == user_id]

    def whispered(self, user_id: str) -> list[Whispered]:
        """What somebody was told of our own accord, the newest last."""
        return [whisper for whisper in self.whispers if whisper.to == user_id]

    # --- the port -----------------------------------------------------------------------------

    async def standing(self, caller: Caller, *, fresh: bool = False) -> Outcome[Standing]:
        held = self.standings.get(caller.user_id)
        if held is None:
            return Refused(error="user_not_found", cure="Slack does not know this account.")
        if caller.team_id not in ("", OUR_TEAM):
            held = replace(held, stranger=True)
        return self._answer("standing", lambda: held)

    async def answer(
        self, asked: Invocation, card: Card, *, incident_id: str = ""
    ) -> Outcome[None]:
        to = asked.caller.user_id
        shown = Answered(to=to, asked=asked, card=card, incident_id=incident_id)
        return self._answer("answer", lambda: self.answers.append(shown))

    async def whisper(
        self, channel_id: str, user_id: str, card: Card, *, incident_id: str = ""
    ) -> Outcome[PostedMessage | None]:
        if user_id not in self.standings:
            return Refused(error="user_not_found", cure="Slack does not know this account.")
        channel = self.channels.get(channel_id)
        there = channel is not None and channel.bot_is_in and user_id in channel.members
        told = Whispered(
            to=user_id, channel_id=channel_id if there else "", card=card, incident_id=incident_id
        )

        def do() -> PostedMessage | None:
            self.whispers.append(told)
            return None if there else self.mailbox(user_id, card, incident_id)

        return self._answer("whisper", do)

    async def open_form(self, trigger_id: str, form: Form) -> Outcome[None]:
        user_id = self._triggers.get(trigger_id)
        if user_id is None:
            return Refused(error="exchanged_trigger_id", cure="Press it again.")

        def do() -> None:
            del self._triggers[trigger_id]
            self.forms.append((user_id, form))

        return self._answer("open_form", do)

    async def show_home(self, user_id: str, cards: Sequence[tuple[Card, str]]) -> Outcome[None]:
        def do() -> None:
            self.homes[user_id] = tuple(cards)

        return self._answer("show_home", do)

    async def react(self, channel_id: str, ts: str, emoji: str) -> Outcome[None]:
        channel = self._inside(channel_id)
        if isinstance(channel, Refused):
            return channel
        if ts not in channel.messages:
            return Refused(error="message_not_found", cure="The message was deleted in Slack.")

        def do() -> None:
            held = channel.reactions.setdefault(ts, [])
            held += [emoji] if emoji not in held else []

        return self._answer("react", do)

    async def message(self, channel_id: str, ts: str) -> Outcome[Pointed]:
        channel = self._inside(channel_id)
        if isinstance(channel, Refused):
            return channel
        found = channel.messages.get(ts)
        if found is None:
            return Refused(error="message_not_found", cure="The message was deleted in Slack.")
        return self._answer("message", lambda: found)

    async def enter(self, channel_id: str) -> Outcome[Entered]:
        channel = self.channels.get(channel_id)
        if channel is None or (channel.private and not channel.bot_is_in):
            return Refused(error="channel_not_found", cure="The channel is gone.")

        def do() -> Entered:
            channel.bot_is_in = True
            return Entered(name=channel.name, private=channel.private)

        return self._answer("enter", do)

    async def permalink(self, channel_id: str, ts: str) -> str:
        return f"https://example.slack.com/archives/{channel_id}/p{ts.replace('.', '')}"

    # --- inside -------------------------------------------------------------------------------

    def _answer(self, move: str, do: Callable[[], T]) -> Outcome[T]:
        self.moves.append(move)
        failures = self._failures.get(move)
        if not failures:
            return Done(value=do())
        failure = failures.pop(0)
        if failure.done_first:
            do()
        return failure.outcome

    def _dropped(self, user_id: str, card: Card, incident_id: str) -> PostedMessage:
        """A direct message where nobody edits messages."""
        return PostedMessage(channel_id=f"D{user_id[1:]}", ts=f"{next(self._numbers)}.000100")

    def _inside(self, channel_id: str) -> FakeConversation | Refused:
        channel = self.channels.get(channel_id)
        if channel is None or (channel.private and not channel.bot_is_in):
            return Refused(error="channel_not_found", cure="The channel is gone.")
        if not channel.bot_is_in:
            return Refused(error="not_in_channel", cure="Type '/invite @opsbot' there.")
        return channel
