"""Whatever happens to an answer on its way, converging again makes no second channel or card."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from opsbot.ports import Done, Refused, Unsure
from opsbot.sandbox.slack import faults
from opsbot.sandbox.slack.faults import Fault
from tests.slack.room_contract import CARD, nobody, opened, posted, value
from tests.slack.sandbox_world import SandboxWorld, sandbox_world

LOST_AFTER_COMMIT = {
    "silence": faults.committed_then_timeout(),
    "hang-up": faults.committed_then_dropped(),
    "error page": faults.server_error(502, after_commit=True),
    "internal_error": faults.error("internal_error", after_commit=True),
    "fatal_error": faults.error("fatal_error", after_commit=True),
    "login page": faults.unreadable(),
}
LOST_BEFORE_COMMIT = {"hang-up": faults.dropped(), "error page": faults.server_error(503)}


@pytest.fixture
async def world() -> AsyncIterator[SandboxWorld]:
    async with sandbox_world() as world:
        yield world


def rooms(world: SandboxWorld) -> list[str]:
    return [name for name in world.channel_names() if name.startswith("inc-1")]


@pytest.mark.parametrize("fault", LOST_AFTER_COMMIT.values(), ids=LOST_AFTER_COMMIT)
@pytest.mark.parametrize("times", [1, 2])
async def test_a_channel_created_without_an_answer_is_created_once(
    world: SandboxWorld, fault: Fault, times: int
) -> None:
    """It is found by creator, name and age, in the same try or the next."""
    world.sandbox.faults.add("conversations.create", fault, times=times)
    began = world.now()
    first = await opened(world)
    assert isinstance(first, Done)
    again = value(await opened(world, look_first=True, opened_at=began))
    assert again.channel_id == first.value.channel_id
    assert rooms(world) == ["inc-1-checkout"]


@pytest.mark.parametrize("fault", LOST_BEFORE_COMMIT.values(), ids=LOST_BEFORE_COMMIT)
async def test_a_channel_that_was_not_created_is_created_in_the_same_try(
    world: SandboxWorld, fault: Fault
) -> None:
    """Looked for, not found, created: the name itself would bar a second one."""
    world.sandbox.faults.add("conversations.create", fault, times=1)
    assert not value(await opened(world)).adopted
    assert rooms(world) == ["inc-1-checkout"]


async def test_a_channel_is_found_even_when_looking_fails_too(world: SandboxWorld) -> None:
    """The look is refused for now, so is the opening; the next try finds it."""
    world.lose_answer("open_channel")
    world.sandbox.faults.add("users.conversations", faults.server_error(500), times=2)
    began = world.now()
    outcome = await opened(world)
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is not None
    assert value(await opened(world, look_first=True, opened_at=began)).adopted
    assert rooms(world) == ["inc-1-checkout"]


@pytest.mark.parametrize("fault", LOST_AFTER_COMMIT.values(), ids=LOST_AFTER_COMMIT)
async def test_a_card_posted_without_an_answer_is_posted_once(
    world: SandboxWorld, fault: Fault
) -> None:
    """It is found by its metadata, in the same try or the next."""
    channel_id = value(await opened(world)).channel_id
    world.sandbox.faults.add("chat.postMessage", fault, times=1)
    began = world.now()
    first = await posted(world, channel_id)
    assert isinstance(first, Done)
    assert value(await posted(world, channel_id, look_first=began)) == first.value
    assert len(world.words(channel_id)) == 1


@pytest.mark.parametrize("fault", LOST_BEFORE_COMMIT.values(), ids=LOST_BEFORE_COMMIT)
async def test_a_card_that_was_not_posted_is_left_to_the_next_try(
    world: SandboxWorld, fault: Fault
) -> None:
    """Not found after a moment is not proof, so the same try does not post again."""
    channel_id = value(await opened(world)).channel_id
    world.sandbox.faults.add("chat.postMessage", fault, times=1)
    began = world.now()
    assert isinstance(await posted(world, channel_id), Unsure)
    value(await posted(world, channel_id, look_first=began))
    assert len(world.words(channel_id)) == 1


async def test_a_card_is_found_even_when_looking_fails_too(world: SandboxWorld) -> None:
    """As long as it cannot be seen whether the card stands, it is not posted again."""
    channel_id = value(await opened(world)).channel_id
    world.lose_answer("post")
    world.sandbox.faults.add("conversations.history", faults.server_error(500), times=4)
    began = world.now()
    assert isinstance(await posted(world, channel_id), Unsure)
    again = await posted(world, channel_id, look_first=began)
    assert isinstance(again, Refused)
    assert again.retry_after is not None
    value(await posted(world, channel_id, look_first=began))
    assert len(world.words(channel_id)) == 1


async def test_a_reply_without_an_answer_is_posted_once(world: SandboxWorld) -> None:
    """Threads are read on their own."""
    channel_id = value(await opened(world)).channel_id
    card = value(await posted(world, channel_id))
    world.lose_answer("post")
    began = world.now()
    reply = value(await posted(world, channel_id, "chart", thread_ts=card.ts))
    again = await posted(world, channel_id, "chart", thread_ts=card.ts, look_first=began)
    assert value(again) == reply
    assert len(world.words(channel_id, thread_ts=card.ts)) == 1


async def test_a_card_behind_hundreds_of_messages_is_found(world: SandboxWorld) -> None:
    """A busy room is read page by page, back to when the card was meant to be posted."""
    channel_id = value(await opened(world)).channel_id
    began = world.now()
    card = value(await posted(world, channel_id))
    channel = world.workspace.channels[channel_id]
    for number in range(450):
        world.workspace.post(channel, user="USLACKBOT", text=f"message {number}")
    assert value(await posted(world, channel_id, look_first=began)) == card
    assert world.calls("conversations.history") == 3


async def test_somebody_elses_message_with_our_metadata_is_not_adopted(
    world: SandboxWorld,
) -> None:
    """Any app of the workspace can read our metadata and write the same."""
    channel_id = value(await opened(world)).channel_id
    began = world.now()
    ada = world.workspace.add_user("ada")
    forged = {"event_type": "opsbot", "event_payload": {"incident": "I-1", "slot": "card"}}
    world.workspace.post(
        world.workspace.channels[channel_id], user=ada.id, text="forged", metadata=forged
    )
    value(await posted(world, channel_id, look_first=began))
    assert len(world.words(channel_id)) == 2


async def test_a_stranger_with_our_name_and_age_is_not_adopted(world: SandboxWorld) -> None:
    """Being in a channel of that name does not make it ours; creating it does."""
    ada = world.workspace.add_user("ada")
    world.workspace.add_channel(
        "inc-1-checkout", creator=ada.id, members=[world.workspace.bot_user_id]
    )
    assert value(await opened(world, look_first=True)).name == "inc-1-checkout-2"


@pytest.mark.parametrize("method", ["chat.update", "conversations.setTopic", "pins.add"])
@pytest.mark.parametrize("fault", LOST_AFTER_COMMIT.values(), ids=LOST_AFTER_COMMIT)
async def test_the_other_writes_are_unsure_and_harmless_to_repeat(
    world: SandboxWorld, method: str, fault: Fault
) -> None:
    """The caller converges again, and it stands already."""
    channel_id = value(await opened(world)).channel_id
    ts = value(await posted(world, channel_id)).ts
    moves = {
        "chat.update": lambda: world.room.edit(channel_id, ts, CARD, incident_id="I-1"),
        "conversations.setTopic": lambda: world.room.set_topic(channel_id, "SEV2"),
        "pins.add": lambda: world.room.pin(channel_id, ts),
    }
    world.sandbox.faults.add(method, fault, times=1)
    assert isinstance(await moves[method](), Unsure)
    value(await moves[method]())
    assert (len(world.words(channel_id)), len(world.pins(channel_id)) <= 1) == (1, True)


async def test_without_the_scope_to_look_a_room_still_comes_about(world: SandboxWorld) -> None:
    """A missing scope costs its feature: after a lost answer there may be a card too many."""
    world.sandbox.scopes = world.sandbox.scopes - {
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "im:history",
    }
    channel = value(await opened(world, look_first=True))
    value(await posted(world, channel.channel_id, look_first=world.now()))
    assert rooms(world) == ["inc-1-checkout"]


async def test_a_workspace_that_forbids_channels_says_who_can_help(world: SandboxWorld) -> None:
    """The refusal is the responder's to read, and no other name is tried in vain."""
    world.workspace.preferences.who_may_create_channels = "admins"
    outcome = await opened(world)
    assert isinstance(outcome, Refused)
    assert (outcome.error, outcome.retry_after) == ("restricted_action", None)
    assert "ask a workspace admin" in outcome.cure
    assert world.calls("conversations.create") == 1


async def test_a_thousand_channels_of_ours_are_read_page_by_page(world: SandboxWorld) -> None:
    """Looking reads the bot's own channels only, never everybody's."""
    for number in range(1_100):
        world.workspace.add_channel(f"old-{number}", creator=world.workspace.bot_user_id)
    first = value(await opened(world))
    again = await world.room.open_channel(
        ["inc-1-checkout"],
        private=False,
        opened_at=world.now(),
        look_first=True,
        taken=nobody,
    )
    assert value(again).channel_id == first.channel_id
    assert world.calls("users.conversations") == 2
    assert world.calls("conversations.list") == 0


async def test_a_lost_channel_whose_title_changed_is_adopted_after_a_failed_look(
    world: SandboxWorld,
) -> None:
    """Nothing was known of it after the first try but that one was made."""
    world.lose_answer("open_channel")
    world.sandbox.faults.add("users.conversations", faults.server_error(500), times=2)
    began = world.now()
    assert isinstance(await opened(world, stem="inc-1"), Refused)
    again = await opened(world, "inc-1-new-title", look_first=True, opened_at=began, stem="inc-1")
    assert value(again).adopted
    assert rooms(world) == ["inc-1-checkout"]
