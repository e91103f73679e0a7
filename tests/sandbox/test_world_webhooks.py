"""The sandbox PagerDuty as a sender: signed, in order, retried, dropped, switched off."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web

from opsbot.sandbox.webhook_delivery import RetrySchedule
from tests.sandbox.world_rig import AS_PROGRAM, AUTH, QUICK, Received, receiver, running

PERSON = "Robin Sample"
SAMPLE_KEYS = {
    "id", "type", "self", "html_url", "number", "status", "incident_key", "created_at",
    "reopened_at", "title", "service", "assignees", "escalation_policy", "teams", "priority",
    "urgency", "conference_bridge", "resolve_reason", "incident_type",
}  # fmt: skip
"""Of the incident in a webhook of 2026."""


async def test_a_trigger_is_one_signed_event_in_the_2026_shape() -> None:
    """One signature for each secret, computed over the raw bytes."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        rig.world.pagerduty.subscribe(door.url, "first-secret", "second-secret")
        incident = await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
    (got,) = door.got
    assert set(got.event) == {
        "id", "event_type", "resource_type", "occurred_at", "agent", "client", "data",
    }  # fmt: skip
    assert set(got.event["data"]) == SAMPLE_KEYS
    assert got.event["data"]["id"] == incident.id
    assert got.event["occurred_at"] == "2026-11-22T14:04:23.000Z"
    assert got.signed_with("first-secret")
    assert got.signed_with("second-secret")
    assert not got.signed_with("third-secret")
    assert got.headers["User-Agent"] == "PagerDuty-Webhook/V3.0"
    assert got.headers["X-Webhook-Subscription"]


async def test_everything_people_do_is_told_in_order() -> None:
    """One event for each act, with the one who did it as agent."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        pagerduty.subscribe(door.url, "s")
        incident = await pagerduty.trigger()
        await pagerduty.acknowledge(incident, PERSON)
        await pagerduty.annotate(incident, PERSON, "looking")
        await pagerduty.escalate(incident)
        await pagerduty.reassign(incident, ["Kim Example"], PERSON)
        await pagerduty.priority_updated(incident, "P1", PERSON)
        await pagerduty.unacknowledge(incident)
        await pagerduty.resolve(incident)
        await pagerduty.reopen(incident, PERSON)
        await pagerduty.settled(incident)
    assert [kind.removeprefix("incident.") for kind in door.types] == [
        "triggered", "acknowledged", "annotated", "escalated", "reassigned", "priority_updated",
        "unacknowledged", "resolved", "reopened",
    ]  # fmt: skip
    agents = [one.event["agent"] and one.event["agent"]["summary"] for one in door.got]
    assert agents == ["checkout-api", PERSON, PERSON, None, PERSON, PERSON, None, None, PERSON]
    note = door.got[2].event["data"]
    assert (note["type"], note["content"], note["incident"]["id"]) == (
        "incident_note", "looking", incident.id,
    )  # fmt: skip
    assert door.got[7].event["data"]["assignees"] == []
    assert len({one.event["id"] for one in door.got}) == 9


async def test_a_change_over_rest_is_told_by_webhook_as_well() -> None:
    """opsbot hears its own echo, with itself as agent."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        rig.world.pagerduty.subscribe(door.url, "s")
        incident = await rig.world.pagerduty.trigger()
        url = f"{rig.urls.pagerduty}/incidents/{incident.id}/notes"
        await rig.send("POST", url, {"note": {"content": "hello"}}, AS_PROGRAM)
        await rig.world.pagerduty.settled()
    assert door.types == ["incident.triggered", "incident.annotated"]
    assert door.got[1].event["agent"]["id"] == "POPSBOT"


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_failing_receiver_gets_the_same_delivery_again(status: int) -> None:
    """Same X-Webhook-Id and same bytes, until it answers 2xx."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        door.answer = lambda _received, count: status if count <= 2 else 202
        rig.world.pagerduty.subscribe(door.url, "s")
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
        (delivery,) = rig.world.pagerduty.deliveries
    assert [one.status for one in delivery.attempts] == [status, status, 202]
    assert len({one.headers["X-Webhook-Id"] for one in door.got}) == 1
    assert len({one.body for one in door.got}) == 1
    assert delivery.outcome == "delivered"


async def test_later_deliveries_of_an_incident_wait_for_a_retried_one() -> None:
    """Those of other incidents do not."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        pagerduty.subscribe(door.url, "s")
        first, second = await pagerduty.synthetic_incidents(2)

        def answer(received: Received, _count: int) -> int:
            stuck = received.event["data"]["id"] == first.id
            return 503 if stuck and len(door.got) < 6 else 202

        door.answer = answer
        await pagerduty.acknowledge(first, PERSON)
        await pagerduty.acknowledge(second, PERSON)
        await pagerduty.settled()
    by_incident = [(one.event["data"]["id"], one.event["event_type"]) for one in door.got]
    assert [kind for ident, kind in by_incident if ident == second.id] == [
        "incident.triggered", "incident.acknowledged",
    ]  # fmt: skip
    own = [kind for ident, kind in by_incident if ident == first.id]
    assert own[-1] == "incident.acknowledged"
    assert set(own[:-1]) == {"incident.triggered"}
    assert by_incident.index((second.id, "incident.acknowledged")) < len(by_incident) - 1


