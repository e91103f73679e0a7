"""The sandbox Prometheus over HTTP: shapes, limits, errors, and speed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.test_world_other_stories import P95
from tests.sandbox.test_world_story_memory_limit import ERROR_SHARE
from tests.sandbox.world_rig import running


async def test_a_range_answers_text_values_on_the_asked_grid() -> None:
    """Both ends are inclusive; values are text."""
    async with running() as rig:
        status, body = await rig.get(
            f"{rig.urls.prometheus}/api/v1/query_range",
            query='up{job="fluentd",instance="node-7"}',
            start=rig.at(-60),
            end="2026-11-22T14:04:03Z",
            step="30s",
        )
    (series,) = body["data"]["result"]
    assert (status, body["status"], body["data"]["resultType"]) == (200, "success", "matrix")
    assert series["metric"] == {"__name__": "up", "job": "fluentd", "instance": "node-7"}
    assert series["values"] == [[rig.at(-60), "0"], [rig.at(-30), "0"], [rig.at(0), "0"]]


async def test_samples_lie_on_scrapes_and_none_is_newer_than_now() -> None:
    """Scraped at multiples of 15 s; the future has five minutes of lookback and no more."""
    async with running(seconds_after=20) as rig:
        stamps = await rig.prom('timestamp(up{job="fluentd",instance="node-3"})', -7, 20)
        later = await rig.prom('up{job="fluentd",instance="node-3"}', 330)
    newest = (rig.at(20)) // 15 * 15
    assert list(stamps.values()) == [[rig.at(-7) // 15 * 15, newest]]
    assert later == {}


async def test_a_long_query_goes_by_post() -> None:
    """Form-encoded, as the API asks for."""
    async with running() as rig:
        data = {"query": "sum(up)", "time": str(rig.at(0))}
        async with rig.http.post(f"{rig.urls.prometheus}/api/v1/query", data=data) as response:
            body = await response.json()
        scalar = await rig.get(f"{rig.urls.prometheus}/api/v1/query", query="6 * 7", time=5)
    pods = sum(service.pods for service in rig.world.scenario.services)
    assert body["data"]["result"][0]["value"] == [rig.at(0), str(pods + 2)]
    assert scalar[1]["data"] == {"resultType": "scalar", "result": [5, "42"]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": ""}, 'invalid parameter "start": cannot parse "" to a valid timestamp'),
        ({"end": "noon"}, 'invalid parameter "end": cannot parse "noon" to a valid timestamp'),
        ({"step": "often"}, 'invalid parameter "step": cannot parse "often" to a valid duration'),
        ({"step": "0"}, "zero or negative query resolution step widths are not accepted"),
        ({"end": "0"}, "end timestamp must not be before start time"),
        ({"step": "0.01"}, "exceeded maximum resolution of 11,000 points per timeseries"),
        ({"query": "topk(1, up)"}, 'invalid parameter "query": 1:1: parse error: unknown function'),
        ({"query": " "}, "no expression found in input"),
        ({"query": "rate(up)"}, "expected type range vector"),
    ],
)
async def test_bad_parameters_are_bad_data(changes: dict[str, str], said: str) -> None:
    """400 with errorType and Prometheus' own words."""
    async with running() as rig:
        asked = {"query": "up", "start": rig.at(-600), "end": rig.at(0), "step": "15", **changes}
        status, body = await rig.get(f"{rig.urls.prometheus}/api/v1/query_range", **asked)
    assert (status, body["status"], body["errorType"]) == (400, "error", "bad_data")
    assert said in body["error"]


async def test_an_ambiguous_match_cannot_be_executed() -> None:
    """422 execution."""
    async with running() as rig:
        status, body = await rig.get(
            f"{rig.urls.prometheus}/api/v1/query",
            query="kube_pod_container_resource_limits / on (service) http_client_requests_total",
            time=rig.at(0),
        )
    assert (status, body["errorType"]) == (422, "execution")


