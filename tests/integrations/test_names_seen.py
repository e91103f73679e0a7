"""Names and calls as Prometheus, Loki and Tempo list them, in every version, hostile ones too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from opsbot.integrations.loki import Settings as LokiSettings
from opsbot.integrations.loki import names as loki
from opsbot.integrations.pagerduty.account import LookUpFailed
from opsbot.integrations.prometheus import Settings as PrometheusSettings
from opsbot.integrations.prometheus import names as prometheus
from opsbot.integrations.prometheus.calls import calls_seen
from opsbot.integrations.tempo import Settings as TempoSettings
from opsbot.integrations.tempo import names as tempo
from tests.integrations.stage import Handler, outgoing, playing, wiring

DAY = timedelta(days=1)
SHAPES: list[Any] = [{}, {"data": None}, {"data": "x"}, {"data": [None, 1.5, {}]}, []]


def _answering(**by_path: Any) -> Handler:
    """Answer each path that ends in a key (dots for slashes) with its value; 404 otherwise."""

    async def answer(request: web.Request) -> web.Response:
        for path, body in by_path.items():
            if request.path.endswith(path.replace("__", "/")):
                status = body if isinstance(body, int) else 200
                return web.json_response({} if isinstance(body, int) else body, status=status)
        return web.Response(status=404, text="404 page not found")

    return answer


async def test_tempo_lists_names_in_its_newer_version() -> None:
    values = [{"type": "string", "value": "b"}, {"type": "string", "value": "a"}, {"type": "int"}]
    async with playing(_answering(values={"tagValues": values})) as server, outgoing() as http:
        found = await tempo.services_seen(TempoSettings(url=server.url), wiring(http), DAY)
        assert found == ("b", "a")
        (asked,) = server.seen
        assert "resource.service.name" in asked.path
        assert int(asked.query["end"]) - int(asked.query["start"]) >= DAY.total_seconds()


async def test_a_tempo_without_the_newer_version_is_asked_in_the_older() -> None:
    async def old(request: web.Request) -> web.Response:
        if request.path.startswith("/api/v2"):
            return web.Response(status=404, text="404 page not found")
        return web.json_response({"tagValues": ["a", "b"]})

    async with playing(old) as server, outgoing() as http:
        found = await tempo.services_seen(TempoSettings(url=server.url), wiring(http), DAY)
        assert found == ("a", "b")


async def test_a_tempo_that_looks_back_less_far_is_asked_for_what_is_recent() -> None:
    async def short(request: web.Request) -> web.Response:
        if "start" in request.query:
            return web.Response(status=400, text="range specified by start and end exceeds 3h")
        return web.json_response({"tagValues": [{"type": "string", "value": "a"}]})

    async with playing(short) as server, outgoing() as http:
        found = await tempo.services_seen(TempoSettings(url=server.url), wiring(http), DAY)
        assert found == ("a",)


@pytest.mark.parametrize("body", SHAPES)
async def test_answers_of_another_shape_hold_no_names(body: Any) -> None:
    async with playing(_answering(values=body)) as server, outgoing() as http:
        for ask, settings in (
            (loki.services_seen, LokiSettings(url=server.url)),
            (prometheus.services_seen, PrometheusSettings(url=server.url)),
            (tempo.services_seen, TempoSettings(url=server.url)),
        ):
            assert await ask(settings, wiring(http), DAY) == ()  # type: ignore[arg-type] # each its own


async def test_a_refusal_is_raised_with_its_cure() -> None:
    async with playing(_answering(values=401)) as server, outgoing() as http:
        with pytest.raises(LookUpFailed, match="401") as refused:
            await loki.services_seen(LokiSettings(url=server.url), wiring(http), DAY)
        assert refused.value.cure == "check the secret"


async def test_who_calls_whom_is_told_by_the_query_of_calls_and_by_a_service_graph() -> None:
    async def told(request: web.Request) -> web.Response:
        metric = {"service": "a", "peer": "b"}
        if "traces_service_graph" in request.query["query"]:
            metric = {"client": "b", "server": "c"}
        result = [{"metric": metric, "value": [1, "1"]}, {"metric": {"service": "d"}}, "odd"]
        return web.json_response({"status": "success", "data": {"result": result}})

    async with playing(told) as server, outgoing() as http:
        found = await calls_seen(PrometheusSettings(url=server.url), wiring(http))
        assert set(found) == {("a", "b"), ("b", "c")}


async def test_calls_of_a_prometheus_that_refuses_both_raise() -> None:
    async with playing(_answering(query=422)) as server, outgoing() as http:
        with pytest.raises(LookUpFailed):
            await calls_seen(PrometheusSettings(url=server.url), wiring(http))
