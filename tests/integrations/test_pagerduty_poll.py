"""Asking PagerDuty what happened: what is looked at, what is left, and what is never lost."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from opsbot.core.event import AlertEvent, Transition
from opsbot.core.people import ActorKind
from opsbot.integrations import WebhookRefused
from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.integrations.pagerduty.poll import PagerDutyFeed
from opsbot.ports import Done, Refused
from opsbot.sandbox.faults import DOWN, error
from tests.integrations.pagerduty_stage import STATE, Both, both, feed_of, types
from tests.integrations.stage import TOKEN, StageClock, outgoing, playing, wiring
from tests.sandbox.world_rig import ANCHOR

ROBIN = "Robin Sample"


def asked_for(stage: Both, what: str) -> list[str]:
    """The paths asked for that end so, oldest first."""
    return [one.path for one in stage.pagerduty.seen if one.path.endswith(what)]


async def test_a_delivery_of_the_feed_is_one_log_line_for_the_inbox() -> None:
    """Its key is PagerDuty's own; what the monitor sent stays at PagerDuty."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        (trigger, state) = await stage.deliveries()
    assert (trigger.door, trigger.lane) == ("pagerduty.poll", "machine")
    assert trigger.key == f"{incident.id}:{incident.log[0].id}"
    assert state.key.startswith(f"{incident.id}:state:")
    assert trigger.received_at == stage.rig.clock.now()
    body = json.loads(trigger.body)
    assert body["log_entry"]["id"] == incident.log[0].id
    assert body["incident"]["id"] == incident.id
    assert "event_details" not in body["log_entry"]


async def test_only_what_changed_is_asked_for_and_what_an_incident_here_holds() -> None:
    """Open or lately resolved; a quiet one costs its place in the list and no more."""
    async with both() as stage:
        quiet, held, busy = await stage.pagerduty.synthetic_incidents(3)
        ended = await stage.pagerduty.trigger()
        await stage.pagerduty.resolve(ended)
        since = stage.pass_(20)
        await stage.pagerduty.resolve(busy, ROBIN)
        events = await stage.ask(held.id, since=since)
    logs = asked_for(stage, "/log_entries")
    assert sorted(logs) == sorted(f"/incidents/{one.id}/log_entries" for one in (held, busy))
    assert types(events) == ["resolved"]
    assert quiet.status == "triggered"


async def test_every_list_names_its_range_and_none_is_longer_than_six_months() -> None:
    """Without one PagerDuty would answer a month; a longer one is a 400."""
    async with both() as stage:
        old = await stage.pagerduty.trigger()
        stage.pagerduty.set_escalation_delay(None)
        since = stage.pass_(60 * 24 * 200)
        await stage.pagerduty.acknowledge(old, ROBIN)
        assert await stage.ask(since=since) == []
        events = await stage.ask(old.id, since=ANCHOR)
    assert types(events) == ["acknowledged"]
    lists = [one for one in stage.pagerduty.seen if one.path == "/incidents"]
    assert len(lists) == 4
    assert all("since=" in one.query and "until=" in one.query for one in lists)
    assert {one.status for one in lists} == {200}


async def test_two_hours_of_dropped_webhooks_are_caught_up() -> None:
    """Opened, acknowledged, noted, escalated, resolved: all of it, in order, by whoever did it."""
    async with both() as stage:
        stage.pagerduty.drop_webhooks()
        began = stage.rig.clock.now()
        first, second = await stage.pagerduty.synthetic_incidents(2, services=["checkout-api"])
        stage.pass_(45)
        await stage.pagerduty.acknowledge(first, ROBIN)
        await stage.pagerduty.annotate(first, ROBIN, "Found it.")
        stage.pass_(75)
        await stage.pagerduty.resolve(first, ROBIN)
        events = await stage.ask(since=began)
    assert stage.door.got == []
    of_first = [one for one in events if one.alert is not None and one.alert.id == first.id]
    of_second = [one for one in events if one.alert is not None and one.alert.id == second.id]
    assert types(of_first) == [
        "triggered", "escalated", "acknowledged", "annotated", "resolved",
    ]  # fmt: skip
    assert types(of_second) == ["triggered", "escalated", "escalated"]
    assert [one.actor.name for one in of_first][2:] == [ROBIN] * 3
    assert events == sorted(events, key=lambda one: one.occurred_at)


def feed_with(stage: Both, most: int) -> PagerDutyFeed:
    """A feed with its own bound."""
    feed = feed_of(stage)
    assert isinstance(feed, PagerDutyFeed)
    feed.most = most
    return feed


