"""Exhibits: what charts are drawn from, by real HTTP, against the sandbox and against trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest
from aiohttp import web

from opsbot.core.event import ServiceRef
from opsbot.core.evidence import EvidenceAsk, SourceReport, Subject
from opsbot.core.illustration import PAGE, TRACE, pictures, worth_showing
from opsbot.core.incident import Incident
from opsbot.core.picture import Chart, MarkKind, TracePicture
from opsbot.core.series import (
    ERROR_SHARE,
    LATENCY,
    MEMORY,
    Exhibit,
    Series,
    Waterfall,
    pack,
    unpack,
)
from opsbot.integrations import Integration, prometheus, tempo
from opsbot.integrations.prometheus.source import PrometheusSource
from opsbot.integrations.tempo.source import TempoSource
from opsbot.ports import ExhibitSource
from opsbot.sandbox.clock import ManualClock
from opsbot.sandbox.scenario_file import load_scenario
from opsbot.sandbox.world import World
from tests.integrations.contract import ODD_JSON
from tests.integrations.stage import (
    NOW,
    Handler,
    StageClock,
    ago,
    ask,
    outgoing,
    playing,
    source_of,
    wiring,
)
from tests.integrations.test_against_sandbox import look, subjects
from tests.integrations.test_prometheus import Signals, one, server, signal_of, since, steady

SOURCES = (prometheus.INTEGRATION, tempo.INTEGRATION)
MIB = 1024.0 * 1024.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A scenario at the moment of its page: what was found, and what can be drawn."""

    incident: Incident
    exhibits: tuple[Exhibit, ...]

    def series(self, service: str, name: str) -> Series:
        found = [e for e in self.exhibits if isinstance(e, Series)]
        return next(s for s in found if (s.service, s.name) == (service, name))

    def chart(self) -> Chart:
        chart = dict(pictures(self.incident, self.exhibits))[PAGE]
        assert isinstance(chart, Chart)
        return chart

    def trace(self) -> TracePicture:
        trace = dict(pictures(self.incident, self.exhibits))[TRACE]
        assert isinstance(trace, TracePicture)
        return trace


async def exhibits_of(
    integration: Integration, url: str, asked: EvidenceAsk, **settings: Any
) -> tuple[Exhibit, ...]:
    async with outgoing() as http:
        wired = wiring(http, clock=StageClock(NOW))
        source = source_of(integration, {"url": url, **settings}, wired)
        assert isinstance(source, PrometheusSource | TempoSource)
        shows: ExhibitSource = source
        return await shows.exhibits(asked)


async def staged(name: str) -> Scene:
    scenario = load_scenario(name)
    world = World(scenario, clock=ManualClock(NOW), anchor=NOW)
    urls = await world.start()
    try:
        paged = await world.pagerduty.trigger()
        asked = ask(*subjects(scenario), alert_ids=(paged.id,))
        async with outgoing() as http:
            reports = await look(urls, http, asked)
        incident = _incident(scenario.page.service, reports, asked)
        chosen = worth_showing(asked, incident)
        found = [
            await exhibits_of(prometheus.INTEGRATION, urls.prometheus, chosen),
            await exhibits_of(tempo.INTEGRATION, urls.tempo, chosen),
        ]
    finally:
        await world.stop()
    return Scene(incident, tuple(exhibit for some in found for exhibit in some))


