"""What a post carries, what happens when Slack dislikes it, and a room as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from opsbot.core.card import Card, Line, Tone, Who, line
from opsbot.core.people import Person
from opsbot.ports import Done, Refused
from opsbot.sandbox.slack import faults
from opsbot.slack.directory import Directory
from opsbot.slack.gateway import Gateway
from opsbot.slack.room import SlackRoom
from tests.cards.hostile import PROBES, TITLE
from tests.slack.clocks import HastyClock
from tests.slack.odd_slack import Odd, OddSlack
from tests.slack.room_contract import CARD, opened, posted, value
from tests.slack.sandbox_world import SandboxWorld, sandbox_world


@pytest.fixture
async def world() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world() as world:
        yield world


@pytest.fixture
def odd_room(gateway: Gateway) -> SlackRoom:
    clock = HastyClock()
    return SlackRoom(gateway, Directory(gateway, clock), clock)


async def test_a_post_unfurls_nothing_and_carries_its_name(
    odd: OddSlack, odd_room: SlackRoom
) -> None:
    """Slack's crawler fetches what it unfurls; metadata is how a lost post is found again."""
    odd.tell("chat.postMessage", Odd(json={"ok": True, "channel": "C1", "ts": "1.2"}))
    message = await odd_room.post("C1", CARD, slot="card", incident_id="I-1", thread_ts="1.1")
    assert value(message).ts == "1.2"
    sent = odd.seen[0].json
    assert sent.pop("blocks")[-1]["elements"][0]["value"] == "I-1"
    assert sent.pop("text").startswith("[SEV2] checkout")
    assert sent == {
        "channel": "C1",
        "thread_ts": "1.1",
        "metadata": {
            "event_type": "opsbot",
            "event_payload": {"incident": "I-1", "slot": "card"},
        },
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


@pytest.mark.parametrize(
    "error", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments"]
)
async def test_a_layout_slack_refuses_is_posted_as_plain_text(
    odd: OddSlack, odd_room: SlackRoom, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An incident's words are never lost to their layout; the log says where, not what."""
    metadata = {"messages": ["[ERROR] bad 'secret' [json-pointer:/blocks/0/text]"]}
    odd.refuse("chat.postMessage", error, response_metadata=metadata)
    odd.tell("chat.postMessage", Odd(json={"ok": True, "channel": "C1", "ts": "1.2"}))
    value(await odd_room.post("C1", CARD, slot="card", incident_id="I-1"))
    first, second = (request.json for request in odd.seen)
    assert "blocks" in first
    assert "blocks" not in second
    assert second["text"] == first["text"]
    assert second["metadata"] == first["metadata"]
    assert "/blocks/0/text" in caplog.text
    assert "secret" not in caplog.text


async def test_an_edit_slack_refuses_is_made_as_plain_text(
    odd: OddSlack, odd_room: SlackRoom
) -> None:
    """Text alone takes the blocks away, so the newest words stand."""
    odd.refuse("chat.update", "msg_blocks_too_long")
    value(await odd_room.edit("C1", "1.2", CARD, incident_id="I-1"))
    assert "blocks" not in odd.seen[1].json
    assert odd.seen[1].json["parse"] == "none"


async def test_a_public_channel_is_joined_when_slack_asks(world: SandboxWorld) -> None:
    """A digest channel nobody invited us to."""
    world.sandbox.scopes = world.sandbox.scopes - {"chat:write.public"}
    channel = world.workspace.add_channel("incidents")
    value(await posted(world, channel.id, "digest"))
    assert world.workspace.bot_user_id in channel.members
    other = world.workspace.add_channel("more-incidents")
    value(await posted(world, other.id, "digest", look_first=world.now()))
    assert world.calls("conversations.join") == 2


async def test_a_private_channel_has_to_let_us_in(world: SandboxWorld) -> None:
    """To us it does not exist, and the cure says so."""
    channel = world.workspace.add_channel("secret", is_private=True)
    outcome = await posted(world, channel.id)
    assert isinstance(outcome, Refused)
    assert outcome.error == "channel_not_found"


async def test_who_we_are_is_asked_once(world: SandboxWorld) -> None:
    """And asked again as long as Slack cannot say."""
    world.sandbox.faults.add("auth.test", faults.server_error(500), times=2)
    assert isinstance(await world.room.start(), Refused)
    value(await world.room.start())
    identity = value(await world.room.start())
    assert identity.bot_user_id == world.workspace.bot_user_id
    assert identity.scopes == world.sandbox.scopes
    assert world.calls("auth.test") == 3


@pytest.mark.parametrize("probe", PROBES)
async def test_no_title_mentions_anybody_anywhere(world: SandboxWorld, probe: str) -> None:
    """In name, topic, bookmark, text, blocks and thread, judged by the sandbox."""
    channel_id = value(await opened(world)).channel_id
    card = Card(
        header=probe, lines=(line(probe, label=probe), Line(pieces=(probe,), tone=Tone.QUIET))
    )
    for thread_ts in ("", value(await posted(world, channel_id)).ts):
        message = await world.room.post(
            channel_id, card, slot=f"s{thread_ts}", incident_id="I-1", thread_ts=thread_ts
        )
        ts = value(message).ts
    value(await world.room.edit(channel_id, ts, card, incident_id="I-1"))
    value(await world.room.set_topic(channel_id, probe))
    value(await world.room.bookmark(channel_id, probe, "https://example.com/<!channel>|x"))
    assert world.workspace.mentions() == []
    assert world.sandbox.journal.refused() == []


async def test_only_who_is_to_be_pinged_is_mentioned(world: SandboxWorld) -> None:
    """A mention is an element somebody built on purpose."""
    ada = world.workspace.add_user("ada")
    channel_id = value(await opened(world)).channel_id
    named = line(Who(name="Ada", slack_id=ada.id), TITLE)
    pinged = line(Who(name="Ada", slack_id=ada.id, pings=True))
    value(await world.room.say(channel_id, Card(header="A", lines=(named, pinged))))
    (mention,) = world.workspace.mentions()
    assert (mention.typed, mention.token) == (True, f"user:{ada.id}")


async def test_a_room_stands_after_two_round_trips_with_every_call_taken(
    world: SandboxWorld,
) -> None:
    """Create, then the card at once; the rest beside it, and Slack refuses none of it."""
    ada = world.workspace.add_user("ada", email="ada@example.com")
    value(await world.room.start())
    world.sandbox.journal.reset()
    channel_id = value(await opened(world)).channel_id
    card = value(await posted(world, channel_id))
    assert [call.method for call in world.sandbox.journal.calls] == [
        "conversations.create",
        "chat.postMessage",
    ]
    outcomes = await asyncio.gather(
        world.room.invite(channel_id, [Person(id="P1", name="Ada", email=ada.email)]),
        world.room.set_topic(channel_id, "SEV2"),
        world.room.pin(channel_id, card.ts),
        *(
            world.room.bookmark(channel_id, f"Link {n}", f"https://example.com/{n}")
            for n in range(3)
        ),
    )
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert world.sandbox.journal.refused() == []
    assert not any(call.unknown_arguments for call in world.sandbox.journal.calls)
    assert len(world.bookmarks(channel_id)) == 3


async def test_one_bookmark_asked_for_twice_at_once_is_one(world: SandboxWorld) -> None:
    """Looking and adding are two calls, and Slack takes any number of the same."""
    channel_id = value(await opened(world)).channel_id
    adding = (world.room.bookmark(channel_id, "Alert", "https://example.com/a") for _ in range(3))
    await asyncio.gather(*adding)
    assert world.bookmarks(channel_id) == ["https://example.com/a"]


async def test_a_storm_of_rooms_stays_below_every_limit(world: SandboxWorld) -> None:
    """Sixty incidents at once: nothing is refused, whoever waits too long comes back later."""

    async def room(number: int) -> bool:
        while True:
            outcome = await opened(world, f"inc-{number}-storm")
            if isinstance(outcome, Done):
                break
            assert isinstance(outcome, Refused)
            assert outcome.retry_after is not None
            await world.clock.sleep(max(outcome.retry_after, timedelta(seconds=20)).total_seconds())
        channel_id = outcome.value.channel_id
        return isinstance(await posted(world, channel_id), Done)

    assert all(await asyncio.gather(*(room(number) for number in range(60))))
    assert world.sandbox.journal.refused() == []
    assert sum(name.startswith("inc-") for name in world.channel_names()) == 60
