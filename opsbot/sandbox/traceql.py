"""Reads TraceQL: one span selector whose conditions are joined by && and ||, without brackets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from opsbot.sandbox.promql_lexer import unquoted
from opsbot.sandbox.spans import Attribute, Span

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<duration>[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h)\b)
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
  | (?P<field>(?:resource|span)?\.[A-Za-z_][\w.\-]*|[A-Za-z]+:[A-Za-z]+|[A-Za-z_]\w*(?:\.[\w.\-]+)?)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
  | (?P<operator>&&|\|\||=~|!~|!=|>=|<=|>>|<<|[={}<>()|~+\-*/^!,])
    """,
    re.VERBOSE,
)
_UNIT_NS = {
    "ns": 1.0,
    "us": 1e3,
    "µs": 1e3,
    "ms": 1e6,
    "s": 1e9,
    "m": 60e9,
    "h": 3600e9,
}
_STATUSES = ("error", "ok", "unset")
_KINDS = ("server", "client", "producer", "consumer", "internal", "unspecified")
_COMPARISONS = ("=", "!=", "=~", "!~", ">", "<", ">=", "<=")
_YACC_NAMES = {
    "field": "IDENTIFIER",
    "string": "STRING",
    "number": "INTEGER",
    "duration": "DURATION",
}

Value = str | float
Condition = Callable[[Span, Span], bool]
"""Says whether a span of a trace with a given root fulfils a condition."""


class TraceqlError(Exception):
    """A query Tempo would refuse; its text is the body of the 400."""


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """A disjunction of conjunctions of conditions on a span."""

    alternatives: tuple[tuple[Condition, ...], ...]
    fields: tuple[str, ...]
    """The attributes asked about, which an answer repeats on matching spans."""

    only_failed: bool
    """Whether every alternative demands status = error."""

    def matches(self, span: Span, root: Span) -> bool:
        """Say whether a span is one the query looks for."""
        return any(all(one(span, root) for one in every) for every in self.alternatives)


def parse_traceql(query: str) -> TraceQuery:
    """Read a query; raises TraceqlError, worded as Tempo does, for what cannot be evaluated."""
    return _Parser(query).query()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