async def test_labels_series_and_values_can_be_explored() -> None:
    """match[] narrows; /series insists on it."""
    async with running() as rig:
        api = f"{rig.urls.prometheus}/api/v1"
        _, names = await rig.get(f"{api}/label/__name__/values")
        _, labels = await rig.get(f"{api}/labels", **{"match[]": "http_client_requests_total"})
        _, peers = await rig.get(f"{api}/label/peer/values", **{"match[]": '{service="auth-api"}'})
        _, series = await rig.get(f"{api}/series", **{"match[]": '{job="fluentd"}'})
        refused, body = await rig.get(f"{api}/series")
        _, cut = await rig.get(f"{api}/query", query="up", time=rig.at(0), limit=3)
    assert "http_request_duration_seconds_bucket" in names["data"]
    assert labels["data"] == ["__name__", "outcome", "peer", "service"]
    assert peers["data"] == ["mfa-service", "rate-limiter", "session-validation", "user-directory"]
    assert [one["instance"] for one in series["data"]] == ["node-7", "node-3", "node-5"]
    assert (refused, body["error"]) == (400, "no match[] parameter provided")
    assert len(cut["data"]["result"]) == 3
    assert cut["warnings"] == ["results truncated due to limit"]


async def test_rules_and_targets_answer_in_their_shapes() -> None:
    """The paging rule fires since about a minute; the restart rule is inactive."""
    async with running() as rig:
        _, rules = await rig.get(f"{rig.urls.prometheus}/api/v1/rules")
        _, ready = await rig.get(f"{rig.urls.prometheus}/-/ready")
        missing, text = await rig.get(f"{rig.urls.prometheus}/api/v2/query")
    states = {one["name"]: one["state"] for one in rules["data"]["groups"][0]["rules"]}
    assert states == {"ErrorShareHigh": "firing", "ContainerRestarting": "inactive"}
    assert ready == "Prometheus Server is Ready.\n"
    assert (missing, text) == (404, "404 page not found\n")


async def test_counters_never_fall_and_buckets_never_cross() -> None:
    """Over the whole onset, for every pod of a touched service."""
    async with running() as rig:
        totals: dict[str, list[Any]] = {}
        for query in ("http_requests_total", "http_request_duration_seconds_bucket"):
            _, body = await rig.get(
                f"{rig.urls.prometheus}/api/v1/query_range",
                query=f'{query}{{service=~"auth-api|session-validation"}}',
                start=rig.at(-900),
                end=rig.at(0),
                step=15,
            )
            totals[query] = body["data"]["result"]
    for series in (one for found in totals.values() for one in found):
        values = [float(value) for _, value in series["values"]]
        assert values == sorted(values)
    buckets = [
        one
        for one in totals["http_request_duration_seconds_bucket"]
        if one["metric"]["pod"] == "auth-api-0"
    ]
    columns = list(zip(*([float(v) for _, v in one["values"]] for one in buckets), strict=True))
    assert all(list(column) == sorted(column) for column in columns)


async def test_the_same_world_tells_the_same_twice() -> None:
    """Everything follows from scenario, seed and anchor."""
    found: list[dict[str, list[float | None]]] = []
    for _ in range(2):
        async with running() as rig:
            found.append(await rig.prom(ERROR_SHARE.format(s=".+"), -600, 0))
    assert found[0] == found[1]


async def test_forty_services_over_an_hour_are_cheap() -> None:
    """The heaviest query of the bot, 60 points: generous bound for a busy machine."""
    async with running() as rig:
        everything = "|".join(service.name for service in rig.world.scenario.services)
        began = time.perf_counter()
        _, body = await rig.get(
            f"{rig.urls.prometheus}/api/v1/query_range",
            query=P95.format(s=everything),
            start=rig.at(-3540),
            end=rig.at(0),
            step=60,
        )
        took = time.perf_counter() - began
    assert len(body["data"]["result"]) == 40
    assert {len(one["values"]) for one in body["data"]["result"]} == {60}
    assert took < 1.5
