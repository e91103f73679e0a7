"""The sandbox Tempo over HTTP: search, both trace forms, id forms, refusals."""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.sandbox.traceql import TraceqlError, parse_traceql
from tests.sandbox.world_rig import Rig, running


async def search(rig: Rig, query: str, start: float = -900, end: float = 20, **more: Any) -> Any:
    """Traces found between offsets."""
    status, body = await rig.get(
        f"{rig.urls.tempo}/api/search",
        q=query,
        start=int(rig.at(start)),
        end=int(rig.at(end)),
        **more,
    )
    assert status == 200, body
    return body["traces"]


async def test_limit_and_spans_per_set_are_kept() -> None:
    """`matched` still tells how many there were."""
    async with running() as rig:
        found = await search(rig, '{ resource.service.name = "edge-gateway" }', limit=7, spss=1)
        default = await search(rig, "{ }")
    assert len(found) == 7
    assert {len(one["spanSets"][0]["spans"]) for one in found} == {1}
    assert max(one["spanSets"][0]["matched"] for one in found) > 1
    assert len(default) == 20
    assert {len(one["spanSets"]) for one in default} == {1}


async def test_both_forms_of_a_trace_hold_the_same_spans() -> None:
    """v1 says batches, v2 trace.resourceSpans; ids are base64, enums are names."""
    async with running() as rig:
        (found,) = await search(rig, "{ status = error }", limit=1)
        _, v2 = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{found['traceID']}")
        _, v1 = await rig.get(f"{rig.urls.tempo}/api/traces/{found['traceID']}")
        padded = found["traceID"].rjust(32, "0")
        _, again = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{padded}")
    assert v1["batches"] == v2["trace"]["resourceSpans"]
    assert again == v2
    span = v1["batches"][0]["scopeSpans"][0]["spans"][0]
    assert base64.b64decode(span["traceId"]).hex() == padded
    assert len(base64.b64decode(span["spanId"])) == 8
    assert span["kind"] == "SPAN_KIND_SERVER"
    assert span["status"]["code"] == "STATUS_CODE_ERROR"
    assert "parentSpanId" not in span
    assert all("parentSpanId" in one["scopeSpans"][0]["spans"][0] for one in v1["batches"][1:])


async def test_some_ids_lose_their_leading_zeros_in_search() -> None:
    """As Tempo's do, and they can be fetched all the same."""
    async with running() as rig:
        found = await search(rig, "{ }", limit=400)
        short = [one["traceID"] for one in found if len(one["traceID"]) < 32]
        statuses = [
            (await rig.get(f"{rig.urls.tempo}/api/v2/traces/{ident}"))[0] for ident in short[:3]
        ]
    assert short
    assert set(statuses) == {200}


async def test_a_trace_seconds_old_is_not_there_yet() -> None:
    """404 until it is flushed; later the same id answers."""
    async with running(seconds_after=30) as rig:
        found = await search(rig, "{ }", 10, 30, limit=1)
        rig.clock.advance(-25)
        early, text = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{found[0]['traceID']}")
        rig.clock.advance(25)
        late, _ = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{found[0]['traceID']}")
    assert (early, text, late) == (404, "trace not found", 200)


@pytest.mark.parametrize("ident", ["1234567890abcdef", "f" * 32, "0" * 32, "deadbeef" * 4])
async def test_unknown_ids_are_not_found(ident: str) -> None:
    """No id but a real one finds a trace."""
    async with running() as rig:
        status, _ = await rig.get(f"{rig.urls.tempo}/api/v2/traces/{ident}")
        refused, text = await rig.get(f"{rig.urls.tempo}/api/v2/traces/not-hex")
    assert status == 404
    assert (refused, text) == (400, "trace IDs can only contain hex characters")


@pytest.mark.parametrize(
    ("query", "least", "most"),
    [
        ('{ resource.service.name = "auth-api" && duration > 1900ms }', 10, 20),
        ('{ .peer.service = "session-validation" && span.error.type = "timeout" }', 10, 20),
        ('{ name =~ "call session-.*" && status = error }', 10, 20),
        ('{ name =~ "session" }', 0, 0),  # anchored at both ends
        ("{ status = error || duration > 1h }", 20, 20),
        ("{ span.http.response.status_code >= 500 && kind = client }", 20, 20),
        (
            '{ resource.service.version = "v2.14" && name =~ ".*session-validation.*" }',
            20,
            20,
        ),
        ('{ resource.service.version = "v2.14" && status = error }', 0, 2),
        ('{ rootServiceName = "partner-api" && status != error }', 20, 20),
        ('{ resource.service.name = "nobody" }', 0, 0),
    ],
)
async def test_traceql_finds_what_it_says(query: str, least: int, most: int) -> None:
    """Fields, comparisons, and one level of && and ||."""
    async with running() as rig:
        found = await search(rig, query, -600, 20, limit=20)
    assert least <= len(found) <= most


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"q": "{ service.name = 1 }"}, "line 1, col 3: syntax error: unexpected IDENTIFIER"),
        ({"q": "{ status = maybe }"}, "unexpected IDENTIFIER"),
        ({"q": "{ } >> { }"}, "does not evaluate '>>'"),
        ({"q": "{ } | count() > 2"}, "does not evaluate '|'"),
        ({"q": "{ (status = error) }"}, "does not evaluate '('"),
        ({"q": '{ name =~ "(" }'}, "invalid regex"),
        ({"q": "{ status = error"}, "unexpected $end"),
        ({"q": "foo"}, "line 1, col 1: syntax error: unexpected IDENTIFIER"),
        ({"limit": "many"}, "invalid limit"),
        ({"start": 1, "end": 100_000}, "range specified by start and end"),
        ({"start": 10, "end": 10}, "start must be before end"),
        ({"start": 10**18, "end": 10**18}, "value out of range"),
    ],
)
async def test_what_tempo_refuses_is_refused_in_plain_text(
    params: dict[str, Any], said: str
) -> None:
    """400 with Tempo's own words."""
    async with running() as rig:
        status, text = await rig.get(f"{rig.urls.tempo}/api/search", **params)
    assert status == 400
    assert said in text


@given(st.text(alphabet='{}()=~!&|<>". acdeimnorstuv5ms:', max_size=40))
def test_any_text_is_read_or_refused(query: str) -> None:
    """Nothing else ever comes out of the parser."""
    with suppress(TraceqlError):
        parse_traceql(query)


async def test_the_names_of_services_are_listed_in_both_versions() -> None:
    async with running() as rig:
        names = sorted(service.name for service in rig.world.scenario.services)
        status, body = await rig.get(f"{rig.urls.tempo}/api/search/tag/service.name/values")
        assert (status, body["tagValues"]) == (200, names)
        url = f"{rig.urls.tempo}/api/v2/search/tag/resource.service.name/values"
        status, body = await rig.get(url)
        assert [one["value"] for one in body["tagValues"]] == names
        assert {one["type"] for one in body["tagValues"]} == {"string"}
        status, _ = await rig.get(url, start=int(rig.at(0)), end=int(rig.at(-60)))
        assert status == 400