async def test_what_one_look_cannot_do_the_next_ones_do() -> None:
    """From the time of the look that left it, whatever time they are asked about themselves."""
    async with both() as stage:
        incidents = await stage.pagerduty.synthetic_incidents(7)
        feed = feed_with(stage, 3)
        keys: list[str] = []
        left: list[int] = []
        for _ in range(3):
            found = await stage.deliveries(feed=feed, since=stage.rig.clock.now())
            keys += [one.key for one in found if ":state:" not in one.key]
            left.append(len(feed.left))
            stage.pass_(10)
    assert left == [4, 1, 0]
    assert sorted({*keys}) == sorted(f"{one.id}:{one.log[0].id}" for one in incidents)


async def test_a_rate_limit_in_the_middle_of_a_look_loses_nothing() -> None:
    """What was found is given; the rest is left for a look after the limit."""
    async with both() as stage:
        stage.pagerduty.set_limits(requests=9)
        incidents = await stage.pagerduty.synthetic_incidents(5)
        feed = feed_with(stage, 60)
        first = await stage.deliveries(feed=feed)
        left = feed.left
        again = await feed.look(since=ANCHOR, alert_ids=())
        stage.pass_(2)
        stage.pagerduty.set_limits(requests=960)
        second = await stage.deliveries(feed=feed, since=stage.rig.clock.now())
    assert 0 < len(left) < 5
    assert isinstance(again, Refused)
    assert again.retry_after is not None
    told = {one.key for one in (*first, *second) if ":state:" not in one.key}
    assert told == {f"{one.id}:{one.log[0].id}" for one in incidents}


@pytest.mark.parametrize("status", [500, 503])
async def test_a_list_that_fails_is_a_refusal_with_a_time_to_come_back(status: int) -> None:
    """Nothing is given then, so that whoever asks keeps the time to ask from."""
    async with both() as stage:
        await stage.pagerduty.trigger()
        await stage.pagerduty.set_fault(error(status))
        refused = await stage.feed.look(since=ANCHOR, alert_ids=("PANY",))
        await stage.pagerduty.set_fault(DOWN)
        gone = await stage.feed.look(since=ANCHOR, alert_ids=())
    for outcome in (refused, gone):
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None


async def test_a_key_that_may_not_read_is_refused_for_good() -> None:
    """An operator's matter: the cure names it."""
    async with both() as stage:
        stage.pagerduty.remove_key("sandbox-api-token")
        outcome = await stage.feed.look(since=ANCHOR, alert_ids=())
    assert isinstance(outcome, Refused)
    assert outcome.retry_after is None
    assert "PAGERDUTY_API_TOKEN" in outcome.cure


async def test_an_incident_that_is_gone_keeps_none_of_the_others_out() -> None:
    """Deleted, merged away or in another account: said in the log and not asked for again."""
    async with both() as stage:
        await stage.pagerduty.trigger()
        feed = feed_with(stage, 60)
        found = await stage.deliveries("PGONE", "../users", feed=feed)
        assert [one.key for one in found]
        assert feed.left == ()
        assert await feed.look(since=ANCHOR, alert_ids=("PGONE",)) != Done(value=())


async def states(stage: Both) -> list[AlertEvent]:
    """What new states of incidents one look tells."""
    before = set(stage.heard)
    await stage.ask()
    new = [event for key, event in stage.heard.items() if key not in before]
    return [event for event in new if event.type == STATE]


async def test_how_an_open_incident_stands_is_told_whenever_it_stands_otherwise() -> None:
    """Also what no line tells: when it escalates. Once for each state; resolved is told by line."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        (opened,) = await states(stage)
        stage.pass_(30)
        (escalated,) = await states(stage)
        await stage.pagerduty.acknowledge(incident, ROBIN)
        (acknowledged,) = await states(stage)
        again = await states(stage)
        await stage.pagerduty.resolve(incident)
        assert (again, await states(stage)) == ([], [])
    escalates = [one.details and one.details.escalates_at for one in (opened, escalated)]
    started = incident.created_at.replace(microsecond=0)
    assert escalates == [started + timedelta(minutes=30), started + timedelta(minutes=60)]
    assert acknowledged.details is not None
    assert (acknowledged.details.status, acknowledged.details.escalates_at) == (
        "acknowledged",
        None,
    )
    assert (opened.transition, opened.looked_up) == (Transition.OTHER, True)


async def test_a_priority_that_changes_without_a_log_entry_is_told() -> None:
    """Seen by comparing with the look before; the first look has nothing to compare with."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        await stage.ask()
        stage.pass_(1)
        await stage.pagerduty.set_priority(incident, "P1", ROBIN)
        incident.log.pop()
        (event,) = await stage.ask()
        assert await stage.ask() == []
        fresh = [one.key for one in await stage.deliveries(feed=feed_of(stage))]
    assert (event.type, event.actor.kind) == ("incident.priority_updated", ActorKind.SYSTEM)
    assert event.id == f"{incident.id}:priority:{incident.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    assert event.details is not None
    assert event.details.priority == "P1"
    assert not [key for key in fresh if ":priority:" in key]


