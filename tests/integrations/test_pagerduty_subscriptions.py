"""Whether PagerDuty's webhooks will come: what is wrong with the subscriptions, and the cure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.integrations.pagerduty.subscriptions import NEEDED_EVENTS, problem_of
from opsbot.ports import Done, Outcome, Refused
from opsbot.sandbox.pagerduty_subscriptions import EVENT_TYPES
from tests.integrations.pagerduty_stage import both
from tests.integrations.stage import TOKEN, Handler, outgoing, playing, wiring
from tests.sandbox.world_rig import AUTH


def subscription(**more: Any) -> dict[str, Any]:
    """One of ours, all well, constructed after the REST reference."""
    whole: dict[str, Any] = {
        "id": "PSUB001",
        "type": "webhook_subscription",
        "active": True,
        "delivery_method": {
            "url": "https://bot.example/webhooks/pagerduty",
            "temporarily_disabled": False,
        },
        "events": list(EVENT_TYPES),
        "filter": {"type": "account_reference"},
    }
    return whole | more


def to(url: str, **more: Any) -> dict[str, Any]:
    """A subscription that sends to this address."""
    return subscription(delivery_method={"url": url, "temporarily_disabled": False}, **more)


@pytest.mark.parametrize(
    ("subscriptions", "said"),
    [
        ([subscription()], []),
        ([], ["no webhook subscription", "/webhooks/pagerduty"]),
        ([to("https://other.example/hook")], ["has 1 webhook subscription, but none", "correct"]),
        ([to("https://bot.example/webhooks/pagerduty/"), to("https://x.example")], []),
        ([to("https://bot.example/base/webhooks/pagerduty?x=1")], []),
        ([to("http://[bad/webhooks/pagerduty")], ["but none"]),
        ([subscription(active=False)], ["PSUB001 is not active"]),
        ([subscription(events=["incident.triggered"])], ["leave out", "incident.resolved", "add"]),
        ([subscription(events=None)], ["leave out incident.triggered"]),
    ],
)
def test_each_trouble_is_a_sentence_with_its_cure(
    subscriptions: Sequence[dict[str, Any]], said: Sequence[str]
) -> None:
    """Nothing to say when webhooks will come."""
    problem = problem_of(subscriptions)
    assert bool(problem) is bool(said)
    for words in said:
        assert words in problem
    assert not problem or problem.endswith(".")


def test_subscriptions_of_one_filter_complement_each_other() -> None:
    """And one for the account complements those of a service."""
    half, rest = list(NEEDED_EVENTS[:5]), list(NEEDED_EVENTS[5:])
    service = {"type": "service_reference", "id": "PSERVICE"}
    assert problem_of([subscription(events=half), subscription(events=rest)]) == ""
    assert problem_of([subscription(), subscription(events=half, filter=service)]) == ""
    alone = problem_of([subscription(events=half, filter=service)])
    assert "for service PSERVICE leave out" in alone
    assert rest[0] in alone


async def problem(handler: Handler) -> Outcome[str]:
    """What the feed says of the webhooks, against a server."""
    assert INTEGRATION.polled is not None
    async with playing(handler) as player, outgoing() as http:
        settings = INTEGRATION.settings.model_validate({"api_url": player.url})
        return await INTEGRATION.polled.feed(
            settings, wiring(http, {"api_token": [TOKEN]})
        ).problem()


async def test_a_list_that_does_not_say_whether_it_is_switched_off_is_asked_further() -> None:
    """The reference shows lists without `temporarily_disabled`."""
    short = to("https://bot.example/webhooks/pagerduty")
    del short["delivery_method"]["temporarily_disabled"]

    async def handle(request: web.Request) -> web.Response:
        if request.path == "/webhook_subscriptions":
            return web.json_response({"webhook_subscriptions": [short], "more": False})
        assert request.path == "/webhook_subscriptions/PSUB001"
        whole = subscription()
        whole["delivery_method"]["temporarily_disabled"] = True
        return web.json_response({"webhook_subscription": whole})

    outcome = await problem(handle)
    assert isinstance(outcome, Done)
    assert "POST /webhook_subscriptions/PSUB001/enable" in outcome.value


@pytest.mark.parametrize(
    ("status", "cure", "again"),
    [(403, "may not", False), (401, "PAGERDUTY_API_TOKEN", False), (500, "again", True)],
)
async def test_a_key_that_may_not_see_subscriptions_is_refused(
    status: int, cure: str, again: bool
) -> None:
    """That is no problem of the webhooks."""

    async def handle(_request: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "no"}}, status=status)

    outcome = await problem(handle)
    assert isinstance(outcome, Refused)
    assert cure in outcome.cure
    assert (outcome.retry_after is not None) is again


async def test_three_refused_deliveries_are_a_problem_until_it_is_switched_on() -> None:
    """As the sandbox does it: off for a day, or until somebody switches it on."""
    async with both() as stage:
        stage.pagerduty.subscriptions[0].url = stage.door.url.replace(
            "/hook", "/webhooks/pagerduty"
        )
        fine = await stage.feed.problem()
        await stage.pagerduty.synthetic_incidents(3)  # that path answers 404 there
        await stage.pagerduty.settled()
        broken = await stage.feed.problem()
        url = f"{stage.rig.urls.pagerduty}/webhook_subscriptions"
        ident = stage.pagerduty.subscriptions[0].id
        await stage.rig.send("POST", f"{url}/{ident}/enable", {}, AUTH)
        mended = await stage.feed.problem()
    assert fine == mended == Done(value="")
    assert isinstance(broken, Done)
    assert "switched off" in broken.value
    assert f"/webhook_subscriptions/{ident}/enable" in broken.value


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


@given(name=st.sampled_from(["id", "delivery_method", "events", "filter", "active"]), junk=JUNK)
def test_any_field_of_a_subscription_may_hold_anything(name: str, junk: Any) -> None:
    """It is said to be wrong, or right, and never an error."""
    said = problem_of([subscription(**{name: junk}), subscription()])
    assert not said or said.endswith(".")
