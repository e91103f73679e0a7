"""The sandbox Loki over HTTP: streams, counts, paging, limits and refusals."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.sandbox.logql import LogqlError, parse_logql
from tests.sandbox.world_rig import Rig, running


async def lines(rig: Rig, query: str, start: float, end: float, **more: Any) -> tuple[int, Any]:
    """A query_range between offsets."""
    return await rig.get(
        f"{rig.urls.loki}/loki/api/v1/query_range",
        query=query,
        start=int(rig.at(start) * 1e9),
        end=int(rig.at(end) * 1e9),
        **more,
    )


def flat(body: Any) -> list[tuple[int, str]]:
    """All lines of an answer, oldest first."""
    return sorted((int(ns), line) for one in body["data"]["result"] for ns, line in one["values"])


async def test_streams_are_sorted_each_and_not_merged() -> None:
    """Newest first by default; times are nanoseconds as text."""
    async with running("connection-pool") as rig:
        _, body = await lines(rig, '{service="catalog-api"}', -600, 0)
        _, forward = await lines(rig, '{service="catalog-api"}', -600, 0, direction="forward")
    assert body["data"]["resultType"] == "streams"
    assert len(body["data"]["result"]) > 3
    assert len(flat(body)) == 100
    for one in body["data"]["result"]:
        times = [int(ns) for ns, _ in one["values"]]
        assert times == sorted(times, reverse=True)
        assert set(one["stream"]) == {"service", "pod", "level", "node"}
    assert flat(forward)[0][0] < flat(body)[0][0]


async def test_paging_by_time_sees_every_line_once() -> None:
    """start is inclusive, end exclusive: pages join without gap or repetition."""
    async with running("connection-pool") as rig:
        _, whole = await lines(rig, '{service="search-api"}', -300, -100, limit=5000)
        cut = flat(whole)[40][0]
        base = f"{rig.urls.loki}/loki/api/v1/query_range"
        query = {"query": '{service="search-api"}', "limit": 5000}
        start, end = int(rig.at(-300) * 1e9), int(rig.at(-100) * 1e9)
        _, first = await rig.get(base, **query, start=start, end=cut)
        _, second = await rig.get(base, **query, start=cut, end=end)
    assert len(flat(first)) == 40
    assert flat(first) + flat(second) == flat(whole)


async def test_a_count_is_the_number_of_lines() -> None:
    """Counted without writing the lines out, and yet the same."""
    async with running("connection-pool") as rig:
        query = 'sum by (service) (count_over_time({service=~"search-api|cart-api"}[5m]))'
        _, counted = await rig.get(
            f"{rig.urls.loki}/loki/api/v1/query", query=query, time=int(rig.at(-60) * 1e9)
        )
        filtered = 'count_over_time({service="search-api"} |= "level=error" [5m])'
        _, errors = await rig.get(
            f"{rig.urls.loki}/loki/api/v1/query", query=filtered, time=int(rig.at(-60) * 1e9)
        )
        _, body = await lines(rig, '{service=~"search-api|cart-api"}', -360, -60, limit=5000)
    by_service: dict[str, int] = {}
    failed = 0
    for one in body["data"]["result"]:
        by_service.setdefault(one["stream"]["service"], 0)
        by_service[one["stream"]["service"]] += len(one["values"])
        failed += (
            len(one["values"])
            * (one["stream"]["service"] == "search-api")
            * (one["stream"]["level"] == "error")
        )
    assert {
        one["metric"]["service"]: int(one["value"][1]) for one in counted["data"]["result"]
    } == by_service
    assert sum(int(one["value"][1]) for one in errors["data"]["result"]) == failed > 0


async def test_info_lines_never_look_like_failures() -> None:
    """Or every error search would drown."""
    async with running() as rig:
        _, body = await lines(
            rig,
            '{level="info",service=~".+"} |~ "(?i)error|exception|fatal|panic|timeout"',
            -900,
            0,
        )
    assert body["data"]["result"] == []


async def test_silenced_logs_end_everywhere() -> None:
    """The switch for a pipeline that is dead as a whole."""
    async with running("no-culprit", seconds_after=600) as rig:
        rig.world.silence_logs()
        _, body = await lines(rig, '{service=~".+"}', -60, 600)
        newest = flat(body)[-1][0] / 1e9
        _, after = await lines(rig, '{service=~".+"}', 1, 600)
        rig.world.silence_logs(since=None)
        _, back = await lines(rig, '{service=~".+"}', 1, 600)
    assert newest < rig.at(0)
    assert after["data"]["result"] == []
    assert len(flat(back)) == 100


async def test_labels_and_volume_can_be_asked_first() -> None:
    """Only streams with lines in the window count."""
    async with running() as rig:
        api = f"{rig.urls.loki}/loki/api/v1"
        window = {"start": int(rig.at(-3600) * 1e9), "end": int(rig.at(0) * 1e9)}
        _, labels = await rig.get(f"{api}/labels", **window)
        _, nodes = await rig.get(f"{api}/label/node/values", **window)
        _, stats = await rig.get(f"{api}/index/stats", query='{service="cart-store"}', **window)
        _, none = await rig.get(f"{api}/index/stats", query='{service="auth-api"}', **window)
        _, ready = await rig.get(f"{rig.urls.loki}/ready")
    assert labels["data"] == ["level", "node", "pod", "service"]
    assert nodes["data"] == ["node-3", "node-5"]
    assert stats["entries"] > 0
    assert stats["bytes"] > stats["entries"]
    assert none["entries"] == none["streams"] == 0
    assert ready == "ready\n"


@pytest.mark.parametrize(
    ("query", "more", "said"),
    [
        ('{service="x"}', {"limit": 5001}, "limit > max_entries_limit_per_query (5001 > 5000)"),
        ('{service="x"}', {"limit": 0}, "limit must be a positive value"),
        ('{service="x"}', {"direction": "up"}, "invalid direction"),
        ('{service="x"}', {"end": 1}, "end timestamp must not be before or equal to start time"),
        ('{service="x"}', {"start": 1}, "the query time range exceeds the limit"),
        ('{service="x"}', {"start": "noon"}, "could not parse 'start' parameter"),
        ("{}", {}, "at least one regexp or equality matcher"),
        ('{service=~".*"}', {}, "at least one regexp or equality matcher"),
        ('{service!="x"}', {}, "at least one regexp or equality matcher"),
        ('{service="x"', {}, "parse error at line 1, col 13: syntax error: unexpected $end"),
        ("service", {}, "does not evaluate 'service'"),
        ('{service="x"} | json', {}, "does not evaluate 'json'"),
        ('topk(3, rate({service="x"}[5m]))', {}, "does not evaluate 'topk'"),
        ('{service="x"} |~ "("', {}, "error parsing regexp"),
        ('count_over_time({service="x"})', {}, "syntax error: unexpected )"),
        ('rate({service="x"}[5m])', {"step": "0"}, "zero or negative query resolution"),
        ('rate({service="x"}[5m])', {"step": "0.01"}, "exceeded maximum resolution of 11,000"),
        ('sum(rate({service=~".+"} |= "x" [1d]))', {"step": "1d"}, "would read too many bytes"),
    ],
)
async def test_what_loki_refuses_is_refused_in_plain_text(
    query: str, more: dict[str, Any], said: str
) -> None:
    """400 with Loki's own words; an unknown construct is never an empty success."""
    async with running() as rig:
        asked = {"start": int(rig.at(-600) * 1e9), "end": int(rig.at(0) * 1e9), **more}
        status, text = await rig.get(
            f"{rig.urls.loki}/loki/api/v1/query_range", query=query, **asked
        )
    assert status == 400
    assert said in text


async def test_a_log_query_is_no_instant_query() -> None:
    """Loki sends such callers to query_range."""
    async with running() as rig:
        status, text = await rig.get(f"{rig.urls.loki}/loki/api/v1/query", query='{service="x"}')
    assert status == 400
    assert "not supported as an instant query" in text


@given(st.text(alphabet='{}()[]=~!|"`,.+ acdegiorstuvx_ml5\\', max_size=40))
def test_any_text_is_read_or_refused(query: str) -> None:
    """Nothing else ever comes out of the parser."""
    with suppress(LogqlError):
        parse_logql(query)
