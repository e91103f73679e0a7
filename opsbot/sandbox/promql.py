"""Evaluates PromQL over a grid of times: part of the language, done as Prometheus does it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from opsbot.sandbox.promql_ast import (
    Aggregate,
    Binary,
    Call,
    Expression,
    Number,
    PromqlError,
    Selector,
    type_of,
)
from opsbot.sandbox.promql_functions import (
    AGGREGATED,
    OVER_TIME,
    OverRange,
    collected,
    histogram_quantile,
    increases,
    rates,
    window_at,
)
from opsbot.sandbox.promql_parser import parse
from opsbot.sandbox.promql_vector import (
    OPERATIONS,
    Column,
    LabelSet,
    Scalar,
    Vector,
    between_vectors,
    group_key,
    nameless,
    nonempty,
    with_scalar,
)
from opsbot.sandbox.series import Sample, Series, SeriesSource

LOOKBACK = 300.0
"""Seconds after which a sample no longer counts as current."""

MOST_SAMPLES = 10_000_000
"""Samples one query may load, a fifth of Prometheus' own default."""


def evaluate(
    query: str,
    source: SeriesSource,
    times: Sequence[float],
    *,
    most_samples: int = MOST_SAMPLES,
) -> Scalar | Vector:
    """Evaluate a query at each time (seconds); raises PromqlError where Prometheus refuses."""
    expression = parse(query)
    if type_of(expression) == "range vector":
        raise PromqlError(
            'invalid parameter "query": invalid expression type "range vector" for this query, '
            "must be Scalar or instant Vector"
        )
    return _Evaluation(source, times, most_samples).value(expression)


