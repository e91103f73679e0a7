"""Who is on call at PagerDuty, and paging: how often it is asked, in whose name, and what is
refused."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from opsbot.integrations.pagerduty import INTEGRATION
from opsbot.ports import Done, Outcome, Paged, Paging, Refused, Staffing, Unsure
from tests.integrations.pagerduty_stage import Both, both
from tests.integrations.stage import TOKEN, Handler, outgoing, playing, wiring

ROBIN, BOT = "robin.sample@example.com", "opsbot@example.com"


Ask = Callable[[Staffing], Coroutine[Any, Any, Outcome[Any]]]
PAGE = Paging(
    key="k", alert_id="", service_id="PSVC", policy_id="", user_ids=(), title="t", message="m"
)
ASKS: tuple[Ask, ...] = (
    lambda one: one.on_call(policy_id="PPOL"),
    lambda one: one.policies("x"),
    lambda one: one.person("ann@example.com"),
    lambda one: one.page(PAGE, as_email="ann@example.com"),
)


def staffing(stage: Both, key: str = "", **settings: Any) -> Staffing:
    """A Staffing on the sandbox with these settings, and perhaps another key."""
    assert INTEGRATION.staffing is not None
    chosen = INTEGRATION.settings.model_validate(
        {"api_url": stage.rig.urls.pagerduty, "from_email": BOT, **settings}
    )
    made = INTEGRATION.staffing(chosen, stage.wiring(key) if key else stage.wiring())
    assert made is not None
    return made


def service_of(stage: Both, name: str = "checkout-api") -> str:
    return stage.rig.world.scenario.service(name).pagerduty_id


def a_page(stage: Both, alert_id: str = "", **given: Any) -> Paging:
    base: dict[str, Any] = {
        "key": "opsbot:inc-1:page:7", "alert_id": alert_id, "service_id": service_of(stage),
        "policy_id": "", "user_ids": (), "title": "INC-1 Search", "message": "[opsbot] Help",
    }  # fmt: skip
    return Paging(**{**base, **given})


def sent(outcome: Outcome[Paged]) -> Paged:
    assert isinstance(outcome, Done), outcome
    return outcome.value


def asked_for(stage: Both, path: str) -> int:
    """How often a path was asked for."""
    return len([one for one in stage.pagerduty.seen if one.path == path])


async def test_who_is_on_call_is_asked_once_a_minute_unless_it_has_to_be_fresh() -> None:
    """On-calls have a low limit of their own; a policy and its service share one answer."""
    async with both() as stage:
        asking, service = staffing(stage), service_of(stage)
        for _ in range(3):
            await asking.on_call(service_id=service)
        policy = stage.rig.world.scenario.team("checkout").policy_id
        await asking.on_call(policy_id=policy)
        assert asked_for(stage, "/oncalls") == 1
        await asking.on_call(service_id=service, fresh=True)
        assert asked_for(stage, "/oncalls") == 2
        stage.pass_(1.1)
        await asking.on_call(service_id=service)
        assert asked_for(stage, "/oncalls") == 3


async def test_without_an_api_key_there_is_nobody_to_ask() -> None:
    assert INTEGRATION.staffing is not None
    async with outgoing() as http:
        settings = INTEGRATION.settings.model_validate({})
        assert INTEGRATION.staffing(settings, wiring(http)) is None


async def test_an_account_key_that_knows_nobody_asks_nobody_to_join() -> None:
    """The cure names the setting."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        outcome = await staffing(stage, from_email="").page(a_page(stage, incident.id))
    assert isinstance(outcome, Refused)
    assert "from_email" in outcome.cure
    assert incident.responders == []


async def test_a_users_own_key_pages_in_its_owners_name() -> None:
    """Nobody has to be configured for that."""
    async with both() as stage:
        stage.pagerduty.add_key("kims-key", "Kim Example")
        incident = await stage.pagerduty.trigger()
        page = a_page(stage, incident.id)
        sent(await staffing(stage, "kims-key", from_email="").page(page))
    assert {one.requester.name for one in incident.responders} == {"Kim Example"}


