"""Prometheus: the contract, and each rule that turns samples into a finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import pytest
from aiohttp import web

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    Finding,
    FindingKind,
    Health,
    SourceReport,
    Subject,
)
from opsbot.core.moment import to_micros
from opsbot.integrations import Integration
from opsbot.integrations.prometheus import INTEGRATION
from tests.integrations.contract import SourceContract
from tests.integrations.stage import NOW, ago, ask, outgoing, playing, source_of, wiring

MIB = 1024 * 1024
Curve = Callable[[float], float | str | None]  # minutes before NOW -> value, None: no sample
Signals = Mapping[str, list[tuple[dict[str, str], Curve]]]

# How the server tells the signals apart: by what only that default query contains.
_MARKS = (
    ("collectors", "up{"),
    ("error_share", "http_requests_total.*/"),
    ("request_rate", "http_requests_total"),
    ("latency", "histogram_quantile"),
    ("memory", "container_memory"),
    ("memory_limit", "resource_limits"),
    ("restarts", "restarts_total"),
    ("unanswered", 'outcome!="ok"'),
    ("calls", "http_client_requests_total"),
)


def signal_of(query: str) -> str:
    return next(name for name, mark in _MARKS if re.search(mark, query))


def matrix(request: web.Request, found: list[tuple[dict[str, str], Curve]]) -> dict[str, Any]:
    """A query_range answer with each curve drawn at the times asked for."""
    start, end, step = (float(request.query[name]) for name in ("start", "end", "step"))
    now = to_micros(NOW) / 1e6
    times = [start + i * step for i in range(int((end - start) / step) + 1)]
    result: list[dict[str, Any]] = []
    for labels, curve in found:
        points = [(at, curve((now - at) / 60)) for at in times]
        values = [[at, str(value)] for at, value in points if value is not None]
        result.append({"metric": labels, "values": values})
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def server(signals: Signals) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        found = signals.get(signal_of(request.query["query"]), [])
        return web.json_response(matrix(request, found))

    return handle


def since(minutes: float, value: float, usual: float | None) -> Curve:
    """A curve that goes from its usual value to another one `minutes` before NOW."""
    return lambda at: value if at <= minutes else usual


def during(first: float, last: float, value: float, usual: float | None = 0.0) -> Curve:
    """A curve with another value from `first` minutes before NOW until `last` minutes before."""
    return lambda at: value if last < at <= first else usual


def until(minutes: float, value: float) -> Curve:
    """A curve that breaks off `minutes` before NOW."""
    return lambda at: value if at >= minutes else None


def steady(value: float | str) -> Curve:
    return lambda at: value


def infinite_since(minutes: float, usual: float) -> Curve:
    return lambda at: "+Inf" if at <= minutes else usual


def one(service: str, curve: Curve, **labels: str) -> list[tuple[dict[str, str], Curve]]:
    return [({"service": service, **labels}, curve)]


async def look(signals: Signals, asked: EvidenceAsk | None = None, **settings: Any) -> SourceReport:
    async with playing(server(signals)) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"url": player.url, **settings}, wiring(http))
        return await source.collect(asked or ask("auth-api"))


async def only(signals: Signals, asked: EvidenceAsk | None = None) -> Finding:
    (finding,) = (await look(signals, asked)).findings
    return finding


def near(at: datetime, minutes: float) -> bool:
    return abs((at - ago(minutes)).total_seconds()) <= 15


class TestPrometheusContract(SourceContract):
    integration: ClassVar[Integration] = INTEGRATION
    kind: ClassVar[EvidenceKind] = EvidenceKind.METRICS
    settings: ClassVar[dict[str, Any]] = {"tenant": "team-a"}

    async def good(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["X-Scope-OrgID"] == "team-a"
        busy = one("checkout-api", steady(50)) + one("auth-api", steady(50))
        share = one("auth-api", since(8, 0.3, 0.002)) + one("checkout-api", steady(0.001))
        return await server({"request_rate": busy, "error_share": share})(request)

    async def empty(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(matrix(request, []))


async def test_a_rise_of_the_error_share_is_dated_by_its_first_sample() -> None:
    """`at` is when the share rose, not when the window begins."""
    rate = one("auth-api", steady(80.0))
    finding = await only(
        {"request_rate": rate, "error_share": one("auth-api", since(9, 0.31, 0.002))}
    )
    assert finding.kind is FindingKind.ERRORS
    assert near(finding.at, 9)
    assert finding.summary == "auth-api: 31 % of requests fail (usually 0.2 %)"
    assert (finding.value, finding.before, finding.unit) == (0.31, 0.002, "ratio")


async def test_a_service_that_never_failed_before_is_compared_with_nothing_failing() -> None:
    """With traffic but without any failure Prometheus has no error series at all."""
    rate = one("auth-api", steady(80.0))
    finding = await only(
        {"request_rate": rate, "error_share": one("auth-api", since(9, 0.05, None))}
    )
    assert finding.before == 0.0
    assert finding.summary.endswith("(usually 0 %)")


@pytest.mark.parametrize(
    ("share", "rate"),
    [
        (since(9, 0.009, 0.0001), 80.0),  # under one per cent
        (since(9, 0.05, 0.02), 80.0),  # not three times the usual
        (since(9, 0.04, 0.0), 0.4),  # two failures in two minutes
        (during(8.3, 8, 0.5), 80.0),  # a single sample
        (during(40, 31, 0.5), 80.0),  # over before the window
    ],
)
async def test_a_small_a_usual_and_a_passing_error_share_are_no_finding(
    share: Curve, rate: float
) -> None:
    """What does not depart for long enough, or means too few requests, is not said."""
    report = await look(
        {"request_rate": one("auth-api", steady(rate)), "error_share": one("auth-api", share)}
    )
    assert report.findings == ()
    assert report.health is Health.FRESH


async def test_a_departure_that_is_over_says_until_when() -> None:
    """A responder must not chase what has ended."""
    rate = one("auth-api", steady(80.0))
    passing = one("auth-api", during(20, 10, 0.4, 0.001))
    finding = await only({"request_rate": rate, "error_share": passing})
    assert near(finding.at, 20)
    assert finding.summary.endswith("until 13:59 UTC")


@pytest.mark.parametrize(
    ("signal", "curve", "kind", "words"),
    [
        (
            "latency",
            since(12, 1.9, 0.25),
            FindingKind.LATENCY,
            "95th percentile of latency 1.9 s (usually 250 ms)",
        ),
        (
            "request_rate",
            since(12, 30.0, 80.0),
            FindingKind.TRAFFIC,
            "only 30 requests a second (usually 80)",
        ),
        (
            "memory",
            since(12, 0.994, 0.56),
            FindingKind.SATURATION,
            "memory at 99 % of its limit (usually 56 %)",
        ),
        (
            "memory_limit",
            since(12, 256.0 * MIB, 512.0 * MIB),
            FindingKind.LIMIT,
            "memory limit lowered from 512 to 256 MiB",
        ),
        (
            "restarts",
            since(12, 3.04, 0.0),
            FindingKind.RESTARTS,
            "containers restarted 3 times within ten minutes (before: 0)",
        ),
    ],
)
async def test_each_signal_has_its_sentence(
    signal: str, curve: Curve, kind: FindingKind, words: str
) -> None:
    """One sentence with number, unit and comparison, dated by the first departing sample."""
    finding = await only({signal: one("auth-api", curve)})
    assert (finding.kind, finding.summary) == (kind, f"auth-api: {words}")
    assert near(finding.at, 12)


@pytest.mark.parametrize(
    ("signal", "curve"),
    [
        ("latency", since(12, 0.09, 0.01)),  # nine times, but only 80 ms more
        ("latency", since(12, 1.5, 1.0)),  # half as much again
        ("request_rate", since(12, 45.0, 80.0)),
        ("request_rate", since(12, 0.0, 0.05)),  # six requests in two minutes
        ("memory", since(12, 0.89, 0.5)),
        ("memory_limit", during(12.25, 12, 1.0, 512.0 * MIB)),  # one odd sample
        ("restarts", steady(1.0)),  # as often as before
    ],
)
async def test_each_signal_has_its_threshold(signal: str, curve: Curve) -> None:
    """Below the threshold nothing is said."""
    assert (await look({signal: one("auth-api", curve)})).findings == ()


async def test_unanswered_calls_are_told_of_the_one_that_does_not_answer() -> None:
    """The caller only noticed: the finding is about its peer, and names both."""
    labels = {"service": "auth-api", "peer": "session-validation"}
    signals = {
        "unanswered": [(labels, since(11, 0.31, 0.001))],
        "calls": [(labels, steady(80.0))],
    }
    finding = await only(signals, ask("auth-api", "session-validation"))
    assert finding.kind is FindingKind.UNANSWERED
    assert finding.service == "session-validation"
    assert "31 % of calls from auth-api fail or stay unanswered" in finding.summary
    assert finding.fold_key == "unanswered:auth-api>session-validation"


async def test_a_collector_that_died_hours_ago_is_dated_then() -> None:
    """The horizon is long enough to tell since when, and the finding concerns no service."""
    collectors = [
        ({"job": "fluentd", "instance": "node-7:24231"}, since(186, 0.0, 1.0)),
        ({"job": "fluentd", "instance": "node-8:24231"}, steady(1.0)),
    ]
    rate = one("auth-api", steady(80.0))
    finding = await only({"request_rate": rate, "collectors": collectors})
    assert (finding.kind, finding.service) == (FindingKind.PIPELINE, "")
    assert finding.summary == "collector fluentd on node-7:24231 is down"
    assert abs((finding.at - ago(186)).total_seconds()) <= 90


async def test_a_job_without_any_target_left_is_told() -> None:
    """`up` vanishes with its target, so silence of a whole job is a finding of its own."""
    gone = [({"job": "promtail", "instance": "a"}, until(45, 1.0))]
    rate = one("auth-api", steady(80.0))
    finding = await only({"request_rate": rate, "collectors": gone})
    assert finding.summary.startswith("no collector promtail is scraped any more, for 4")


async def test_values_that_are_no_numbers_are_no_samples() -> None:
    """NaN (no traffic) and infinities (empty histogram) neither count nor break anything."""
    report = await look(
        {
            "error_share": one("auth-api", steady("NaN")),
            "latency": one("auth-api", infinite_since(10, 0.2)),
            "request_rate": one("auth-api", steady(80.0)),
        }
    )
    assert (report.findings, report.health) == ((), Health.FRESH)


async def test_data_that_stopped_is_stale_since_its_newest_sample() -> None:
    """A Prometheus that scrapes no more still answers; its age is said."""
    report = await look({"request_rate": one("auth-api", until(20, 80.0))})
    assert report.health is Health.STALE
    assert report.newest_at is not None
    assert near(report.newest_at, 20)
    assert "no sample of any service since 13:50 UTC" in report.reason


async def test_one_service_without_metrics_is_a_gap_of_its_own() -> None:
    """The others' health is not spoiled, and the gap names the label that was asked for."""
    report = await look(
        {"request_rate": one("auth-api", steady(80.0))}, ask("auth-api", "batch.job")
    )
    (gap,) = report.gaps
    assert report.health is Health.FRESH
    assert (gap.service, gap.health) == ("batch.job", Health.SPARSE)
    assert 'service="batch.job"' in gap.reason
    assert "batch.job" in report.reason


