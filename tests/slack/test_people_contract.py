"""The contract suite of PeopleSurface on the fake and on the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from opsbot.cards.plain import as_text
from opsbot.core.invocation import Caller
from opsbot.ports import Refused
from opsbot.sandbox.slack import faults, visible_text
from opsbot.sandbox.slack.model import User
from opsbot.slack.accounts import Accounts
from opsbot.slack.people import SlackPeople
from tests.fakes.people import FakePeople
from tests.slack.people_contract import PeopleContract, World
from tests.slack.sandbox_world import SandboxWorld, sandbox_world

_METHODS = {"show_home": "views.publish", "standing": "users.info",
            "whisper": "chat.postEphemeral"}  # fmt: skip


class FakeWorld:
    """FakePeople as the contract suite wants them."""

    def __init__(self) -> None:
        self.people = FakePeople()
        self._written = 0

    def member(self, name: str, zone: str = "UTC") -> Caller:
        return self._person(name, zone=zone)

    def guest(self, name: str) -> Caller:
        return self._person(name, guest=True)

    def deactivated(self, name: str) -> Caller:
        return self._person(name, deactivated=True)

    def stranger(self, name: str) -> Caller:
        return self._person(name, stranger=True)

    def _person(self, name: str, **flags: object) -> Caller:
        return Caller(user_id=self.people.add(name, **flags).slack_id, name=name)

    def channel(self, name: str, *, private: bool = False, inside: bool = True) -> str:
        self.people.add_channel(name, private=private, inside=inside)
        return name

    def say(self, channel_id: str, caller: Caller, text: str) -> str:
        return self.say_below(channel_id, "", caller, text)

    def say_below(self, channel_id: str, parent: str, caller: Caller, text: str) -> str:
        self._written += 1
        ts = f"1762171200.{self._written:06d}"
        self.people.say(channel_id, caller.user_id, text, ts, thread_ts=parent)
        return ts

    def trigger(self, caller: Caller) -> str:
        return self.people.new_trigger(caller.user_id)

    def break_down(self, move: str) -> None:
        later = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=60))
        self.people.fail(move, later)

    def wait(self, seconds: float) -> None:
        return

    def shown_to(self, caller: Caller) -> list[str]:
        whispers = [whisper.words for whisper in self.people.whispered(caller.user_id)]
        return [*(answer.words for answer in self.people.told(caller.user_id)), *whispers]

    def told_in(self, channel_id: str, caller: Caller) -> list[str]:
        heard = self.people.whispered(caller.user_id)
        return [one.words for one in heard if one.channel_id == channel_id != ""]

    def forms_of(self, caller: Caller) -> list[str]:
        return [form.title for user, form in self.people.forms if user == caller.user_id]

    def home_of(self, caller: Caller) -> str:
        return "\n".join(as_text(card) for card, _ in self.people.homes[caller.user_id])

    def reactions(self, channel_id: str, ts: str) -> list[str]:
        return self.people.channels[channel_id].reactions.get(ts, [])


class TestFakePeople(PeopleContract):
    @pytest.fixture
    def world(self) -> World:
        return FakeWorld()


class SlackWorld:
    """SlackPeople on the sandbox as the contract suite wants them."""

    def __init__(self, slack: SandboxWorld) -> None:
        self.slack = slack
        identity = slack.room.identity
        accounts = Accounts(slack.gateway, identity, slack.clock)
        self.people = SlackPeople(slack.gateway, identity, accounts)

    def member(self, name: str, zone: str = "UTC") -> Caller:
        user = self.slack.workspace.add_user(name, email=f"{name}@example.com", tz=zone)
        return self._caller(user)

    def guest(self, name: str) -> Caller:
        return self._caller(self.slack.workspace.add_user(name, is_restricted=True))

    def deactivated(self, name: str) -> Caller:
        return self._caller(self.slack.workspace.add_user(name, deleted=True))

    def stranger(self, name: str) -> Caller:
        user = self.slack.workspace.add_user(name, is_stranger=True, team_id="T0ELSE")
        return self._caller(user)

    def _caller(self, user: User) -> Caller:
        team = user.team_id or self.slack.workspace.team_id
        return Caller(user_id=user.id, name=user.name, team_id=team)

    def channel(self, name: str, *, private: bool = False, inside: bool = True) -> str:
        workspace = self.slack.workspace
        members = [workspace.bot_user_id] if inside else []
        return workspace.add_channel(name, is_private=private, members=members).id

    def say(self, channel_id: str, caller: Caller, text: str) -> str:
        channel = self.slack.workspace.channels[channel_id]
        if caller.user_id not in channel.members:
            channel.members.append(caller.user_id)
        return self.slack.workspace.post(channel, user=caller.user_id, text=text).ts

    def say_below(self, channel_id: str, parent: str, caller: Caller, text: str) -> str:
        channel = self.slack.workspace.channels[channel_id]
        said = self.slack.workspace.post(channel, user=caller.user_id, text=text, thread_ts=parent)
        return said.ts

    def trigger(self, caller: Caller) -> str:
        return self.slack.sandbox.views.new_trigger(caller.user_id)

    def break_down(self, move: str) -> None:
        self.slack.sandbox.faults.add(_METHODS[move], faults.ratelimited(60), times=1)

    def wait(self, seconds: float) -> None:
        self.slack.wait(seconds)

    def shown_to(self, caller: Caller) -> list[str]:
        workspace = self.slack.workspace
        ephemeral = [
            visible_text.of_blocks(one.blocks)
            for one in workspace.ephemerals
            if one.user == caller.user_id
        ]
        direct = [
            visible_text.of_message(message)
            for channel in workspace.channels.values()
            if channel.kind == "im" and caller.user_id in channel.members
            for message in channel.messages.values()
        ]
        return [*ephemeral, *direct]

    def told_in(self, channel_id: str, caller: Caller) -> list[str]:
        return [
            visible_text.of_blocks(one.blocks)
            for one in self.slack.workspace.ephemerals
            if (one.user, one.channel) == (caller.user_id, channel_id)
        ]

    def forms_of(self, caller: Caller) -> list[str]:
        top = self.slack.sandbox.views.top(caller.user_id)
        return [top.view["title"]["text"]] if top else []

    def home_of(self, caller: Caller) -> str:
        views = self.slack.sandbox.views
        return visible_text.of_blocks(views.views[views.homes[caller.user_id]].view["blocks"])

    def reactions(self, channel_id: str, ts: str) -> list[str]:
        return list(self.slack.workspace.channels[channel_id].messages[ts].reactions)


class TestSlackPeopleOnTheSandbox(PeopleContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with sandbox_world(timeout=3) as slack:
            yield SlackWorld(slack)