class _Parser:
    """Reads one query from left to right."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = self._cut(query)
        self._index = 0
        self._fields: list[str] = []

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

    def _error(self, position: int, problem: str) -> TraceqlError:
        line = self._query.count("\n", 0, position) + 1
        column = position - self._query.rfind("\n", 0, position)
        return TraceqlError(
            f"invalid TraceQL query: parse error at line {line}, col {column}: {problem}"
        )

    def _unexpected(self, token: _Token) -> TraceqlError:
        shown = "$end" if token.kind == "end" else _YACC_NAMES.get(token.kind, token.text)
        return self._error(token.start, f"syntax error: unexpected {shown}")

    def _unsupported(self, token: _Token) -> TraceqlError:
        return self._error(
            token.start, f"the sandbox's Tempo does not evaluate {token.text!r} here"
        )

    @property
    def _next(self) -> _Token:
        return self._tokens[self._index]

    def _take(self) -> _Token:
        token = self._next
        self._index += 1
        return token

    def query(self) -> TraceQuery:
        first = self._take()
        if first.text == "(":
            raise self._unsupported(first)
        if first.text != "{":
            raise self._unexpected(first)
        alternatives: list[list[tuple[Condition, bool]]] = [[]]
        if self._next.text != "}":
            alternatives[-1].append(self._condition())
            while (joiner := self._take()).text in ("&&", "||"):
                if joiner.text == "||":
                    alternatives.append([])
                alternatives[-1].append(self._condition())
            self._index -= 1
        closing = self._take()
        if closing.text != "}":
            raise self._unexpected(closing)
        if self._next.kind != "end":
            raise self._unsupported(self._next)
        return TraceQuery(
            alternatives=tuple(tuple(one for one, _ in every) for every in alternatives),
            fields=tuple(self._fields),
            only_failed=all(any(failed for _, failed in every) for every in alternatives),
        )

    def _condition(self) -> tuple[Condition, bool]:
        token = self._take()
        if token.text in ("(", "!"):
            raise self._unsupported(token)
        if token.kind != "field":
            raise self._unexpected(token)
        read = self._reader(token)
        operator = self._take()
        if operator.text not in _COMPARISONS:
            raise self._unexpected(operator)
        value = self._value(token.text)
        test = self._test(operator, value)

        def condition(span: Span, root: Span) -> bool:
            found = read(span, root)
            return found is not None and test(found)

        return condition, (token.text, operator.text, value) == ("status", "=", "error")

    def _reader(self, token: _Token) -> Callable[[Span, Span], Value | None]:
        known = _INTRINSICS.get(token.text)
        if known is not None:
            return known
        for scope in ("resource.", "span.", "."):
            if token.text.startswith(scope):
                key = token.text.removeprefix(scope)
                if scope != "resource." or key != "service.name":
                    self._fields.append(key)
                return lambda span, _root: attribute_of(span, scope, key)
        raise self._unexpected(token)

    def _value(self, field: str) -> Value:
        token = self._take()
        if token.kind == "string":
            try:
                return unquoted(token.text)
            except ValueError as error:
                raise self._error(token.start, "invalid char escape") from error
        if token.kind == "duration":
            number = token.text.rstrip("nuµmsh")
            return float(number) * _UNIT_NS[token.text[len(number) :]]
        if token.kind == "number":
            return float(token.text)
        if (field == "status" and token.text in _STATUSES) or (
            field == "kind" and token.text in _KINDS
        ):
            return token.text
        raise self._unexpected(token)

    def _test(self, operator: _Token, value: Value) -> Callable[[Value], bool]:
        if operator.text in ("=~", "!~"):
            if not isinstance(value, str):
                raise self._error(operator.start, "regular expressions match strings only")
            try:
                pattern = re.compile(value)
            except re.error as error:
                raise self._error(operator.start, f"invalid regex: {error}") from error
            wanted = operator.text == "=~"
            return lambda found: (pattern.fullmatch(str(found)) is not None) == wanted
        return _compared(operator.text, value)


def attribute_of(span: Span, scope: str, key: str) -> Value | None:
    """Give an attribute by TraceQL scope (`resource.`, `span.` or `.` for both)."""
    resource: dict[str, Attribute] = {
        "service.name": span.service,
        "service.version": span.version,
        "k8s.pod.name": span.pod,
    }
    if scope != "resource." and key in span.attributes:
        return _plain(span.attributes[key])
    if scope != "span." and key in resource:
        return _plain(resource[key])
    return None


def _plain(value: Attribute) -> Value:
    return float(value) if isinstance(value, int) else value


def _compared(operator: str, value: Value) -> Callable[[Value], bool]:
    def test(found: Value) -> bool:
        if isinstance(found, str) or isinstance(value, str):
            if type(found) is not type(value):
                return False
            return (found == value) if operator == "=" else operator == "!=" and found != value
        outcomes = {
            "=": found == value,
            "!=": found != value,
            ">": found > value,
            "<": found < value,
            ">=": found >= value,
            "<=": found <= value,
        }
        return outcomes[operator]

    return test


_INTRINSICS: dict[str, Callable[[Span, Span], Value | None]] = {
    "name": lambda span, _root: span.name,
    "status": lambda span, _root: span.status,
    "statusMessage": lambda span, _root: span.message or None,
    "kind": lambda span, _root: span.kind,
    "duration": lambda span, _root: float(span.end - span.start),
    "traceDuration": lambda _span, root: float(root.end - root.start),
    "rootName": lambda _span, root: root.name,
    "rootServiceName": lambda _span, root: root.service,
}
