"""Pages without webhooks, and pages that webhooks lost: PagerDuty is asked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from opsbot.core import entry as e
from opsbot.core.event import Transition
from tests.stories.theatre import NO_EVIDENCE, theatre

POLL: dict[str, Any] = {**NO_EVIDENCE, "intake": "poll", "poll_every": "1s"}


async def test_without_any_webhook_a_page_becomes_a_room_and_is_worked_both_ways(tmp_path: Path):
    """By Socket Mode and polling there is no inbound port at all that anybody has to reach."""
    no_secret = {"PAGERDUTY_WEBHOOK_SECRET": ""}
    async with theatre(tmp_path, environ=no_secret, by_socket=True, **POLL) as play:
        play.pagerduty.drop_webhooks()
        page = await play.page()
        await play.until_room()
        jules = play.as_person("jules")
        assert "You lead INC-1" in await jules.presses(play.card, "lead")
        await play.until(lambda: page.status == "acknowledged", "PagerDuty's acknowledgement")
        await play.until_card("acknowledged by Jules Demo")
        await play.pagerduty.resolve(page, "Kim Example")
        await play.until(lambda: bool(play.messages("post:alert_cleared")), "the question")
        assert not [d for d in play.pagerduty.deliveries if d.attempts]
        transitions = [x.body.transition for x in await play.entries(1)
                       if isinstance(x.body, e.AlertChanged)]  # fmt: skip
        for once in (Transition.TRIGGERED, Transition.ACKNOWLEDGED, Transition.RESOLVED):
            assert transitions.count(once) == 1


async def test_what_a_webhook_told_and_what_asking_finds_are_one_record(tmp_path: Path):
    """The same facts in either order; the sweep at a start finds what was dropped before it."""
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        page = await play.page()
        await play.until_room()
        play.pagerduty.drop_webhooks()
        await play.pagerduty.acknowledge(page, "Kim Example")
        lost = await play.pagerduty.trigger(play.stage.scenario.page, title="partner-api: lost")
        play.pagerduty.drop_webhooks(False)
        assert (await play.numbered(1)).acknowledged_by is None
        await play.restart()
        await play.until_record(page, lambda i: i.acknowledged_by is not None)
        await play.until_record(lost, lambda i: bool(i.surface.channel_id))
        for delivery in list(play.pagerduty.deliveries):
            await play.pagerduty.send_raw(delivery.body)
        await play.restart()
        await play.pagerduty.annotate(page, "Kim Example", "the last thing that happened")
        await play.until_record(page, lambda i: i.last_note is not None)
        told = [x.body.transition for x in await play.entries(1)
                if isinstance(x.body, e.AlertChanged)]  # fmt: skip
        assert told.count(Transition.ACKNOWLEDGED) == told.count(Transition.TRIGGERED) == 1
        assert len(play.rooms()) == 2


async def test_a_subscription_that_was_switched_off_is_said_once_in_the_ops_channel(
    tmp_path: Path,
):
    async with theatre(tmp_path, **NO_EVIDENCE) as play:
        (subscription,) = play.pagerduty.subscriptions
        await play.until(
            lambda: any("subscriptions" in s.path for s in play.pagerduty.seen), "looked at once"
        )
        subscription.disabled_until = play.stage.world.clock.now() + timedelta(hours=24)
        page = await play.page()
        ops = play.stage.places.ops
        assert "switched off" not in play.said(ops)
        await play.restart()
        await play.until(lambda: "switched off" in play.said(ops), "the trouble with its cure")
        await play.until_record(page, lambda i: bool(i.surface.channel_id))
        said = [m.text for m in play.workspace.posts(ops) if "asks every minute" in m.text]
        # A line that was posted while opsbot stopped may stand twice; another one may not.
        assert len(set(said)) == 1
        assert subscription.id in said[0]