class _Evaluation:
    """One query being evaluated over one grid of times."""

    def __init__(self, source: SeriesSource, times: Sequence[float], most_samples: int) -> None:
        self._source = source
        self._times = times
        self._oldest, self._newest = source.scrapes()
        self._interval = source.interval
        self._loaded = 0
        self._most_samples = most_samples

    def value(self, expression: Expression) -> Scalar | Vector:
        if isinstance(expression, Number):
            return [expression.value] * len(self._times)
        if isinstance(expression, Selector):
            return self._instant(expression)
        if isinstance(expression, Aggregate):
            return self._aggregate(expression)
        if isinstance(expression, Binary):
            return self._binary(expression)
        return self._call(expression)

    def vector(self, expression: Expression) -> Vector:
        return [one for one in self.value(expression) if isinstance(one, Column)]

    def scalar(self, expression: Expression) -> Scalar:
        return [one for one in self.value(expression) if not isinstance(one, Column)]

    # Selectors

    def _samples(self, series: Series, first: int, last: int) -> list[Sample]:
        """Give the samples of scrapes first..last, with None outside what was scraped."""
        self._loaded += max(0, last - first + 1)
        if self._loaded > self._most_samples:
            raise PromqlError(
                "query processing would load too many samples into memory in query execution",
                kind="execution",
                status=422,
            )
        begin, stop = max(first, self._oldest), min(last, self._newest)
        if stop < begin:
            return [None] * (last - first + 1)
        inside = series.samples(begin, stop)
        return [None] * (begin - first) + list(inside) + [None] * (last - stop)

    def _current_scrapes(self, selector: Selector) -> tuple[int, list[int]]:
        newest = [
            min(math.floor((time - selector.offset) / self._interval), self._newest)
            for time in self._times
        ]
        base = min(newest) - int(LOOKBACK // self._interval)
        return max(base, self._oldest), newest

    def _picked(self, selector: Selector) -> list[tuple[Series, list[tuple[int, float] | None]]]:
        """Give, for each series and time, the current sample with the scrape it comes from."""
        base, newest = self._current_scrapes(selector)
        picked: list[tuple[Series, list[tuple[int, float] | None]]] = []
        for series in self._source.select(selector.matchers):
            samples = self._samples(series, base, max(newest))
            column: list[tuple[int, float] | None] = []
            for time, scrape in zip(self._times, newest, strict=True):
                oldest = math.floor((time - selector.offset - LOOKBACK) / self._interval) + 1
                column.append(_latest(samples, base, oldest, scrape))
            picked.append((series, column))
        return picked

    def _instant(self, selector: Selector) -> Vector:
        return nonempty(
            Column(dict(series.labels), [None if one is None else one[1] for one in column])
            for series, column in self._picked(selector)
        )

    def _over_range(self, selector: Expression, change: OverRange) -> Vector:
        if not isinstance(selector, Selector) or selector.window is None:
            raise PromqlError("only a range selector has samples over a range")
        windows = [
            window_at(
                time - selector.offset, selector.window, self._oldest, self._newest, self._interval
            )
            for time in self._times
        ]
        base = min(window.first for window in windows)
        last = max(window.last for window in windows)
        return nonempty(
            Column(
                nameless(series.labels), change(self._samples(series, base, last), base, windows)
            )
            for series in self._source.select(selector.matchers)
        )

    # Functions

    def _call(self, call: Call) -> Vector:
        if call.name == "increase":
            return self._over_range(call.arguments[0], increases)
        if call.name == "rate":
            return self._over_range(call.arguments[0], rates)
        if call.name in OVER_TIME:
            collect = partial(collected, OVER_TIME[call.name])
            return self._over_range(call.arguments[0], collect)
        if call.name == "absent":
            return self._absent(call.arguments[0])
        if call.name == "timestamp":
            return self._timestamp(call.arguments[0])
        return self._quantile(self.scalar(call.arguments[0]), self.vector(call.arguments[1]))

    def _absent(self, argument: Expression) -> Vector:
        columns = self.vector(argument)
        values: list[Sample] = [
            None if any(column.values[index] is not None for column in columns) else 1.0
            for index in range(len(self._times))
        ]
        labels: dict[str, str] = {}
        if isinstance(argument, Selector):
            labels = {
                one.name: one.value
                for one in argument.matchers
                if one.operator == "=" and one.name != "__name__"
            }
        return nonempty([Column(labels, values)])

    def _timestamp(self, argument: Expression) -> Vector:
        if isinstance(argument, Selector):
            return nonempty(
                Column(
                    nameless(series.labels),
                    [None if one is None else float(one[0] * self._interval) for one in column],
                )
                for series, column in self._picked(argument)
            )
        return [
            Column(
                nameless(column.labels),
                [
                    None if value is None else time
                    for time, value in zip(self._times, column.values, strict=True)
                ],
            )
            for column in self.vector(argument)
        ]

    def _quantile(self, quantiles: Scalar, buckets: Vector) -> Vector:
        groups: dict[LabelSet, list[tuple[float, Column]]] = {}
        for column in buckets:
            bound = _bound(column.labels.get("le", ""))
            if bound is not None:
                labels = {
                    name: v for name, v in column.labels.items() if name not in ("le", "__name__")
                }
                groups.setdefault(tuple(sorted(labels.items())), []).append((bound, column))
        columns: Vector = []
        for key, members in groups.items():
            members.sort(key=lambda member: member[0])
            values: list[Sample] = []
            for index, quantile in enumerate(quantiles):
                present = [
                    (bound, value)
                    for bound, column in members
                    if (value := column.values[index]) is not None
                ]
                values.append(histogram_quantile(quantile, present) if present else None)
            columns.append(Column(dict(key), values))
        return nonempty(columns)

    # Aggregations

    def _aggregate(self, aggregate: Aggregate) -> Vector:
        groups: dict[LabelSet, list[list[Sample]]] = {}
        for column in self.vector(aggregate.operand):
            key = group_key(column.labels, aggregate.labels, without=aggregate.without)
            groups.setdefault(key, []).append(column.values)
        collect = AGGREGATED[aggregate.name]
        return nonempty(
            Column(
                dict(key), [_collected(collect, values) for values in zip(*members, strict=True)]
            )
            for key, members in groups.items()
        )

    def _binary(self, binary: Binary) -> Scalar | Vector:
        left, right = binary.left, binary.right
        scalars = (type_of(left) == "scalar", type_of(right) == "scalar")
        if all(scalars):
            work = OPERATIONS[binary.operator]
            pairs = zip(self.scalar(left), self.scalar(right), strict=True)
            return [work(one, other) for one, other in pairs]
        if scalars[0]:
            return with_scalar(binary, self.vector(right), self.scalar(left), swapped=True)
        if scalars[1]:
            return with_scalar(binary, self.vector(left), self.scalar(right), swapped=False)
        return between_vectors(binary, self.vector(left), self.vector(right))


def _latest(
    samples: Sequence[Sample], base: int, oldest: int, newest: int
) -> tuple[int, float] | None:
    for scrape in range(newest, max(oldest, base) - 1, -1):
        value = samples[scrape - base]
        if value is not None:
            return scrape, value
    return None


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _collected(collect: Callable[[list[float]], float], values: Sequence[Sample]) -> Sample:
    present = [value for value in values if value is not None]
    return collect(present) if present else None