async def test_names_reach_the_query_escaped() -> None:
    """A dot is a dot and a quote no end of string; the catalogue's own name is used."""
    hostile = Subject(service="billing", selectors=(("prometheus", 'a.b"}) or vector(1'),))
    report = await look({}, ask(hostile, "auth-api"))
    assert r'service=~"a\\.b\"\\}\\) or vector\\(1|auth-api"' in report.query


async def test_a_part_that_fails_is_a_gap_beside_the_findings() -> None:
    """What answered is reported; what did not is named with its reason."""

    async def partly(request: web.Request) -> web.Response:
        if signal_of(request.query["query"]) == "latency":
            return web.json_response(
                {"status": "error", "errorType": "execution", "error": "too many samples"},
                status=422,
            )
        return web.json_response(matrix(request, one("auth-api", steady(0.97))))

    async with playing(partly) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"url": player.url}, wiring(http))
        report = await source.collect(ask("auth-api"))
    assert report.health is Health.FRESH
    assert FindingKind.SATURATION in {finding.kind for finding in report.findings}
    assert "no latency (Prometheus answered 422: too many samples)" in report.reason
    assert [gap.health for gap in report.gaps] == [Health.UNREACHABLE]


async def test_warnings_of_the_server_are_passed_on() -> None:
    """Thanos and Mimir answer 200 with partial data and say so in a warning."""

    async def warned(request: web.Request) -> web.Response:
        body = matrix(request, one("auth-api", steady(0.1)))
        return web.json_response({**body, "warnings": ["store <b>a</b> \u202e unreachable"]})

    async with playing(warned) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"url": player.url}, wiring(http))
        report = await source.collect(ask("auth-api"))
    assert "warning: store <b>a</b> [U+202E] unreachable" in report.reason


