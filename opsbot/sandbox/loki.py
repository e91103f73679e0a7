"""The sandbox Loki: the query API of the real one over the scenario's log lines.

Answers and refusals follow https://grafana.com/docs/loki/latest/reference/loki-http-api/ of Loki 3.
"""

from __future__ import annotations

import asyncio
import heapq
import operator
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from aiohttp import web
from multidict import MultiDict

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import SandboxServer, json_answer, parameters
from opsbot.sandbox.logql import LogqlError, LogQuery, MetricQuery, parse_logql
from opsbot.sandbox.logs import Line, LogStore, LogStream
from opsbot.sandbox.promql_functions import AGGREGATED, number_text
from opsbot.sandbox.promql_lexer import duration_seconds
from opsbot.sandbox.promql_vector import LabelSet, group_key

DEFAULT_LIMIT = 100
MOST_LINES = 5000
MOST_POINTS = 11_000
LONGEST_QUERY = 721 * 3600.0
MOST_LINES_READ = 200_000
"""Lines one query may look at, the sandbox's max_query_bytes_read."""

BYTES_A_LINE = 130
_SECOND = 1_000_000_000
_ROUNDING = 1e-6
"""Seconds by which offsets, being floats, may miss a nanosecond."""

_Answer = Callable[[MultiDict[str], str], Any]


