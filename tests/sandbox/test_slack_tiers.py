"""Rate limits of the sandbox Slack, on a clock the tests move."""

from __future__ import annotations

import pytest

from opsbot.sandbox.slack.errors import RateLimited
from opsbot.sandbox.slack.facts import METHODS
from opsbot.sandbox.slack.tiers import Tiers
from tests.sandbox.slack_world import AUTH, ManualClock, SlackWorld, failure


@pytest.mark.parametrize(
    ("method", "per_minute"),
    [
        ("conversations.create", 20),  # tier 2
        ("chat.update", 50),  # tier 3
        ("views.open", 100),  # tier 4
        ("auth.test", 600),  # special
        ("chat.postMessage", 300),  # special: the workspace ceiling
        ("users.conversations", 50),  # the method page wins over the SDK's table
    ],
)
def test_a_bucket_holds_a_minutes_calls_and_refills_evenly(method: str, per_minute: int) -> None:
    """Capacity N, refilled N a minute: after N calls one more every 60/N seconds."""
    clock = ManualClock()
    tiers = Tiers(clock)
    for _ in range(per_minute):
        tiers.admit(METHODS[method])
    with pytest.raises(RateLimited) as limited:
        tiers.admit(METHODS[method])
    assert limited.value.retry_after == max(1, -(-60 // per_minute))
    clock.advance(60 / per_minute + 1e-6)
    tiers.admit(METHODS[method])
    with pytest.raises(RateLimited):
        tiers.admit(METHODS[method])


def test_a_bucket_never_holds_more_than_its_capacity() -> None:
    clock = ManualClock()
    tiers = Tiers(clock)
    tiers.admit(METHODS["conversations.create"])
    clock.advance(3600)
    for _ in range(20):
        tiers.admit(METHODS["conversations.create"])
    with pytest.raises(RateLimited):
        tiers.admit(METHODS["conversations.create"])


async def test_the_twenty_first_channel_in_a_minute_is_a_429(slack: SlackWorld) -> None:
    """HTTP 429, Retry-After in whole seconds, a JSON body, and nothing is created."""
    for number in range(20):
        await slack.client.conversations_create(name=f"inc-{number}")
    async with slack.session.post(
        slack.base_url + "conversations.create", headers=AUTH, data={"name": "inc-20"}
    ) as response:
        body = await response.json()
    assert (response.status, body) == (429, {"ok": False, "error": "ratelimited"})
    assert response.headers["Retry-After"] == "3"
    assert slack.workspace.channel_named("inc-20") is None
    (refused,) = slack.sandbox.journal.refused()
    assert (refused.http_status, refused.retry_after) == (429, 3)


async def test_one_method_being_limited_leaves_the_others_alone(slack: SlackWorld) -> None:
    room = slack.room()
    for number in range(20):
        await slack.client.conversations_setTopic(channel=room.id, topic=str(number))
    assert (
        await failure(slack.client.conversations_setTopic(channel=room.id, topic="x"))
    ).status_code == 429
    await slack.client.conversations_setPurpose(channel=room.id, purpose="x")


async def test_a_channel_takes_a_burst_of_four_posts_then_one_a_second(slack: SlackWorld) -> None:
    room, other = slack.room("inc-1"), slack.room("inc-2")
    for _ in range(4):
        await slack.posted(room)
    limited = await failure(slack.posted(room))
    assert limited.headers["Retry-After"] == "1"
    await slack.posted(other)
    slack.clock.advance(1.0)
    await slack.posted(room)
    assert len(slack.workspace.posts(room.id)) == 5


async def test_editing_has_no_limit_per_channel_but_one_for_the_workspace(
    slack: SlackWorld,
) -> None:
    room = slack.room()
    ts = await slack.posted(room)
    for number in range(50):
        await slack.client.chat_update(channel=room.id, ts=ts, text=str(number))
    assert (
        await failure(slack.client.chat_update(channel=room.id, ts=ts, text="x"))
    ).status_code == 429


async def test_the_switch_turns_limits_off(slack: SlackWorld) -> None:
    slack.sandbox.enforce_tiers = False
    for number in range(25):
        await slack.client.conversations_create(name=f"inc-{number}")
    assert slack.sandbox.journal.refused() == []