async def test_retry_after_is_honoured() -> None:
    """A second is longer than the schedule's first wait."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        moments: list[float] = []

        def answer(_received: Received, count: int) -> int | web.Response:
            moments.append(asyncio.get_running_loop().time())
            return web.Response(status=503, headers={"Retry-After": "1"}) if count == 1 else 202

        door.answer = answer
        rig.world.pagerduty.subscribe(door.url, "s")
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
    assert moments[1] - moments[0] >= 0.99


async def test_silence_is_a_timeout_and_is_retried() -> None:
    """The attempt is on the record with its error and without an answer."""
    async with running(schedule=QUICK, answer_timeout=0.1) as rig, receiver() as door:
        door.delays[1] = 0.5
        rig.world.pagerduty.subscribe(door.url, "s")
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
        first, second = rig.world.pagerduty.deliveries[0].attempts
    assert (first.error, first.status, first.answered_at) == ("TimeoutError", None, None)
    assert second.status == 202


async def test_a_closed_door_is_knocked_at_again() -> None:
    """opsbot restarting: the delivery arrives when somebody listens."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        subscription = rig.world.pagerduty.subscribe("http://127.0.0.1:9/hook", "s")
        await rig.world.pagerduty.trigger()
        await asyncio.sleep(0.05)
        subscription.url = door.url
        await rig.world.pagerduty.settled()
        (delivery,) = rig.world.pagerduty.deliveries
    assert delivery.attempts[0].error == "ClientConnectorError"
    assert delivery.attempts[-1].status == 202


async def test_after_three_drops_in_a_row_the_subscription_is_off_for_a_day() -> None:
    """4xx is final; waiting and new events are lost until somebody switches it on again."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        subscription = pagerduty.subscribe(door.url, "s")
        door.answer = lambda _received, _count: 401
        url = f"{rig.urls.pagerduty}/webhook_subscriptions"
        for place in range(3):
            _, before = await rig.get(f"{url}/{subscription.id}", AUTH)
            method = before["webhook_subscription"]["delivery_method"]
            assert method["temporarily_disabled"] is False, place
            await pagerduty.synthetic_incidents(1)
            await pagerduty.settled()
        _, after = await rig.get(url, AUTH)
        method = after["webhook_subscriptions"][0]["delivery_method"]
        assert method["temporarily_disabled"] is True
        await pagerduty.synthetic_incidents(1)
        door.answer = lambda _received, _count: 202
        status, enabled = await rig.send("POST", f"{url}/{subscription.id}/enable", {}, AUTH)
        await pagerduty.synthetic_incidents(1)
        await pagerduty.settled()
        outcomes = [one.outcome for one in pagerduty.deliveries]
    assert outcomes == ["dropped", "dropped", "dropped", "lost", "delivered"]
    assert status == 200
    assert enabled["webhook_subscription"]["delivery_method"]["temporarily_disabled"] is False
    assert len(door.got) == 4


async def test_a_success_between_drops_starts_the_count_anew() -> None:
    """Only three in a row switch it off; a day later it is on by itself."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        pagerduty.set_escalation_delay(None)
        pagerduty.subscribe(door.url, "s")
        door.answer = lambda _received, count: 202 if count == 3 else 400
        for _ in range(7):
            await pagerduty.synthetic_incidents(1)
            await pagerduty.settled()
        rig.clock.advance(24 * 3600 + 1)
        await pagerduty.synthetic_incidents(1)
        await pagerduty.settled()
        outcomes = [one.outcome for one in pagerduty.deliveries]
    assert outcomes == ["dropped", "dropped", "delivered", *["dropped"] * 3, "lost", "dropped"]


async def test_every_webhook_can_be_dropped_in_silence() -> None:
    """As if opsbot had been unreachable for days: nothing is sent, tried again or made up for."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        pagerduty = rig.world.pagerduty
        door.answer = lambda _received, _count: 503
        subscription = pagerduty.subscribe(door.url, "s")
        incident = await pagerduty.trigger()
        await asyncio.sleep(0.03)
        pagerduty.drop_webhooks()
        await pagerduty.acknowledge(incident, PERSON)
        await pagerduty.settled()
        knocked = len(door.got)
        door.answer = lambda _received, _count: 202
        pagerduty.drop_webhooks(False)
        await pagerduty.resolve(incident, PERSON)
        await pagerduty.settled()
    assert [one.outcome for one in pagerduty.deliveries] == ["lost", "lost", "delivered"]
    assert door.types[knocked:] == ["incident.resolved"]
    assert subscription.disabled_until is None


async def test_what_is_never_taken_is_given_up() -> None:
    """After the schedule's end, which is 48 hours in earnest."""
    schedule = RetrySchedule(first=0.01, factor=2.0, longest=0.02, give_up_after=0.0)
    async with running(schedule=schedule) as rig, receiver() as door:
        door.answer = lambda _received, _count: 503
        rig.world.pagerduty.subscribe(door.url, "s")
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
        (delivery,) = rig.world.pagerduty.deliveries
    assert delivery.outcome == "dropped"