class LokiServer(SandboxServer):
    """GET and POST /loki/api/v1/query_range, /query, /series, /labels, /index/stats, and /ready."""

    name = "loki"

    def __init__(self, store: LogStore, clock: Clock) -> None:
        super().__init__(clock)
        self._store = store

    def tell(self, store: LogStore) -> None:
        """Answer from another store from now on; what was lost stays lost."""
        store.silence(self._store.silent_from)
        self._store = store

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        answers: dict[str, _Answer] = {
            "query_range": self._query_range,
            "query": self._query,
            "labels": self._labels,
            "label/{name}/values": self._label_values,
            "series": self._series,
            "index/stats": self._index_stats,
        }
        for path, answer in answers.items():
            yield web.get(f"/loki/api/v1/{path}", self._handler(answer))
            yield web.post(f"/loki/api/v1/{path}", self._handler(answer))
        yield web.get("/ready", _ready)

    def error_answer(self, status: int, message: str) -> web.Response:
        """Build the plain-text error Loki sends."""
        if status == 404:
            return web.Response(text="404 page not found\n", status=404)
        return web.Response(text=message + "\n", status=status)

    def emptied(self, body: Any) -> Any:
        """Take the results out of an answer."""
        if "data" not in body:
            return dict.fromkeys(body, 0)
        if isinstance(body["data"], list):
            return {**body, "data": []}
        return {**body, "data": {**body["data"], "result": []}}

    def silence(self, *, since: datetime | None) -> None:
        """Lose every line written after a moment, as if all collectors died; None undoes it."""
        offset = None if since is None else since.timestamp() - self._store.anchor_ns / _SECOND
        self._store.silence(offset)

    def _handler(self, answer: _Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            given = await parameters(request)
            try:
                # In a thread: a wide query must not hold up the other servers on this loop.
                body = await asyncio.to_thread(answer, given, request.match_info.get("name", ""))
            except LogqlError as refused:
                return self.error_answer(400, str(refused))
            return json_answer(body)

        return handle

    def _query_range(self, given: MultiDict[str], _path: str) -> Any:
        query = _parsed(given)
        start, end = self._bounds(given, default_hours=1)
        if isinstance(query, LogQuery):
            return self._streams(query, start, end, given)
        return self._matrix(query, start, end, given)

    def _query(self, given: MultiDict[str], _path: str) -> Any:
        query = _parsed(given)
        if isinstance(query, LogQuery):
            raise LogqlError(
                "log queries are not supported as an instant query type, "
                "please change your query to a range query type"
            )
        time = _time(given, "time", self._now_ns())
        vector = [
            {"metric": dict(labels), "value": [_seconds(time), number_text(values[0][1])]}
            for labels, values in self._evaluate(query, [time]).items()
        ]
        return _success("vector", vector)

    def _streams(self, query: LogQuery, start: int, end: int, given: MultiDict[str]) -> Any:
        limit = _limit(given)
        backward = _backward(given)
        streams = self._store.select(query.matchers)
        found: dict[int, list[list[str]]] = {}
        walks = [self._walk(i, one, start, end, backward) for i, one in enumerate(streams)]
        merged = heapq.merge(*walks, key=operator.itemgetter(0), reverse=backward)
        taken = 0
        for read, (time, index, line) in enumerate(merged):
            if taken == limit:
                break
            if read >= MOST_LINES_READ:
                raise _too_much(self._lines_between(streams, start, end))
            if query.passes(line.text):
                found.setdefault(index, []).append([str(time), line.text])
                taken += 1
        result = [
            {"stream": streams[index].labels, "values": found[index]} for index in sorted(found)
        ]
        return _success("streams", result)

    def _walk(
        self, index: int, stream: LogStream, start: int, end: int, backward: bool
    ) -> Iterator[tuple[int, int, Line]]:
        """Give (nanoseconds, stream's index, line) in [start, end), exact to the nanosecond."""
        stop = min(self._offset(end) + _ROUNDING, self._store.newest())
        for line in stream.lines(self._offset(start) - _ROUNDING, stop, backward=backward):
            time = self._ns(line.at)
            if start <= time < end:
                yield time, index, line

    def _matrix(self, query: MetricQuery, start: int, end: int, given: MultiDict[str]) -> Any:
        step = _step(given, start, end)
        if (end - start) // step > MOST_POINTS:
            raise LogqlError(
                "exceeded maximum resolution of 11,000 points per time series. "
                "Try increasing the value of the step parameter"
            )
        times = list(range(start, end + 1, step))
        result = [
            {
                "metric": dict(labels),
                "values": [[_seconds(time), number_text(value)] for time, value in values],
            }
            for labels, values in self._evaluate(query, times).items()
        ]
        return _success("matrix", result)

    def _evaluate(
        self, query: MetricQuery, times: list[int]
    ) -> dict[LabelSet, list[tuple[int, float]]]:
        """Give the (time, value) pairs of each series; a time without lines has no value."""
        streams = self._store.select(query.logs.matchers)
        if query.logs.filters:
            reach = self._lines_between(streams, times[0] - int(query.window * _SECOND), times[-1])
            if reach > MOST_LINES_READ:
                raise _too_much(reach)
        groups: dict[LabelSet, dict[int, list[float]]] = {}
        for stream in streams:
            key = tuple(sorted(stream.labels.items()))
            if query.aggregate is not None:
                key = group_key(stream.labels, query.labels, without=query.without)
            for time, count in self._counts(query, stream, times):
                value = count / query.window if query.function == "rate" else float(count)
                groups.setdefault(key, {}).setdefault(time, []).append(value)
        collect = AGGREGATED[query.aggregate or "sum"]
        return {
            key: [(time, collect(values)) for time, values in sorted(points.items())]
            for key, points in groups.items()
        }

    def _counts(
        self, query: MetricQuery, stream: LogStream, times: list[int]
    ) -> Iterator[tuple[int, int]]:
        newest = self._store.newest()
        window = int(query.window * _SECOND)

        @cache  # windows that touch share their ends
        def before(time: int) -> int:
            return stream.before(min(self._offset(time), newest))

        for time in times:
            if not query.logs.filters:
                count = before(time) - before(time - window)
            else:
                start, stop = self._offset(time - window), min(self._offset(time), newest)
                lines = stream.lines(start, stop, backward=False)
                count = sum(query.logs.passes(line.text) for line in lines)
            if count:
                yield time, count

    def _lines_between(self, streams: Iterable[LogStream], start: int, end: int) -> int:
        stop = min(self._offset(end), self._store.newest())
        return sum(stream.count(self._offset(start), stop) for stream in streams)

    def _found(self, given: MultiDict[str]) -> list[LogStream]:
        start, end = self._bounds(given, default_hours=6)
        selectors = given.getall("match[]", given.getall("match", given.getall("query", [])))
        streams: dict[int, LogStream] = {}
        for text in selectors or [""]:
            query = parse_logql(text) if text else None
            if isinstance(query, MetricQuery):
                raise LogqlError("only label matchers are supported")
            for stream in self._store.select(query.matchers if query is not None else ()):
                if self._lines_between([stream], start, end):
                    streams[id(stream)] = stream
        return list(streams.values())

    def _labels(self, given: MultiDict[str], _path: str) -> Any:
        names = {name for stream in self._found(given) for name in stream.labels}
        return {"status": "success", "data": sorted(names)}

    def _label_values(self, given: MultiDict[str], label: str) -> Any:
        values = {stream.labels.get(label) for stream in self._found(given)}
        return {"status": "success", "data": sorted(value for value in values if value)}

    def _series(self, given: MultiDict[str], _path: str) -> Any:
        return {"status": "success", "data": [stream.labels for stream in self._found(given)]}

    def _index_stats(self, given: MultiDict[str], _path: str) -> Any:
        query = _parsed(given)
        if isinstance(query, MetricQuery):
            raise LogqlError("only label matchers are supported")
        start, end = self._bounds(given, default_hours=6)
        streams = [
            stream
            for stream in self._store.select(query.matchers)
            if self._lines_between([stream], start, end)
        ]
        entries = self._lines_between(streams, start, end)
        return {
            "streams": len(streams),
            "chunks": len(streams) * (1 + (end - start) // (7200 * _SECOND)),
            "bytes": entries * BYTES_A_LINE,
            "entries": entries,
        }

    def _bounds(self, given: MultiDict[str], *, default_hours: int) -> tuple[int, int]:
        end = _time(given, "end", self._now_ns())
        since = _since(given) if "since" in given else default_hours * 3600.0
        start = _time(given, "start", end - int(since * _SECOND))
        if end <= start:
            raise LogqlError("end timestamp must not be before or equal to start time")
        length = (end - start) / _SECOND
        if length > LONGEST_QUERY:
            raise LogqlError(
                "the query time range exceeds the limit "
                f"(query length: {int(length // 3600)}h0m0s, limit: 30d1h)"
            )
        return start, end

    def _now_ns(self) -> int:
        return round(self._clock.now().timestamp() * 1_000_000) * 1000

    def _offset(self, time: int) -> float:
        return (time - self._store.anchor_ns) / _SECOND

    def _ns(self, offset: float) -> int:
        return self._store.anchor_ns + int(offset * _SECOND)


async def _ready(_request: web.Request) -> web.Response:
    return web.Response(text="ready\n")


def _parsed(given: MultiDict[str]) -> LogQuery | MetricQuery:
    return parse_logql(given.get("query", ""))


def _time(given: MultiDict[str], name: str, default: int) -> int:
    """Read nanoseconds, seconds with a fraction, seconds of at most ten digits, or RFC 3339."""
    text = given.get(name, "")
    if not text:
        return default
    try:
        if "." in text and "T" not in text:
            return int(float(text) * 1_000_000) * 1000
        if text.lstrip("-").isdigit():
            return int(text) * (_SECOND if len(text) <= 10 else 1)
        return int(datetime.fromisoformat(text).timestamp() * 1_000_000) * 1000
    except (ValueError, OverflowError):
        raise LogqlError(
            f"could not parse '{name}' parameter: parsing time \"{text}\" as RFC 3339"
        ) from None


def _since(given: MultiDict[str]) -> float:
    try:
        return duration_seconds(given["since"])
    except ValueError as error:
        raise LogqlError(f"could not parse 'since' parameter: {error}") from None


def _limit(given: MultiDict[str]) -> int:
    text = given.get("limit", str(DEFAULT_LIMIT))
    if not text.isdigit():
        raise LogqlError(f'could not parse limit: strconv.Atoi: parsing "{text}": invalid syntax')
    limit = int(text)
    if limit <= 0:
        raise LogqlError("limit must be a positive value")
    if limit > MOST_LINES:
        raise LogqlError(
            "max entries limit per query exceeded, limit > max_entries_limit_per_query "
            f"({limit} > {MOST_LINES})"
        )
    return limit


def _backward(given: MultiDict[str]) -> bool:
    direction = given.get("direction", "backward").lower()
    if direction not in ("backward", "forward"):
        raise LogqlError(f"invalid direction '{direction}'")
    return direction == "backward"


def _step(given: MultiDict[str], start: int, end: int) -> int:
    text = given.get("step", "")
    if not text:
        return max(1, (end - start) // _SECOND // 250) * _SECOND
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = duration_seconds(text)
        except ValueError:
            raise LogqlError(f'cannot parse "{text}" to a valid duration') from None
    if not 0 < seconds < 1e9:
        raise LogqlError(
            "zero or negative query resolution step widths are not accepted. Try a positive integer"
        )
    return int(seconds * _SECOND)


def _too_much(lines: int) -> LogqlError:
    size, limit = lines * BYTES_A_LINE / 1e6, MOST_LINES_READ * BYTES_A_LINE / 1e6
    return LogqlError(
        f"the query would read too many bytes (query: {size:.1f} MB, limit: {limit:.1f} MB); "
        "consider adding more specific stream selectors or reduce the time range of the query"
    )


def _seconds(time: int) -> float | int:
    return time // _SECOND if time % _SECOND == 0 else round(time / _SECOND, 3)


def _success(kind: str, result: list[Any]) -> dict[str, Any]:
    data = {"resultType": kind, "result": result, "stats": {"summary": {"execTime": 0.002}}}
    return {"status": "success", "data": data}
