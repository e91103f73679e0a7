"""The questions of doctor and init to a PagerDuty account: pages, keys, odd answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from opsbot.integrations.pagerduty.account import Account, LookUpFailed, PagedService
from opsbot.integrations.pagerduty.api import api_of
from tests.integrations.stage import (
    TOKEN,
    Handler,
    Player,
    StageClock,
    StageSecret,
    outgoing,
    playing,
)


@asynccontextmanager
async def _account(handler: Handler) -> AsyncGenerator[tuple[Account, Player]]:
    async with playing(handler) as server, outgoing() as http:
        api = api_of(http, StageClock(), server.url, StageSecret(TOKEN))
        yield Account(api=api, deadline=5.0), server


def _paged(key: str, entries: list[dict[str, Any]]) -> Handler:
    """A list in pages, as PagerDuty's reference describes them."""

    async def answer(request: web.Request) -> web.Response:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        assert limit <= 100
        page = entries[offset : offset + limit]
        return web.json_response({key: page, "more": offset + limit < len(entries)})

    return answer


async def test_services_are_read_to_the_last_page_with_their_team() -> None:
    entries = [{"id": f"P{n}", "name": f"s{n}", "teams": [{"summary": "shop"}]} for n in range(203)]
    async with _account(_paged("services", entries)) as (account, server):
        found = await account.services()
        assert (len(found), len(server.seen)) == (203, 3)
        assert found[202] == PagedService(id="P202", name="s202", team="shop")


async def test_a_list_that_never_ends_is_given_up() -> None:
    async def endless(request: web.Request) -> web.Response:
        return web.json_response({"services": [{"id": "P1", "name": "s"}], "more": True})

    async with _account(endless) as (account, server):
        assert len(await account.services()) == len(server.seen) == 50


async def test_everybody_on_call_is_named_once() -> None:
    entries = [
        {"escalation_level": level, "user": {"id": who, "name": who, "email": f"{who}@example.com"}}
        for level in (1, 2) for who in ("PA", "PB")
    ]  # fmt: skip
    async with _account(_paged("oncalls", entries)) as (account, _):
        assert [person.id for person in await account.on_calls()] == ["PA", "PB"]


async def test_addresses_are_compared_without_regard_to_case() -> None:
    entries = [{"id": "PA", "name": "Ada", "email": "Ada@Example.com"}]
    async with _account(_paged("users", entries)) as (account, _):
        found = await account.user_with("ada@example.COM")
        assert found is not None
        assert found.name == "Ada"
        assert await account.user_with("bob@example.com") is None


@pytest.mark.parametrize(("status", "known"), [(200, True), (400, False), (404, False)])
async def test_a_key_of_the_account_has_no_owner(status: int, known: bool) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.path == "/users/me"
        body = {"user": {"id": "PA", "name": "Ada"}} if known else {"error": {"message": "no"}}
        return web.json_response(body, status=status)

    async with _account(answer) as (account, _):
        assert (await account.owner() is not None) is known


async def test_a_wrong_key_is_not_taken_for_an_account_key() -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=401, text="Unauthorized")

    async with _account(refuse) as (account, _):
        with pytest.raises(LookUpFailed) as refused:
            await account.owner()
        assert refused.value.status == 401


async def test_subscriptions_of_another_shape_are_still_listed() -> None:
    entries: list[dict[str, Any]] = [
        {"id": "S1", "active": True, "events": ["incident.triggered", 7],
         "delivery_method": {"url": "https://a.example.com", "temporarily_disabled": True}},
        {"id": 2, "active": False},
    ]  # fmt: skip
    async with _account(_paged("webhook_subscriptions", entries)) as (account, _):
        first, second = await account.subscriptions()
        assert (first.disabled, first.active, first.events[0]) == (True, True, "incident.triggered")
        assert (second.url, second.active, second.disabled) == ("", False, False)


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_test_event_may_be_answered_with_nothing(status: int) -> None:
    async def taken(request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", "/webhook_subscriptions/S1/ping")
        return web.Response(status=status)

    async with _account(taken) as (account, _):
        await account.ping("S1")