async def test_a_reopening_without_a_log_entry_is_told_once() -> None:
    """The log ends with a resolution, and the incident is open: that is one."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        stage.pass_(1)
        await stage.pagerduty.resolve(incident)
        stage.pass_(1)
        await stage.pagerduty.reopen(incident, ROBIN)
        incident.log.pop()
        assert types(await stage.ask()) == ["triggered", "resolved", "reopened"]
        stage.pass_(1)
        await stage.pagerduty.acknowledge(incident, ROBIN)
        assert types(await stage.ask()) == ["acknowledged"]
    (reopened,) = [one for one in stage.heard.values() if one.transition is Transition.REOPENED]
    assert reopened.actor.name == ROBIN


async def test_urgency_and_snooze_are_told_though_no_webhook_tells_them() -> None:
    """Under names of our own, and known."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        stage.pass_(1)
        await stage.pagerduty.set_urgency(incident, "low", ROBIN)
        stage.pass_(1)
        await stage.pagerduty.snooze(incident, timedelta(minutes=5), ROBIN)
        stage.pass_(6)
        events = await stage.ask()
        told = await stage.told()
    assert types(events) == ["triggered", "urgency_changed", "snoozed", "unacknowledged"]
    assert types(told) == ["triggered", "unacknowledged"]
    assert all(event.known for event in events)
    assert events[1].summary == 'Urgency changed from "high" to "low"'
    assert events[2].summary == f"{ROBIN} snoozed the incident"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"key": 1, "type": []}', b"\xff"])
def test_a_body_that_is_no_line_is_refused(raw: bytes) -> None:
    """Put aside by the inbox, not thrown at the dispatcher."""
    polled = INTEGRATION.polled
    assert polled is not None
    with pytest.raises(WebhookRefused):
        polled.parse(raw)


async def test_an_incident_that_is_older_than_its_log_is_asked_for_again() -> None:
    """It changed between the list and the log; the newest line describes it as it is."""
    old = {"id": "QINC", "status": "triggered", "created_at": "2026-11-22T14:04:00Z"}
    new = {**old, "status": "acknowledged", "updated_at": "2026-11-22T14:05:00Z"}
    line = {"id": "R1", "type": "acknowledge_log_entry", "created_at": "2026-11-22T14:05:00Z"}

    async def handle(request: web.Request) -> web.Response:
        answers: dict[str, Any] = {
            "/incidents": {"incidents": [old] if "triggered" in request.query_string else []},
            "/incidents/QINC": {"incident": new},
            "/incidents/QINC/log_entries": {"log_entries": [line]},
            "/incidents/QINC/notes": {"notes": []},
        }
        dated = {"Date": format_datetime(ANCHOR + timedelta(minutes=2), usegmt=True)}
        return web.json_response(answers[request.path], headers=dated)

    polled = INTEGRATION.polled
    assert polled is not None
    async with playing(handle) as player, outgoing() as http:
        settings = INTEGRATION.settings.model_validate({"api_url": player.url})
        clock = StageClock(ANCHOR + timedelta(minutes=2))
        feed = polled.feed(settings, wiring(http, {"api_token": [TOKEN]}, clock=clock))
        outcome = await feed.look(since=ANCHOR, alert_ids=())
    assert isinstance(outcome, Done)
    event = polled.parse(outcome.value[0].body)
    assert (event.type, event.details and event.details.status) == (
        "incident.acknowledged",
        "acknowledged",
    )


async def test_lists_are_read_to_their_end() -> None:
    """More incidents than a page holds, and a log whose first entry is on the second page."""
    async with both() as stage:
        incidents = await stage.pagerduty.synthetic_incidents(130)
        feed = feed_with(stage, 1)
        (first, _) = await stage.deliveries(feed=feed)
        every = {one.id for one in incidents}
        assert set(feed.left) == every - {first.key.partition(":")[0]}
        stage.pass_(1)
        for number in range(110):
            await stage.pagerduty.annotate(incidents[0], ROBIN, f"note {number}")
        found = await stage.deliveries(incidents[0].id, feed=feed_with(stage, 130))
    own = [one.key for one in found if one.key.startswith(incidents[0].id)]
    assert own[0] == f"{incidents[0].id}:{incidents[0].log[0].id}"
    assert len([key for key in own if ":note:" in key]) == 110