async def test_attempts_are_timed_from_the_first_byte() -> None:
    """On one monotonic scale, for benchmarks."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        rig.world.pagerduty.subscribe(door.url, "s")
        rig.clock.advance(5)
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.settled()
        (attempt,) = rig.world.pagerduty.deliveries[0].attempts
    assert attempt.first_byte_at == attempt.answered_at == 5.0
    assert attempt.status == 202


async def test_any_bytes_can_be_sent_with_any_signature() -> None:
    """For doors that must refuse."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        rig.world.pagerduty.subscribe(door.url, "s")
        bad = await rig.world.pagerduty.send_raw(b"{oops", secrets=["wrong"])
        bare = await rig.world.pagerduty.send_raw(
            json.dumps({"event": {"event_type": "incident.new_kind"}}).encode(),
            headers={"X-PagerDuty-Signature": None},
        )
    assert (bad.outcome, bare.outcome) == ("delivered", "delivered")
    assert door.got[0].signed_with("wrong")
    assert "X-PagerDuty-Signature" not in door.got[1].headers


def subscription_body(url: str, **changes: Any) -> dict[str, Any]:
    """What POST /webhook_subscriptions is sent."""
    return {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "delivery_method": {
                "type": "http_delivery_method",
                "url": url,
                "custom_headers": [{"name": "X-Team", "value": "ops"}],
            },
            "events": ["incident.triggered", "incident.resolved"],
            "filter": {"type": "account_reference"},
            "description": "opsbot",
            **changes,
        }
    }


async def test_a_subscription_made_over_rest_shows_its_secret_once() -> None:
    """It gets the events it named and those of its filter only, and a ping on request."""
    async with running(schedule=QUICK) as rig, receiver() as door:
        url = f"{rig.urls.pagerduty}/webhook_subscriptions"
        service = rig.world.scenario.service("cart-api").pagerduty_id
        narrow = {"filter": {"type": "service_reference", "id": service}}
        status, made = await rig.send("POST", url, subscription_body(door.url, **narrow), AUTH)
        body = made["webhook_subscription"]
        _, read = await rig.get(f"{url}/{body['id']}", AUTH)
        (incident,) = await rig.world.pagerduty.synthetic_incidents(1, services=["cart-api"])
        await rig.world.pagerduty.trigger()
        await rig.world.pagerduty.acknowledge(incident, PERSON)
        pinged, _ = await rig.send("POST", f"{url}/{body['id']}/ping", {}, AUTH)
        await rig.world.pagerduty.settled()
    assert (status, pinged) == (201, 202)
    assert read["webhook_subscription"]["delivery_method"]["secret"] is None
    assert sorted(door.types) == ["incident.triggered", "pagey.ping"]
    assert all(one.signed_with(body["delivery_method"]["secret"]) for one in door.got)
    assert {one.headers["X-Team"] for one in door.got} == {"ops"}


@pytest.mark.parametrize(
    ("url", "changes", "said"),
    [
        ("https://example.com/hook", {}, "loopback"),
        ("http://127.0.0.1:1/", {"events": ["incident.exploded"]}, "not a known event"),
        ("http://127.0.0.1:1/", {"filter": {"type": "planet_reference"}}, "filter type"),
        ("http://127.0.0.1:1/", {"filter": None}, "missing or bad"),
        ("ftp://127.0.0.1/", {}, "http(s)"),
    ],
)
async def test_a_subscription_must_make_sense(url: str, changes: dict[str, Any], said: str) -> None:
    """400 with code 2001; and nothing ever leaves the machine."""
    async with running() as rig:
        status, body = await rig.send(
            "POST",
            f"{rig.urls.pagerduty}/webhook_subscriptions",
            subscription_body(url, **changes),
            AUTH,
        )
    assert (status, body["error"]["code"]) == (400, 2001)
    assert said in body["error"]["errors"][0]


async def test_a_thousand_incidents_are_distinct_and_counted_here() -> None:
    """Even when nobody takes the webhooks."""
    async with running(schedule=QUICK) as rig:
        rig.world.pagerduty.subscribe("http://127.0.0.1:9/", "s")
        found = await rig.world.pagerduty.synthetic_incidents(1000)
        kept = rig.world.pagerduty.account.incidents
        _, body = await rig.get(f"{rig.urls.pagerduty}/incidents", AUTH, total="true")
    assert len({incident.id for incident in found}) == len(kept) == body["total"] == 1000
    assert len({incident.title for incident in found}) == 1000
    assert len({delivery.id for delivery in rig.world.pagerduty.deliveries}) == 1000
