"""Events read as what happened to us: mentions, pins, the Home tab, people, channels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsbot.core.invocation import (
    Caller,
    ChannelChanged,
    ChannelTurn,
    HomeOpened,
    How,
    Invocation,
    MemberJoined,
    Place,
    Pointed,
)
from opsbot.slack.payloads_claims import Ourselves
from opsbot.slack.payloads_event import event_in
from tests.slack import told
from tests.slack.clocks import NOON

ADA = Caller(user_id="U1", team_id="T1")
SAID_AT = datetime.fromtimestamp(float(told.SAID_AT), UTC)


def test_a_mention_is_its_words_without_our_name() -> None:
    """Typed in the channel, so everybody sees who asked."""
    assert event_in(told.mention(), NOON) == Invocation(
        id=f"mention:C1:{told.SAID_AT}",
        occurred_at=SAID_AT,
        how=How.MENTION,
        caller=ADA,
        place=Place(channel_id="C1", message_ts=told.SAID_AT),
        line="status",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"<@{told.BOT}>", ""),
        (f"  <@{told.BOT}|opsbot>   note it is back ", "note it is back"),
        (f"lead <@U2> please, <@{told.BOT}>", "lead <@U2> please,"),
        (f"hey <@{told.BOT}> status", "hey status"),
        ("", ""),
    ],
)
def test_only_our_own_mention_is_taken_out(text: str, line: str) -> None:
    """Other people's names are arguments."""
    found = event_in(told.mention(text=text), NOON)
    assert isinstance(found, Invocation)
    assert found.line == line


def test_without_knowing_ourselves_the_first_mention_is_ours() -> None:
    """Slack may be away when we start; the event itself says whom it was sent for."""
    payload = told.mention(text="<@U77> status of <@U2>") | {"authorizations": None}
    found = event_in(payload, NOON)
    assert isinstance(found, Invocation)
    assert found.line == "status of <@U2>"


def test_a_mention_and_the_message_it_stands_in_are_one() -> None:
    """Slack sends both; they share channel and ts."""
    message = told.mention(type="message", channel_type="channel") | {"event_id": "Ev2"}
    pair = [event_in(told.mention(), NOON), event_in(message, NOON)]
    assert pair[0] == pair[1]
    assert pair[0] is not None


def test_everything_in_a_direct_message_is_meant_for_us() -> None:
    """There is nobody else to talk to."""
    found = event_in(
        told.mention(type="message", channel_type="im", channel="D1", text="list"), NOON
    )
    assert isinstance(found, Invocation)
    assert (found.line, found.place.channel_id) == ("list", "D1")


def test_talk_in_a_channel_is_nothing() -> None:
    """It is never stored."""
    talk = told.mention(type="message", channel_type="channel", text="<@U2> lunch?")
    assert event_in(talk, NOON) is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast"])
def test_a_mention_with_a_file_or_in_a_thread_is_one(subtype: str) -> None:
    """Both are written by a person, just now."""
    found = event_in(told.mention(subtype=subtype, thread_ts="1.1"), NOON)
    assert isinstance(found, Invocation)
    assert found.place.thread_ts == "1.1"


@pytest.mark.parametrize(
    "changes",
    [
        {"edited": {"user": "U1", "ts": told.CLICKED_AT}},
        {"type": "message", "channel_type": "im", "subtype": "message_changed"},
        {"type": "message", "channel_type": "im", "subtype": "message_deleted"},
        {"type": "message", "channel_type": "im", "subtype": "channel_join"},
        {"type": "message", "channel_type": "im", "subtype": "bot_message"},
        {"type": "message", "channel_type": "im", "subtype": ["file_share"]},
        {"type": "message", "channel_type": "im", "hidden": True},
        {"bot_id": "B9"},
        {"bot_profile": {"id": "B9"}},
        {"user": "USLACKBOT"},
        {"user": told.BOT},
        {"user": None},
        {"user": "U1\u200b"},
        {"channel": "C" * 300},
        {"ts": None},
    ],
)
def test_edits_bots_and_our_own_words_are_no_mention(changes: dict[str, Any]) -> None:
    """Two bots that answer each other never end."""
    assert event_in(told.mention(**changes), NOON) is None


@pytest.mark.parametrize("emoji", ["pushpin", "round_pushpin", "pushpin::skin-tone-2"])
def test_a_pushpin_puts_a_message_on_the_timeline(emoji: str) -> None:
    """Whoever pins it: two pins of a message are one note."""
    found = event_in(told.reaction(reaction=emoji), NOON)
    assert found == Invocation(
        id=f"reaction:C1:{told.SAID_AT}",
        occurred_at=NOON + timedelta(seconds=1.5),
        how=How.REACTION,
        caller=ADA,
        place=Place(channel_id="C1", message_ts=told.SAID_AT),
        verb="note",
        pointed=Pointed(channel_id="C1", ts=told.SAID_AT, author_id="U2"),
    )