def _incident(service: str, reports: Mapping[str, SourceReport], asked: EvidenceAsk) -> Incident:
    return Incident(
        id="i-1", number=1, title=service, service=ServiceRef(name=service, key=service),
        opened_at=NOW, window=asked.window, reports=MappingProxyType(dict(reports)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def memory_limit() -> Scene:
    return asyncio.run(staged("memory-limit"))


@pytest.fixture(scope="module")
def connection_pool() -> Scene:
    return asyncio.run(staged("connection-pool"))


@pytest.fixture(scope="module")
def no_culprit() -> Scene:
    return asyncio.run(staged("no-culprit"))


def test_a_service_at_its_limit_is_the_second_panel(memory_limit: Scene) -> None:
    """Errors of the paged service above, memory of the culprit with its lowered limit below."""
    chart = memory_limit.chart()
    assert [(s.service, s.name, s.unit) for s in chart.series] == [
        ("checkout-api", ERROR_SHARE, "ratio"),
        ("session-validation", MEMORY, "bytes"),
    ]
    memory = chart.series[1]
    assert memory.limit == 256 * MIB
    newest = memory.points[-1][1]
    assert [limit / MIB for _, limit in memory.limits] == [512, 256]
    assert abs((memory.limits[1][0] - ago(11.5)).total_seconds()) <= 30
    assert 0.95 * 256 * MIB < newest <= 256 * MIB
    assert chart.series[0].points[-1][1] == pytest.approx(0.092, abs=0.02)


def test_deploy_and_onset_are_marked_where_they_were(memory_limit: Scene) -> None:
    """The deploy of the culprit just before the onset; the harmless ones are not marked."""
    marks = {mark.kind: mark for mark in memory_limit.chart().marks}
    deploys = [m for m in memory_limit.chart().marks if m.kind is MarkKind.DEPLOY]
    assert [mark.label for mark in deploys] == ["deploy session-validation v2.14"]
    assert marks[MarkKind.DEPLOY].at < marks[MarkKind.ONSET].at < marks[MarkKind.PAGED].at
    assert abs((marks[MarkKind.ONSET].at - ago(11.5)).total_seconds()) <= 60


def test_the_failing_request_ends_at_a_call_nobody_answers(memory_limit: Scene) -> None:
    """The findings' own trace: a row for each call, the last one unanswered."""
    waterfall = memory_limit.trace().waterfall
    unanswered = [span for span in waterfall.spans if span.unanswered]
    assert [span.service for span in unanswered] == ["session-validation"]
    assert unanswered[0].length == pytest.approx(2.0, abs=0.05)
    assert unanswered[0].name == "called by auth-api"
    failing = [span for span in waterfall.spans if span.failed]
    assert [span.depth for span in failing] == sorted(span.depth for span in failing)
    assert waterfall.spans[0].start == 0
    assert memory_limit.trace().title.startswith("Failing request")


def test_without_saturation_the_second_panel_is_the_earlier_latency(connection_pool: Scene) -> None:
    """The innocent deploy after the onset is visibly after it."""
    chart = connection_pool.chart()
    assert [(s.service, s.name) for s in chart.series] == [
        ("storefront-bff", ERROR_SHARE),
        ("storefront-bff", LATENCY),
    ]
    at = {mark.label: mark.at for mark in chart.marks}
    assert at["deploy catalog-db-proxy v3.8.1"] < at["onset"] < at["deploy v11.4.0"]
    note = connection_pool.trace().waterfall.spans[-1]
    assert (note.service, note.failed) == ("catalog-db-proxy", True)
    assert "connection pool exhausted" in note.note


def test_where_nothing_is_wrong_the_pictures_say_so(no_culprit: Scene) -> None:
    """A calm share of errors, no onset, no deploy, and a slow request called slow."""
    chart = no_culprit.chart()
    assert [mark.kind for mark in chart.marks] == [MarkKind.PAGED, MarkKind.NOW]
    assert chart.onset is None
    assert max(value for _, value in chart.series[0].points) < 0.01
    assert no_culprit.trace().title.startswith("Slowest request found")
    assert not [span for span in no_culprit.trace().waterfall.spans if span.failed]


@pytest.mark.parametrize("name", ["memory_limit", "connection_pool", "no_culprit"])
def test_series_are_bounded_and_rise_in_time(name: str, request: pytest.FixtureRequest) -> None:
    """At most four services and 240 points each, inside the window."""
    scene: Scene = request.getfixturevalue(name)
    found = [one for one in scene.exhibits if isinstance(one, Series)]
    assert len({one.service for one in found}) == 4
    for one_series in found:
        times = [at for at, _ in one_series.points]
        assert 100 <= len(times) <= 240
        assert times == sorted(set(times))
        assert scene.incident.window is not None
        assert times[-1] <= scene.incident.window.end


async def drawn(signals: Signals, *services: str, **settings: Any) -> list[Series]:
    async with playing(server(signals)) as player:
        found = await exhibits_of(
            prometheus.INTEGRATION, player.url, ask(*(services or ("auth-api",))), **settings
        )
    return [one_series for one_series in found if isinstance(one_series, Series)]


async def test_traffic_without_any_failure_is_a_share_of_zero() -> None:
    """Prometheus has no series of failures that never happened; before the first, it is 0."""
    (share, _) = await drawn(
        {
            "request_rate": one("auth-api", steady(40)),
            "error_share": one("auth-api", lambda at: 0.3 if at <= 5 else None),
        }
    )
    assert share.name == ERROR_SHARE
    assert [value for _, value in share.points][0::119][:2] == [0.0, 0.3]


async def test_a_limit_that_stands_has_no_steps_and_none_known_is_a_share() -> None:
    """Bytes where both are known; otherwise the share of the limit, which is then 1."""
    used, limit = one("auth-api", steady(0.5)), one("auth-api", steady(512 * MIB))
    (memory,) = await drawn({"memory": used, "memory_limit": limit})
    assert (memory.unit, memory.limit, memory.limits) == ("bytes", 512 * MIB, ())
    assert memory.points[-1][1] == 256 * MIB
    (share,) = await drawn({"memory": used})
    assert (share.unit, share.limit, share.points[-1][1]) == ("ratio", 1.0, 0.5)


async def test_one_range_query_for_each_quantity_and_no_more_than_four_services() -> None:
    """A chart must not cost a struggling backend more than the look-up did."""
    asked: list[tuple[str, str, float]] = []

    async def count(request: web.Request) -> web.StreamResponse:
        query, span = request.query["query"], float(request.query["end"])
        points = (span - float(request.query["start"])) / float(request.query["step"])
        asked.append((signal_of(query), query, points))
        return await server({})(request)

    async with playing(count) as player:
        services = [f"service-{n}" for n in range(9)]
        assert await exhibits_of(prometheus.INTEGRATION, player.url, ask(*services)) == ()
    assert sorted(signal for signal, _, _ in asked) == [
        "error_share", "latency", "memory", "memory_limit", "request_rate",
    ]  # fmt: skip
    for _, query, points in asked:
        assert "service-3" in query
        assert "service-4" not in query
        assert points < 240


@pytest.mark.parametrize(
    ("quantities", "signals"),
    [
        ((ERROR_SHARE,), ["error_share", "request_rate"]),
        ((LATENCY,), ["latency"]),
        ((ERROR_SHARE, MEMORY), ["error_share", "memory", "memory_limit", "request_rate"]),
        (("something else",), []),
    ],
)
async def test_a_picture_that_is_drawn_once_more_asks_for_its_own_quantities(
    quantities: tuple[str, ...], signals: list[str]
) -> None:
    """A share needs the traffic beside it, memory its limit; Tempo is not asked at all."""
    asked: list[str] = []

    async def count(request: web.Request) -> web.StreamResponse:
        asked.append(signal_of(request.query["query"]) if "query" in request.query else "trace")
        return await server({})(request)

    wanted = replace(ask("auth-api"), quantities=quantities)
    async with playing(count) as player:
        for integration in SOURCES:
            assert await exhibits_of(integration, player.url, wanted) == ()
    assert sorted(asked) == signals


async def test_a_service_is_drawn_under_its_own_name_and_others_not_at_all() -> None:
    """The catalogue's name, whatever the label says; series nobody asked for are left out."""
    subject = Subject(service="auth-api", selectors=(("prometheus", "auth"),))
    async with playing(
        server({"latency": one("auth", since(5, 2, 0.1)) + one("x", steady(1))})
    ) as p:
        found = await exhibits_of(prometheus.INTEGRATION, p.url, ask(subject))
    assert [(s.service, s.name) for s in found if isinstance(s, Series)] == [("auth-api", LATENCY)]


async def _slow(request: web.Request) -> web.Response:
    await asyncio.sleep(3)
    return web.Response()


def answering(body: str, status: int = 200) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    return answer


TROUBLE: dict[str, Handler] = {
    "slow": _slow,
    "down": answering("boom", 503),
    "denied": answering('{"error":"no"}', 401),
    "a web page": answering("<html>"),
    **{f"odd {n}": answering(body) for n, body in enumerate(ODD_JSON)},
}


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("integration", SOURCES, ids=lambda one: one.name)
async def test_trouble_is_nothing_to_show_in_time(integration: Integration, trouble: str) -> None:
    """Slow, down, denied or odd: no exhibit, no exception, and not later than the deadline."""
    started = asyncio.get_running_loop().time()
    async with playing(TROUBLE[trouble]) as player:
        asked = ask("checkout-api", "auth-api")
        found = await exhibits_of(integration, player.url, asked, deadline_seconds=0.2)
    assert found == ()
    assert asyncio.get_running_loop().time() - started < 2


@pytest.mark.parametrize("integration", SOURCES, ids=lambda one: one.name)
async def test_without_a_service_nothing_is_asked_for(integration: Integration) -> None:
    """An empty selection would select everything."""

    async def never(request: web.Request) -> web.Response:
        raise AssertionError(f"asked for {request.path_qs}")

    async with playing(never) as player:
        assert await exhibits_of(integration, player.url, replace(ask(), subjects=())) == ()


def test_every_exhibit_of_the_sandbox_survives_its_blob(memory_limit: Scene) -> None:
    """They are kept as blobs, because an entry holds words."""
    assert tuple(unpack(pack(one)) for one in memory_limit.exhibits) == memory_limit.exhibits
    assert len([one for one in memory_limit.exhibits if isinstance(one, Waterfall)]) == 1
