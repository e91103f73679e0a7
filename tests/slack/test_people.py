"""SlackPeople beyond the port's suite: response URLs, layouts that Slack refuses, user groups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from opsbot.core.card import Card, line
from opsbot.core.invocation import Caller, Invocation, Place
from opsbot.ports import Done, Outcome
from opsbot.sandbox.slack import faults, visible_text
from opsbot.slack.accounts import Accounts
from opsbot.slack.people import SlackPeople
from tests.slack.people_contract import CARD, NEWER, asking, value
from tests.slack.sandbox_world import SandboxWorld, sandbox_world


@pytest.fixture
async def slack() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world(timeout=3) as slack:
        yield slack


def people_of(slack: SandboxWorld, *groups: str) -> SlackPeople:
    accounts = Accounts(slack.gateway, slack.room.identity, slack.clock, groups)
    return SlackPeople(slack.gateway, slack.room.identity, accounts)


def ada_asks(slack: SandboxWorld) -> Invocation:
    """Ada asks in #payments, by a command that has a response URL."""
    user = slack.workspace.add_user("ada", email="ada@example.com")
    members = [user.id, slack.workspace.bot_user_id]
    channel = slack.workspace.add_channel("payments", members=members)
    url = slack.sandbox.response_urls.new(user.id, channel)
    return replace(asking(Caller(user_id=user.id), channel.id), response_url=url)


async def answer(slack: SandboxWorld, asked: Invocation, card: Card = CARD) -> Outcome[None]:
    return await people_of(slack).answer(asked, card, incident_id="inc-7")


def whispered(slack: SandboxWorld) -> list[str]:
    return [visible_text.of_blocks(one.blocks) or one.text for one in slack.workspace.ephemerals]


async def test_the_response_url_is_used_first(slack: SandboxWorld) -> None:
    """It costs no budget and works where we are no member."""
    asked = ada_asks(slack)
    value(await answer(slack, asked))
    assert "INC-7 checkout" in whispered(slack)[0]
    assert slack.calls("chat.postEphemeral") == 0


async def test_a_response_url_that_is_used_up_is_done_without(slack: SandboxWorld) -> None:
    """Five uses in thirty minutes; the sixth answer comes another way."""
    asked = ada_asks(slack)
    for _ in range(6):
        value(await answer(slack, asked))
    assert len(whispered(slack)) == 6
    assert slack.calls("chat.postEphemeral") == 1


async def test_the_answer_to_a_button_that_only_one_person_sees_takes_its_place(
    slack: SandboxWorld,
) -> None:
    """Undo, or the next page of a list, leaves no pile of old answers."""
    asked = ada_asks(slack)
    channel = slack.workspace.channels[asked.place.channel_id]
    shown = slack.workspace.post_ephemeral(
        channel, to=asked.caller.user_id, text="page 1", blocks=[]
    )
    url = slack.sandbox.response_urls.new(asked.caller.user_id, channel, shown)
    place = Place(channel_id=channel.id, ephemeral=True)
    value(await answer(slack, replace(asked, response_url=url, place=place), NEWER))
    assert len(whispered(slack)) == 1
    assert "INC-8 search" in whispered(slack)[0]


async def test_the_answer_to_a_button_that_all_see_leaves_the_message_alone(
    slack: SandboxWorld,
) -> None:
    """The card stands for everybody; the answer is for the one who pressed."""
    asked = ada_asks(slack)
    channel = slack.workspace.channels[asked.place.channel_id]
    card = slack.workspace.post(channel, user=slack.workspace.bot_user_id, text="the card")
    url = slack.sandbox.response_urls.new(asked.caller.user_id, channel, card)
    value(await answer(slack, replace(asked, response_url=url)))
    assert card.text == "the card"
    assert len(whispered(slack)) == 1


async def test_an_answer_whose_layout_slack_refuses_is_said_in_words(slack: SandboxWorld) -> None:
    """What somebody asked for must not be lost to a block."""
    asked = replace(ada_asks(slack), response_url="")
    slack.sandbox.faults.add("chat.postEphemeral", faults.error("invalid_blocks"), times=1)
    value(await answer(slack, asked))
    assert "31 % of logins fail" in whispered(slack)[0]


async def test_asked_in_somebody_elses_direct_messages_it_is_told_in_ours(
    slack: SandboxWorld,
) -> None:
    """Ada types a command while she talks to Ben: we are not there."""
    ada = slack.workspace.add_user("ada")
    ben = slack.workspace.add_user("ben")
    between = slack.workspace.open_direct(ada.id, [ben.id])
    value(await answer(slack, asking(Caller(user_id=ada.id), between.id)))
    assert between.messages == {}
    (ours,) = [
        channel
        for channel in slack.workspace.channels.values()
        if channel.kind == "im" and slack.workspace.bot_user_id in channel.members
    ]
    assert ada.id in ours.members


async def test_only_the_groups_that_rules_name_are_looked_up(slack: SandboxWorld) -> None:
    """Once for everybody, until it is old."""
    ada, ben = slack.workspace.add_user("ada"), slack.workspace.add_user("ben")
    oncall = slack.workspace.add_usergroup("oncall", [ada.id])
    slack.workspace.add_usergroup("other", [ada.id, ben.id])
    people = people_of(slack, oncall.id)
    first = value(await people.standing(Caller(user_id=ada.id)))
    second = value(await people.standing(Caller(user_id=ben.id)))
    assert (first.groups, second.groups) == (frozenset({oncall.id}), frozenset())
    assert slack.calls("usergroups.users.list") == 1


async def test_membership_is_asked_again_when_it_is_old(slack: SandboxWorld) -> None:
    """Somebody who was added may act within minutes; while Slack is silent the last word holds."""
    ada = slack.workspace.add_user("ada")
    oncall = slack.workspace.add_usergroup("oncall", [])
    people = people_of(slack, oncall.id)
    assert value(await people.standing(Caller(user_id=ada.id))).groups == frozenset()
    oncall.users.append(ada.id)
    slack.wait(301)
    assert value(await people.standing(Caller(user_id=ada.id))).groups == frozenset({oncall.id})
    slack.wait(301)
    slack.sandbox.faults.add("usergroups.users.list", faults.error("access_denied"), times=1)
    assert value(await people.standing(Caller(user_id=ada.id))).groups == frozenset({oncall.id})


async def test_the_words_of_an_alert_stand_in_its_attachment(slack: SandboxWorld) -> None:
    """A message of another app, pinned by a reaction, reads as by the message's menu."""
    bot = slack.workspace.bot_user_id
    channel = slack.workspace.add_channel("alerts", members=[bot])
    told = [{"fallback": "Error rate above 5 %"}]
    message = slack.workspace.post(channel, user=bot, text="", attachments=told)
    found = await people_of(slack).message(channel.id, message.ts)
    assert isinstance(found, Done)
    assert found.value.text == "Error rate above 5 %"


async def test_nothing_in_an_answer_is_a_live_token(slack: SandboxWorld) -> None:
    """Titles come from anywhere."""
    asked = replace(ada_asks(slack), response_url="")
    hostile = Card(header="<!channel>", lines=(line("<@U1> <https://evil.example.com|here>"),))
    value(await answer(slack, asked, hostile))
    assert slack.workspace.unescaped_mentions() == []
