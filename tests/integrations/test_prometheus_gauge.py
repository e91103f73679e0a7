"""The gauge on Prometheus: one number now, None for no datum, and never a guess."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from opsbot.app.gauges import CatalogueGauge
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.service import Catalogue, Service
from opsbot.integrations.prometheus import INTEGRATION
from opsbot.ports import Done, Gauge, Outcome, Refused
from tests.integrations.stage import TOKEN, outgoing, playing, wiring
from tests.sandbox.world_rig import running

CHECK = RenderedCheck(
    source="prometheus", signal="error_share", query="", service="checkout-api", below=0.02,
    above=None, unit="share", holds_s=30, every_s=15, within_s=300,
)  # fmt: skip


def made(url: str, http: Any, **settings: Any) -> Gauge:
    assert INTEGRATION.gauge is not None
    chosen = INTEGRATION.settings.model_validate({"url": url, **settings})
    return INTEGRATION.gauge(chosen, wiring(http, {"token": [TOKEN]}))


def vector(*values: str) -> dict[str, Any]:
    """An answer with one series for each value."""
    result = [{"metric": {"pod": str(i)}, "value": [1, value]} for i, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


@dataclass(slots=True)
class Asked:
    """What a server was asked, and what came of it."""

    outcome: Outcome[float | None]
    queries: list[str]


async def asked(answer: Any, check: RenderedCheck = CHECK, status: int = 200, **more: Any) -> Asked:
    """Read the gauge from a server that gives this answer."""
    queries: list[str] = []

    async def answering(request: web.Request) -> web.Response:
        assert request.path == "/api/v1/query"
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        queries.append(request.query["query"])
        if isinstance(answer, str):
            return web.Response(text=answer, status=status)
        return web.json_response(answer, status=status)

    async with playing(answering) as player, outgoing() as http:
        return Asked(await made(player.url, http, **more).read(check), queries)


ANSWERS: list[tuple[Any, float | None]] = [
    (vector("0.0926"), 0.0926),
    (vector("0"), 0.0),
    (vector(), None),  # no series: nothing is known, which is not zero
    (vector("NaN"), None),  # a share of no requests
    (vector("+Inf"), None),
    ({"status": "success", "data": {"resultType": "scalar", "result": [1, "3"]}}, 3.0),
    ({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}}]}}, None),
]


@pytest.mark.parametrize(("answer", "value"), ANSWERS)
async def test_one_series_is_one_number_and_none_is_no_datum(
    answer: Any, value: float | None
) -> None:
    assert (await asked(answer)).outcome == Done(value=value)


async def test_a_signal_is_asked_for_its_service_alone() -> None:
    """By the very query that evidence is collected with."""
    seen = await asked(vector("1"))
    (query,) = seen.queries
    assert query.count('{service=~"checkout-api"') == 2
    assert " / " in query


async def test_a_query_is_asked_as_it_is_written() -> None:
    check = replace(CHECK, signal="", query='sum(rate(lost_total{service="cart"}[1m]))')
    assert (await asked(vector("1"), check)).queries == [check.query]


async def test_a_services_name_cannot_leave_its_place_in_the_query() -> None:
    name = 'x"} or vector(0) #\n.*'
    (query,) = (await asked(vector("1"), replace(CHECK, service=name))).queries
    assert 'x\\"\\\\} or vector\\\\(0\\\\) #\\n\\\\.\\\\*"' in query


QUESTIONS: list[tuple[Mapping[str, Any], str]] = [
    ({"signal": "eror_share"}, "prometheus has no signal 'eror_share'; it has error_share"),
    ({"signal": ""}, "neither signal nor query"),
    ({"service": ""}, "the check names no service"),
]


@pytest.mark.parametrize(("wrong", "words"), QUESTIONS)
async def test_a_question_that_cannot_be_asked_is_refused_for_good(
    wrong: Mapping[str, Any], words: str
) -> None:
    seen = await asked(vector("1"), replace(CHECK, **wrong))
    assert isinstance(seen.outcome, Refused)
    assert words in seen.outcome.error
    assert (seen.outcome.retry_after, seen.queries) == (None, [])


async def test_a_signal_that_is_switched_off_is_none_that_can_be_watched() -> None:
    seen = await asked(vector("1"), queries={"error_share": ""})
    assert isinstance(seen.outcome, Refused)
    assert "no signal 'error_share'" in seen.outcome.error


AMBIGUOUS: list[tuple[Any, str]] = [
    (vector("1", "2"), "gives 2 series, not one number"),
    ({"status": "success", "data": {"resultType": "matrix", "result": []}}, "gives a matrix"),
    ({"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}, "gives a string"),
    ({"status": "error", "error": "x"}, "did not answer with a value"),
    ({}, "did not answer with a value"),
]


@pytest.mark.parametrize(("answer", "words"), AMBIGUOUS)
async def test_what_is_not_one_number_is_refused_not_guessed(answer: Any, words: str) -> None:
    outcome = (await asked(answer)).outcome
    assert isinstance(outcome, Refused)
    assert words in outcome.error
    assert (outcome.cure != "", outcome.retry_after) == (True, None)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_trouble_that_passes_says_when_to_come_back(status: int) -> None:
    outcome = (await asked({"status": "error", "error": "busy"}, status=status)).outcome
    assert isinstance(outcome, Refused)
    assert outcome.retry_after == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("status", "cure"), [(400, "`query`"), (422, "`query`"), (401, "secret"), (404, "url")]
)
async def test_what_stays_wrong_names_what_to_correct(status: int, cure: str) -> None:
    outcome = (await asked({"status": "error", "error": "parse error"}, status=status)).outcome
    assert isinstance(outcome, Refused)
    assert (cure in outcome.cure, outcome.retry_after) == (True, None)


async def test_a_page_instead_of_json_and_nobody_there_are_refused() -> None:
    page = (await asked("<html>login</html>")).outcome
    assert isinstance(page, Refused)
    assert "web page" in page.error
    async with outgoing() as http:
        nobody = await made("http://127.0.0.1:9", http).read(CHECK)
    assert isinstance(nobody, Refused)
    assert nobody.retry_after is not None


# --- no series of failures -----------------------------------------------------------------------


async def after_a_rollback(rate: str, counted: bool, **more: Any) -> Outcome[float | None]:
    """The share of failures where fresh pods count none: no series now, one within the hour if
    they were `counted`, and requests at this rate."""

    async def answering(request: web.Request) -> web.Response:
        query = request.query["query"]
        if request.path == "/api/v1/query_range":
            assert float(request.query["end"]) - float(request.query["start"]) == 3600
            result: list[Any] = [{"metric": {}, "values": [[7000, "0.09"]]}] if counted else []
            body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
            return web.json_response(body)
        if " / " in query:
            return web.json_response(vector())
        found: list[Any] = [{"metric": {}, "value": [7200, rate]}]
        data = {"resultType": "vector", "result": found}
        return web.json_response({"status": "success", "data": data})

    async with playing(answering) as player, outgoing() as http:
        return await made(player.url, http, **more).read(CHECK)


async def test_pods_that_have_counted_no_failure_yet_fail_at_nothing() -> None:
    """A good rollback would end as unknown: the counter of failures appears with the first one."""
    assert await after_a_rollback("41.5", counted=True) == Done(value=0.0)


@pytest.mark.parametrize(
    ("rate", "counted", "queries"),
    [
        ("41.5", False, {}),  # failures may stand under another label
        ("0", True, {}),  # nobody asks for anything
        ("NaN", True, {}),
        ("41.5", True, {"request_rate": ""}),  # nobody says whether requests come in
    ],
)
async def test_no_failures_are_no_proof_where_nothing_else_speaks_for_it(
    rate: str, counted: bool, queries: dict[str, str]
) -> None:
    assert await after_a_rollback(rate, counted, queries=queries) == Done(value=None)


@asynccontextmanager
async def at_sandbox() -> AsyncGenerator[tuple[Gauge, Any]]:
    """A gauge on the sandbox's own metrics."""
    async with running(seconds_after=20) as rig, outgoing() as http:
        yield made(rig.urls.prometheus, http), rig


async def test_it_reads_the_share_that_paged_and_its_fall() -> None:
    """The numbers that verify the demo's rollback."""
    async with at_sandbox() as (gauge, rig):
        before = await gauge.read(CHECK)
        rig.world.remedied()
        rig.clock.advance(180)
        after = await gauge.read(CHECK)
        unknown = await gauge.read(replace(CHECK, service="nobody"))
    assert isinstance(before, Done)
    assert isinstance(after, Done)
    assert before.value is not None
    assert after.value is not None
    assert before.value > 0.05
    assert after.value < 0.02
    assert unknown == Done(value=None)


async def test_a_service_is_asked_for_by_the_name_its_source_knows() -> None:
    """`selectors:` hold for a verification as they do for evidence."""
    catalogue = Catalogue(
        services=(Service(name="shop", selectors=(("prometheus", "checkout-api"),)),)
    )
    async with at_sandbox() as (gauge, _):
        known = CatalogueGauge(gauge=gauge, catalogue=catalogue)
        assert known.name == "prometheus"
        plain = await gauge.read(CHECK)
        assert await known.read(replace(CHECK, service="shop")) == plain
        assert await known.read(CHECK) == plain  # a service that the catalogue does not list