async def test_a_long_query_goes_as_a_form() -> None:
    """Request lines are limited; a POST form is not."""
    methods: set[str] = set()

    async def handle(request: web.Request) -> web.Response:
        methods.add(request.method)
        form = await request.post()
        assert "service-with-a-rather-long-name-299" in str(form["query"])
        return web.json_response(
            {"status": "success", "data": {"resultType": "matrix", "result": []}}
        )

    names = tuple(f"service-with-a-rather-long-name-{index:03}" for index in range(300))
    queries = {"collectors": ""}
    async with playing(handle) as player, outgoing() as http:
        source = source_of(INTEGRATION, {"url": player.url, "queries": queries}, wiring(http))
        await source.collect(ask(*names))
    assert methods == {"POST"}


async def test_without_services_only_the_collectors_are_asked_for() -> None:
    """An empty alternation would select everything that lacks the label."""
    report = await look({}, ask())
    assert report.query.startswith("min by (job, instance) (up{")
    assert "\n" not in report.query


async def test_findings_link_to_the_graph_of_one_service() -> None:
    """The default link opens Prometheus' own graph; a template replaces it."""
    signals = {"memory": one("auth-api", since(12, 0.99, 0.5))}
    finding = await only(signals)
    assert "/graph?g0.expr=max%20by%20%28service%29" in finding.link
    report = await look(signals, link_template="https://g.example/x?q={query}&from={start_ms}")
    assert report.findings[0].link.startswith("https://g.example/x?q=max%20by")
