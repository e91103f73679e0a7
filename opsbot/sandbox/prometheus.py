"""The sandbox Prometheus: the query API of the real one over the scenario's metrics.

Answers and refusals follow https://prometheus.io/docs/prometheus/latest/querying/api/ (version 3).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, cast

from aiohttp import web
from multidict import MultiDict

from opsbot.sandbox.alerting import alert_states, rule_groups
from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import SandboxServer, json_answer, parameters
from opsbot.sandbox.metrics import MetricStore
from opsbot.sandbox.promql import evaluate
from opsbot.sandbox.promql_ast import PromqlError
from opsbot.sandbox.promql_functions import number_text
from opsbot.sandbox.promql_lexer import duration_seconds
from opsbot.sandbox.promql_parser import parse_selector
from opsbot.sandbox.promql_vector import Column
from opsbot.sandbox.scenario import Scenario
from opsbot.sandbox.series import Series

MOST_POINTS = 11_000
_KINDS = {400: "bad_data", 404: "not_found", 422: "execution", 503: "unavailable"}

_Answer = Callable[[MultiDict[str], str], Any]


class PrometheusServer(SandboxServer):
    """GET and POST /api/v1/query_range, /query, /series, /labels, /rules, /alerts, /targets."""

    name = "prometheus"

    def __init__(self, scenario: Scenario, store: MetricStore, clock: Clock) -> None:
        super().__init__(clock)
        self._scenario = scenario
        self._store = store

    def tell(self, store: MetricStore) -> None:
        """Answer from another store from now on."""
        self._store = store

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        answers: dict[str, _Answer] = {
            "/api/v1/query_range": self._query_range,
            "/api/v1/query": self._query,
            "/api/v1/series": self._series,
            "/api/v1/labels": self._labels,
        }
        for path, answer in answers.items():
            yield web.get(path, self._handler(answer))
            yield web.post(path, self._handler(answer))
        only_get: dict[str, _Answer] = {
            "/api/v1/label/{name}/values": self._label_values,
            "/api/v1/rules": self._rules,
            "/api/v1/alerts": self._alerts,
            "/api/v1/targets": self._targets,
            "/api/v1/query_exemplars": lambda _parameters, _path: [],
            "/api/v1/status/buildinfo": lambda _parameters, _path: {"version": "3.5.0"},
        }
        for path, answer in only_get.items():
            yield web.get(path, self._handler(answer))
        yield web.get("/-/ready", _ready)
        yield web.get("/-/healthy", _ready)

    def error_answer(self, status: int, message: str) -> web.Response:
        """Build {status: error, errorType, error}; unknown paths get Go's plain 404."""
        if status == 404:
            return web.Response(text="404 page not found\n", status=404)
        kind = _KINDS.get(status, "internal")
        body = {"status": "error", "errorType": kind, "error": message}
        return json_answer(body, status=status)

    def emptied(self, body: Any) -> Any:
        """Take the results out of an answer."""
        data = body["data"]
        if isinstance(data, list):
            return {**body, "data": []}
        if "result" in data:
            return {**body, "data": {**data, "result": []}}
        emptied: dict[str, list[Any]] = {key: [] for key in cast("dict[str, Any]", data)}
        return {**body, "data": emptied}

    def _handler(self, answer: _Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            given = await parameters(request)
            try:
                # In a thread: a wide query must not hold up the other servers on this loop.
                data = await asyncio.to_thread(answer, given, request.match_info.get("name", ""))
            except PromqlError as refused:
                body = {"status": "error", "errorType": refused.kind, "error": str(refused)}
                return json_answer(body, status=refused.status)
            return json_answer(_limited({"status": "success", "data": data}, given))

        return handle

    def _query_range(self, given: MultiDict[str], _path: str) -> Any:
        start, end = _time(given, "start"), _time(given, "end")
        if end < start:
            raise _bad("end", "end timestamp must not be before start time")
        step = _step(given)
        if (end - start) / step > MOST_POINTS:
            raise PromqlError(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        times = [start + index * step for index in range(math.floor((end - start) / step) + 1)]
        result = evaluate(_query_text(given), self._store, times)
        columns = [one for one in result if isinstance(one, Column)]
        if result and not columns:
            values = [value for value in result if not isinstance(value, Column)]
            columns = [Column({}, list(values))]
        return {"resultType": "matrix", "result": [_matrix(one, times) for one in columns]}

    def _query(self, given: MultiDict[str], _path: str) -> Any:
        now = self._clock.now().timestamp()
        time = _time(given, "time") if "time" in given else now
        result = evaluate(_query_text(given), self._store, [time])
        if result and not isinstance(result[0], Column):
            return {"resultType": "scalar", "result": [_seconds(time), number_text(result[0])]}
        vector = [
            {"metric": one.labels, "value": [_seconds(time), number_text(value)]}
            for one in result
            if isinstance(one, Column) and (value := one.values[0]) is not None
        ]
        return {"resultType": "vector", "result": vector}

    def _chosen(self, given: MultiDict[str], *, required: bool = False) -> list[Series]:
        selectors = given.getall("match[]", [])
        if required and not selectors:
            raise PromqlError("no match[] parameter provided")
        if not selectors:
            return self._store.select([])
        chosen: dict[int, Series] = {}
        for text in selectors:
            for series in self._store.select(parse_selector(text).matchers):
                chosen[id(series)] = series
        return list(chosen.values())

    def _series(self, given: MultiDict[str], _path: str) -> Any:
        return [dict(series.labels) for series in self._chosen(given, required=True)]

    def _labels(self, given: MultiDict[str], _path: str) -> Any:
        return sorted({name for series in self._chosen(given) for name in series.labels})

    def _label_values(self, given: MultiDict[str], label: str) -> Any:
        return sorted(
            {series.labels[label] for series in self._chosen(given) if label in series.labels}
        )

    def _rules(self, _given: MultiDict[str], _path: str) -> Any:
        return rule_groups(self._scenario, self._store, self._clock.now())

    def _alerts(self, _given: MultiDict[str], _path: str) -> Any:
        now = self._clock.now()
        return {
            "alerts": [
                alert
                for rule in self._scenario.alert_rules
                for alert in alert_states(rule, self._store, now)
            ]
        }

    def _targets(self, _given: MultiDict[str], _path: str) -> Any:
        newest = self._store.scrapes()[1]
        up = parse_selector("up").matchers
        targets = [
            _target(series, newest, self._store.interval) for series in self._store.select(up)
        ]
        return {"activeTargets": targets, "droppedTargets": [], "droppedTargetCounts": {}}


async def _ready(_request: web.Request) -> web.Response:
    return web.Response(text="Prometheus Server is Ready.\n")


def _bad(parameter: str, problem: str) -> PromqlError:
    return PromqlError(f'invalid parameter "{parameter}": {problem}')


def _query_text(given: MultiDict[str]) -> str:
    query = given.get("query", "")
    if not query.strip():
        raise _bad("query", "unknown position: parse error: no expression found in input")
    return query


def _time(given: MultiDict[str], name: str) -> float:
    text = given.get(name, "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise _bad(name, f'cannot parse "{text}" to a valid timestamp') from None
        if moment.tzinfo is None:
            raise _bad(name, f'cannot parse "{text}" to a valid timestamp') from None
        return moment.timestamp()
    if not math.isfinite(seconds):
        raise _bad(name, f'cannot parse "{text}" to a valid timestamp')
    return seconds


def _step(given: MultiDict[str]) -> float:
    text = given.get("step", "")
    try:
        step = float(text)
    except ValueError:
        try:
            step = duration_seconds(text)
        except ValueError:
            raise _bad("step", f'cannot parse "{text}" to a valid duration') from None
    if not math.isfinite(step):
        raise _bad("step", f'cannot parse "{text}" to a valid duration')
    if step <= 0:
        raise _bad(
            "step",
            "zero or negative query resolution step widths are not accepted. "
            "Try a positive integer",
        )
    return step


def _limited(body: dict[str, Any], given: MultiDict[str]) -> dict[str, Any]:
    text = given.get("limit", "0")
    limit = int(text) if text.isdigit() else 0
    data = cast("dict[str, Any] | list[Any]", body["data"])
    found: Any = data.get("result") if isinstance(data, dict) else data
    if limit == 0 or not isinstance(found, list):
        return body
    kept = cast("list[Any]", found)[:limit]
    if len(kept) == len(cast("list[Any]", found)):
        return body
    cut: Any = {**data, "result": kept} if isinstance(data, dict) else kept
    return {**body, "data": cut, "warnings": ["results truncated due to limit"]}


def _seconds(time: float) -> float | int:
    return int(time) if time == int(time) else round(time, 3)


def _matrix(column: Column, times: list[float]) -> dict[str, Any]:
    return {
        "metric": column.labels,
        "values": [
            [_seconds(time), number_text(value)]
            for time, value in zip(times, column.values, strict=True)
            if value is not None
        ],
    }


def _target(series: Series, newest: int, interval: int) -> dict[str, Any]:
    job, instance = series.labels["job"], series.labels["instance"]
    alive = series.samples(newest, newest)[0] == 1.0
    url = f"http://{instance}/metrics"
    refused = f'Get "{url}": dial tcp: connect: connection refused'
    return {
        "discoveredLabels": {"__address__": instance, "job": job},
        "labels": {"instance": instance, "job": job},
        "scrapePool": job,
        "scrapeUrl": url,
        "globalUrl": url,
        "lastError": "" if alive else refused,
        "lastScrape": datetime.fromtimestamp(newest * interval, UTC).isoformat(),
        "lastScrapeDuration": 0.004,
        "health": "up" if alive else "down",
        "scrapeInterval": f"{interval}s",
        "scrapeTimeout": "10s",
    }