def test_the_emoji_is_the_teams_to_choose() -> None:
    """The default is off then."""
    ourselves = Ourselves(emoji=frozenset({"memo"}))
    assert event_in(told.reaction(reaction="memo"), NOON, ourselves) is not None
    assert event_in(told.reaction(), NOON, ourselves) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"reaction": "eyes"},
        {"reaction": None},
        {"item": {"type": "file", "file": "F1"}},
        {"item": None},
        {"user": told.BOT},
        {"type": "reaction_removed"},
    ],
)
def test_other_reactions_are_nothing(changes: dict[str, Any]) -> None:
    """Ours among them: opsbot may mark what it has noted."""
    assert event_in(told.reaction(**changes), NOON) is None


def test_the_home_tab_is_opened() -> None:
    """The messages tab of the app is not it."""
    inner = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"}
    found = event_in(told.event(inner), NOON)
    assert found == HomeOpened(
        id="event:Ev1", occurred_at=datetime.fromtimestamp(1793707199, UTC), caller=ADA
    )
    assert event_in(told.event(inner | {"tab": "messages"}), NOON) is None


def test_somebody_comes_into_a_channel() -> None:
    """From whichever workspace; we ourselves do not count."""
    inner = {"type": "member_joined_channel", "user": "U8", "channel": "C1", "team": "T9"}
    found = event_in(told.event(inner), NOON)
    assert isinstance(found, MemberJoined)
    assert (found.caller, found.channel_id) == (Caller(user_id="U8", team_id="T9"), "C1")
    assert event_in(told.event(inner | {"user": told.BOT}), NOON) is None


@pytest.mark.parametrize("sort", ["channel", "group"])
@pytest.mark.parametrize(
    ("word", "inner", "turn", "value", "by"),
    [
        ("archive", {"channel": "C1", "user": "U1"}, ChannelTurn.ARCHIVED, "", "U1"),
        ("unarchive", {"channel": "C1", "user": "U1"}, ChannelTurn.UNARCHIVED, "", "U1"),
        ("deleted", {"channel": "C1", "actor_id": "U1"}, ChannelTurn.DELETED, "", "U1"),
        ("rename", {"channel": {"id": "C1", "name": "inc-2"}}, ChannelTurn.RENAMED, "inc-2", ""),
        ("id_changed", {"old_channel_id": "C1", "new_channel_id": "C2"}, ChannelTurn.MOVED, "C2",
         ""),
    ],
)  # fmt: skip
def test_a_channel_changes(
    sort: str, word: str, inner: dict[str, Any], turn: ChannelTurn, value: str, by: str
) -> None:
    """Public and private ones alike; a rename and a move name nobody."""
    found = event_in(told.event({"type": f"{sort}_{word}", **inner}), NOON)
    assert isinstance(found, ChannelChanged)
    assert (found.channel_id, found.turn, found.value) == ("C1", turn, value)
    assert found.caller.user_id == by


def test_what_opsbot_does_to_a_channel_is_no_news() -> None:
    """It archives rooms itself."""
    inner = {"type": "channel_archive", "channel": "C1", "user": told.BOT}
    assert event_in(told.event(inner), NOON) is None
    unknown = told.event(inner, authorizations=[])
    assert event_in(unknown, NOON, Ourselves(bot_user_id=told.BOT)) is None
    assert event_in(unknown, NOON) is not None


@pytest.mark.parametrize(
    "changes",
    [{"event_id": None}, {"event_id": "x" * 300}, {"event": None}, {"type": "event"}],
)
def test_an_event_without_an_id_cannot_be_told_from_its_copy(changes: dict[str, Any]) -> None:
    """So it is nothing."""
    inner = {"type": "member_joined_channel", "user": "U8", "channel": "C1"}
    assert event_in(told.event(inner) | changes, NOON) is None


def test_a_caller_from_another_company_keeps_their_workspace() -> None:
    """In a channel shared by Slack Connect the outer team may be theirs."""
    found = event_in(told.mention(user_team="T9", team="T9"), NOON)
    assert isinstance(found, Invocation)
    assert found.caller.team_id == "T9"
    org = told.mention(user_team="E9") | {"context_enterprise_id": "E9", "context_team_id": "T5"}
    found = event_in(org, NOON)
    assert isinstance(found, Invocation)
    assert found.caller.team_id == "T5"
