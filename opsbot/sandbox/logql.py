"""Reads LogQL: stream selectors, line filters, counts and rates over ranges, one aggregation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from opsbot.sandbox.promql_lexer import duration_seconds, unquoted
from opsbot.sandbox.series import Matcher, MatchOperator, matcher

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![a-zA-Z_0-9]))
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<name>[a-zA-Z_][a-zA-Z0-9_]*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
  | (?P<operator>\|=|\|~|!=|!~|=~|[={}()\[\],|+\-*/<>])
    """,
    re.VERBOSE,
)
_FILTERS = ("|=", "!=", "|~", "!~")
_RANGES = ("count_over_time", "rate")
_AGGREGATES = ("sum", "min", "max", "avg", "count")
_YACC_NAMES = {"name": "IDENTIFIER", "string": "STRING", "number": "NUMBER", "duration": "DURATION"}
_EMPTY_COMPATIBLE = (
    "parse error : queries require at least one regexp or equality matcher that does not have an "
    'empty-compatible value. For instance, app=~".*" does not meet this requirement, but '
    'app=~".+" will'
)


class LogqlError(Exception):
    """A query Loki would refuse; its text is the body of the 400."""


@dataclass(frozen=True, slots=True)
class LineFilter:
    """One condition on the text of a line."""

    negated: bool
    found: Callable[[str], bool]

    def passes(self, text: str) -> bool:
        """Say whether a line passes."""
        return self.found(text) != self.negated


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Streams by label, then lines by text."""

    matchers: tuple[Matcher, ...]
    filters: tuple[LineFilter, ...] = ()

    def passes(self, text: str) -> bool:
        """Say whether a line passes every filter."""
        return all(one.passes(text) for one in self.filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """Counts (or lines a second) of a log query over `window` seconds, perhaps aggregated."""

    logs: LogQuery
    function: Literal["count_over_time", "rate"]
    window: float
    aggregate: Literal["sum", "min", "max", "avg", "count"] | None = None
    labels: tuple[str, ...] = ()
    without: bool = False


def parse_logql(query: str) -> LogQuery | MetricQuery:
    """Read a query; raises LogqlError, worded as Loki does, for what cannot be evaluated."""
    parser = _Parser(query)
    return parser.query()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Parser:
    """Recursive descent over one query."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = self._cut(query)
        self._index = 0

    def _cut(self, query: str) -> list[_Token]:
        tokens: list[_Token] = []
        position = 0
        while position < len(query):
            match = _TOKEN.match(query, position)
            if match is None:
                raise self._error(position, f"syntax error: unexpected {query[position]!r}")
            if match.lastgroup != "space":
                tokens.append(_Token(match.lastgroup or "", match.group(), position))
            position = match.end()
        return [*tokens, _Token("end", "", len(query))]

    def _error(self, position: int, problem: str) -> LogqlError:
        line = self._query.count("\n", 0, position) + 1
        column = position - self._query.rfind("\n", 0, position)
        return LogqlError(f"parse error at line {line}, col {column}: {problem}")

    @property
    def _next(self) -> _Token:
        return self._tokens[self._index]

    def _take(self) -> _Token:
        token = self._next
        self._index += 1
        return token

    def _takes(self, *texts: str) -> _Token | None:
        if self._next.kind in ("operator", "name") and self._next.text in texts:
            return self._take()
        return None

    def _unexpected(self, token: _Token | None = None) -> LogqlError:
        found = token or self._next
        if found.kind == "end":
            return self._error(found.start, "syntax error: unexpected $end")
        shown = _YACC_NAMES.get(found.kind, found.text)
        return self._error(found.start, f"syntax error: unexpected {shown}")

    def _expect(self, text: str) -> None:
        if self._takes(text) is None:
            raise self._unexpected()

    def query(self) -> LogQuery | MetricQuery:
        if self._next.text == "{":
            found: LogQuery | MetricQuery = self._logs()
        elif self._next.text in _RANGES:
            found = self._range()
        elif self._next.text in _AGGREGATES:
            found = self._aggregate()
        elif self._next.kind == "name":
            raise self._unsupported(self._next.text)
        else:
            raise self._unexpected()
        if self._next.kind != "end":
            raise self._unexpected()
        return found

    def _unsupported(self, construct: str) -> LogqlError:
        return self._error(self._next.start, f"the sandbox's Loki does not evaluate {construct!r}")

    def _aggregate(self) -> MetricQuery:
        name = self._take().text
        grouping = self._takes("by", "without")
        labels = self._label_list() if grouping else ()
        self._expect("(")
        if self._next.text not in _RANGES:
            raise self._unsupported(self._next.text)
        inner = self._range()
        self._expect(")")
        if grouping is None:
            grouping = self._takes("by", "without")
            labels = self._label_list() if grouping else ()
        return MetricQuery(
            logs=inner.logs,
            function=inner.function,
            window=inner.window,
            aggregate=cast("Literal['sum', 'min', 'max', 'avg', 'count']", name),
            labels=labels,
            without=grouping is not None and grouping.text == "without",
        )

    def _range(self) -> MetricQuery:
        function = self._take().text
        self._expect("(")
        matchers = self._matchers()
        window = self._window()
        filters = self._filters()
        if window is None:
            window = self._window()
        if window is None:
            raise self._unexpected()
        self._expect(")")
        return MetricQuery(
            logs=LogQuery(matchers=matchers, filters=filters),
            function="rate" if function == "rate" else "count_over_time",
            window=window,
        )

    def _window(self) -> float | None:
        if not self._takes("["):
            return None
        token = self._take()
        if token.kind != "duration":
            raise self._unexpected(token)
        self._expect("]")
        return duration_seconds(token.text)

    def _logs(self) -> LogQuery:
        return LogQuery(matchers=self._matchers(), filters=self._filters())

    def _matchers(self) -> tuple[Matcher, ...]:
        self._expect("{")
        matchers: list[Matcher] = []
        while not self._takes("}"):
            if matchers:
                self._expect(",")
            matchers.append(self._matcher())
        if not any(one.operator in ("=", "=~") and not one.matches("") for one in matchers):
            raise LogqlError(_EMPTY_COMPATIBLE)
        return tuple(matchers)

    def _matcher(self) -> Matcher:
        if self._next.kind != "name":
            raise self._unexpected()
        label = self._take().text
        operator = self._takes("=", "!=", "=~", "!~")
        if operator is None:
            raise self._unexpected()
        literal = self._string()
        try:
            return matcher(label, cast("MatchOperator", operator.text), literal)
        except re.error as error:
            raise LogqlError(f"parse error : error parsing regexp: {error}") from error

    def _string(self) -> str:
        token = self._take()
        if token.kind != "string":
            raise self._unexpected(token)
        try:
            return unquoted(token.text)
        except ValueError as error:
            raise self._error(token.start, "invalid char escape") from error

    def _filters(self) -> tuple[LineFilter, ...]:
        filters: list[LineFilter] = []
        while self._next.text in _FILTERS:
            operator = self._take().text
            filters.append(_line_filter(operator, self._string()))
        if self._takes("|"):
            raise self._unsupported(self._next.text)
        return tuple(filters)

    def _label_list(self) -> tuple[str, ...]:
        self._expect("(")
        labels: list[str] = []
        while not self._takes(")"):
            if labels:
                self._expect(",")
            if self._next.kind != "name":
                raise self._unexpected()
            labels.append(self._take().text)
        return tuple(labels)


def _line_filter(operator: str, text: str) -> LineFilter:
    negated = operator.startswith("!")
    if operator in ("|=", "!="):
        return LineFilter(negated, lambda line: text in line)
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise LogqlError(f"parse error : error parsing regexp: {error}") from error
    return LineFilter(negated, lambda line: pattern.search(line) is not None)