async def test_a_plan_without_requests_says_so_where_no_incident_can_be_made() -> None:
    async with both() as stage:
        stage.pagerduty.set_plan(responders=False)
        incident = await stage.pagerduty.trigger()
        policy = stage.rig.world.scenario.team("checkout").policy_id
        page = a_page(stage, incident.id, service_id="", policy_id=policy)
        outcome = await staffing(stage).page(page)
    assert isinstance(outcome, Refused)
    assert "plan" in outcome.cure
    assert outcome.retry_after is None


async def test_where_the_incident_was_resolved_meanwhile_another_is_made() -> None:
    """Somebody is needed all the same."""
    async with both() as stage:
        incident = await stage.pagerduty.trigger()
        await stage.pagerduty.resolve(incident, "Kim Example")
        paged = sent(await staffing(stage).page(a_page(stage, incident.id), as_email=ROBIN))
        made = stage.pagerduty.account.incident(paged.alert_id)
    assert paged.made
    assert (made.urgency, made.key) == ("high", "opsbot:inc-1:page:7")
    assert (paged.number, paged.url) == (made.number, _url(stage, made.id))


def _url(stage: Both, incident_id: str) -> str:
    return f"https://{stage.rig.world.scenario.organisation}.pagerduty.com/incidents/{incident_id}"


async def test_another_policy_than_the_services_can_be_paged() -> None:
    """Of a service's own incident, too."""
    async with both() as stage:
        payments = stage.rig.world.scenario.team("payments")
        paged = sent(await staffing(stage).page(a_page(stage, policy_id=payments.policy_id)))
    assert [person.name for person in paged.people] == list(payments.levels[0])


async def test_a_title_is_cut_to_what_pagerduty_takes() -> None:
    async with both() as stage:
        paged = sent(await staffing(stage).page(a_page(stage, title="x" * 5_000)))
        assert len(stage.pagerduty.account.incident(paged.alert_id).title) == 255


@pytest.mark.parametrize(
    "reached", [[], [{"responder_request_target": {"id": "PPOL", "incidents_responders": []}}]]
)
async def test_a_request_that_reached_nobody_is_not_told_as_a_page(reached: list[Any]) -> None:
    """A policy whose schedules are empty right now: people would wait for an answer."""

    async def answer(request: web.Request) -> web.Response:
        body: dict[str, Any] = {"users": [], "user": {"id": "PBOT"}}
        if request.path.endswith("/responder_requests"):
            body = {"responder_request": {"responder_request_targets": reached}}
        return web.json_response(body)

    assert INTEGRATION.staffing is not None
    async with playing(answer) as player, outgoing() as http:
        settings = INTEGRATION.settings.model_validate({"api_url": player.url})
        made = INTEGRATION.staffing(settings, wiring(http, {"api_token": [TOKEN]}))
        assert made is not None
        outcome = await made.page(replace(PAGE, alert_id="QALERT", policy_id="PPOL"))
    assert isinstance(outcome, Unsure)
    assert "names nobody whom it reached" in outcome.reason


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_question_that_fails_for_now_says_when_to_come_back(status: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": {"message": "Not now", "code": 2020}}, status=status)

    outcomes = await _all_of(refuse)
    assert len(outcomes) == 4
    for outcome in outcomes:
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None
        assert outcome.retry_after > timedelta(0)


@pytest.mark.parametrize(
    "body", ["{}", "[]", "null", '{"oncalls": [null, 7, {"user": 3}], "escalation_policies": 1}'],
)  # fmt: skip
async def test_answers_that_make_no_sense_raise_nothing(body: str) -> None:
    """Every outcome is a value."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    for outcome in await _all_of(answer):
        assert isinstance(outcome, Done | Refused | Unsure)


async def _all_of(handler: Handler) -> list[Outcome[Any]]:
    """What each question answers against a server."""
    assert INTEGRATION.staffing is not None
    found: list[Outcome[Any]] = []
    for ask in ASKS:
        async with playing(handler) as player, outgoing() as http:
            settings = INTEGRATION.settings.model_validate({"api_url": player.url})
            made = INTEGRATION.staffing(settings, wiring(http, {"api_token": [TOKEN]}))
            assert made is not None
            found.append(await ask(made))
    return found
