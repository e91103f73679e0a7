"""The sandbox Tempo: search by TraceQL and traces by id, in the real one's JSON.

Answers and refusals follow https://grafana.com/docs/tempo/latest/api_docs/ (version 2).
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import SandboxServer, json_answer
from opsbot.sandbox.spans import Span, attribute_json, resource_span
from opsbot.sandbox.traceql import TraceqlError, TraceQuery, attribute_of, parse_traceql
from opsbot.sandbox.traces import TraceStore

DEFAULT_LIMIT = 20
DEFAULT_SPANS = 3
RECENT = 1800.0
"""Seconds searched when no time is given."""

LONGEST_SEARCH = 6 * 3600
"""The sandbox's max_duration for searches, in seconds."""

_HEX_ID = re.compile(r"[0-9a-fA-F]{1,32}")


class TempoServer(SandboxServer):
    """GET /api/search, /api/v2/traces/{id}, /api/traces/{id}, /api/search/tags, the values of the
    tag service.name (versions 1 and 2), /ready."""

    name = "tempo"

    def __init__(self, store: TraceStore, clock: Clock) -> None:
        super().__init__(clock)
        self._store = store

    def tell(self, store: TraceStore) -> None:
        """Answer from another store from now on."""
        self._store = store

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        yield web.get("/api/search", self._search)
        yield web.get("/api/search/tags", self._tags)
        yield web.get("/api/search/tag/{tag}/values", self._tag_values_v1)
        yield web.get("/api/v2/search/tag/{tag}/values", self._tag_values_v2)
        yield web.get("/api/traces/{id}", self._trace_v1)
        yield web.get("/api/v2/traces/{id}", self._trace_v2)
        yield web.get("/api/echo", _echo)
        yield web.get("/ready", _ready)

    def error_answer(self, status: int, message: str) -> web.Response:
        """Build the plain-text error Tempo sends."""
        if status == 404:
            return web.Response(text="404 page not found\n", status=404)
        return web.Response(text=message, status=status)

    def emptied(self, body: Any) -> Any:
        """Take the results out of an answer."""
        if "traces" in body:
            return {**body, "traces": []}
        empty: dict[str, Any] = {"trace": {"resourceSpans": []}, "batches": [], "tagNames": []}
        empty["tagValues"] = []
        return {key: empty.get(key, {}) for key in body}

    async def _search(self, request: web.Request) -> web.Response:
        given = request.query
        try:
            query = parse_traceql(given.get("q", "{}"))
            limit = _count(given.get("limit"), DEFAULT_LIMIT, "limit")
            spans = _count(given.get("spss"), DEFAULT_SPANS, "spss")
            start, end = self._bounds(given.get("start"), given.get("end"))
        except TraceqlError as refused:
            return self.error_answer(400, str(refused))
        # In a thread: a wide search must not hold up the other servers on this loop.
        traces = await asyncio.to_thread(self._found, query, start, end, limit, spans)
        return json_answer({"traces": traces, "metrics": {"totalBlocks": 1, "completedJobs": 1}})

    def _bounds(self, start: str | None, end: str | None) -> tuple[float, float]:
        now = self._clock.now().timestamp()
        first, last = _moment(start, "start"), _moment(end, "end")
        if first is None or last is None:
            return now - RECENT, now
        if last <= first:
            raise TraceqlError(
                f"http parameter start must be before end. received start={start} end={end}"
            )
        if last - first > LONGEST_SEARCH:
            raise TraceqlError(
                f"range specified by start and end ({_go_duration(last - first)}) exceeds "
                f"{_go_duration(LONGEST_SEARCH)}. received start={start} end={end}"
            )
        return float(first), float(last)

    def _found(
        self, query: TraceQuery, start: float, end: float, limit: int, most_spans: int
    ) -> list[dict[str, Any]]:
        traces: list[dict[str, Any]] = []
        stop = min(end, self._store.newest())
        for request in self._store.requests(start, stop, only_failed=query.only_failed):
            spans = self._store.trace(request)
            matched = [span for span in spans if query.matches(span, spans[0])]
            if matched:
                traces.append(_summary(query, spans, matched, most_spans))
            if len(traces) == limit:
                break
        return traces

    async def _trace_v1(self, request: web.Request) -> web.Response:
        return await self._trace(request, "batches")

    async def _trace_v2(self, request: web.Request) -> web.Response:
        return await self._trace(request, "trace")

    async def _trace(self, request: web.Request, key: str) -> web.Response:
        trace_id = request.match_info["id"]
        if _HEX_ID.fullmatch(trace_id) is None:
            return self.error_answer(400, "trace IDs can only contain hex characters")
        spans = await asyncio.to_thread(self._store.find, trace_id)
        if spans is None:
            return web.Response(text="trace not found", status=404)
        resource_spans = [resource_span(span, self._store.environment) for span in spans]
        if key == "batches":
            return json_answer({"batches": resource_spans})
        return json_answer({"trace": {"resourceSpans": resource_spans}, "metrics": {}})

    async def _tags(self, _request: web.Request) -> web.Response:
        return json_answer(
            {"tagNames": ["http.request.method", "peer.service", "service.name", "service.version"]}
        )

    async def _tag_values_v1(self, request: web.Request) -> web.Response:
        known = request.match_info["tag"] == "service.name"
        return json_answer({"tagValues": list(self._store.services) if known else []})

    async def _tag_values_v2(self, request: web.Request) -> web.Response:
        first = _moment(request.query.get("start"), "start")
        last = _moment(request.query.get("end"), "end")
        if first is not None and last is not None and last <= first:
            return self.error_answer(400, "http parameter start must be before end")
        known = request.match_info["tag"] in ("resource.service.name", ".service.name")
        found = self._store.services if known else ()
        values = [{"type": "string", "value": name} for name in found]
        return json_answer({"tagValues": values, "metrics": {}})


async def _echo(_request: web.Request) -> web.Response:
    return web.Response(text="echo")


async def _ready(_request: web.Request) -> web.Response:
    return web.Response(text="ready\n")


def _summary(
    query: TraceQuery, spans: list[Span], matched: list[Span], most_spans: int
) -> dict[str, Any]:
    root = spans[0]
    span_set = {
        "spans": [_search_span(query, span) for span in matched[:most_spans]],
        "matched": len(matched),
    }
    found: dict[str, Any] = {
        "traceID": root.trace_id.lstrip("0"),
        "rootServiceName": root.service,
        "rootTraceName": root.name,
        "startTimeUnixNano": str(root.start),
        "spanSet": span_set,
        "spanSets": [span_set],
    }
    milliseconds = (root.end - root.start) // 1_000_000
    if milliseconds:
        found["durationMs"] = milliseconds
    return found


def _search_span(query: TraceQuery, span: Span) -> dict[str, Any]:
    attributes = [attribute_json("service.name", span.service)]
    for key in query.fields:
        value = attribute_of(span, ".", key)
        if value is not None:
            attributes.append(attribute_json(key, value if isinstance(value, str) else int(value)))
    if span.status == "error":
        attributes.append(attribute_json("status", "error"))
    return {
        "spanID": span.span_id,
        "name": span.name,
        "startTimeUnixNano": str(span.start),
        "durationNanos": str(span.end - span.start),
        "attributes": attributes,
    }


def _count(text: str | None, default: int, name: str) -> int:
    if text is None:
        return default
    try:
        count = int(text)
    except ValueError:
        raise TraceqlError(
            f'invalid {name}: strconv.Atoi: parsing "{text}": invalid syntax'
        ) from None
    if count < 1:
        raise TraceqlError(f"invalid {name}: must be a positive number")
    return count


def _moment(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        seconds = int(text)
    except ValueError:
        raise TraceqlError(
            f'invalid {name}: strconv.ParseInt: parsing "{text}": invalid syntax'
        ) from None
    if not 0 <= seconds < 1 << 32:
        raise TraceqlError(
            f'invalid {name}: strconv.ParseInt: parsing "{text}": value out of range'
        )
    return seconds


def _go_duration(seconds: float) -> str:
    hours, rest = divmod(math.floor(seconds), 3600)
    return f"{hours}h{rest // 60}m{rest % 60}s"
