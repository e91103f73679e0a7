"""Reads PromQL text into an expression; what it does not know it refuses by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from opsbot.sandbox.promql_ast import (
    COMPARISONS,
    Aggregate,
    AggregateName,
    Arithmetic,
    Binary,
    Call,
    Comparison,
    Expression,
    Matching,
    Number,
    PromqlError,
    Selector,
    ValueType,
    type_of,
)
from opsbot.sandbox.promql_lexer import Token, duration_seconds, parse_error, tokens_of, unquoted
from opsbot.sandbox.series import Matcher, MatchOperator, matcher

FUNCTIONS: dict[str, tuple[ValueType, ...]] = {
    "rate": ("range vector",),
    "increase": ("range vector",),
    "avg_over_time": ("range vector",),
    "min_over_time": ("range vector",),
    "max_over_time": ("range vector",),
    "sum_over_time": ("range vector",),
    "count_over_time": ("range vector",),
    "last_over_time": ("range vector",),
    "absent": ("instant vector",),
    "timestamp": ("instant vector",),
    "histogram_quantile": ("scalar", "instant vector"),
}
AGGREGATES: tuple[str, ...] = ("sum", "min", "max", "avg", "count")
_REFUSED_OPERATORS = ("%", "^", "and", "or", "unless", "atan2")
_REFUSED_WORDS = ("group_left", "group_right")
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("==", "!=", ">", "<", ">=", "<="),
    ("+", "-"),
    ("*", "/"),
)


def parse(query: str) -> Expression:
    """Read a query; raises PromqlError, worded as Prometheus does, for what cannot be evaluated."""
    parser = _Parser(query)
    expression = parser.expression()
    parser.expect_end()
    return expression


def parse_selector(text: str) -> Selector:
    """Read a series selector as in match[]; raises PromqlError."""
    parser = _Parser(text)
    expression = parser.expression()
    parser.expect_end()
    if not isinstance(expression, Selector) or expression.window is not None:
        raise PromqlError('invalid parameter "match[]": expected an instant vector selector')
    return expression


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = tokens_of(query)
        self._index = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._index]

    def _take(self) -> Token:
        token = self._next
        self._index += 1
        return token

    def _takes(self, *texts: str) -> Token | None:
        if self._next.kind in ("operator", "name") and self._next.text in texts:
            return self._take()
        return None

    def _fail(self, problem: str, token: Token | None = None) -> PromqlError:
        return parse_error(self._query, (token or self._next).start, problem)

    def _expect(self, text: str, where: str) -> None:
        if self._takes(text) is None:
            raise self._fail(f'unexpected {self._shown()} in {where}, expected "{text}"')

    def _shown(self) -> str:
        token = self._next
        return "end of input" if token.kind == "end" else f"{token.kind} {token.text!r}"

    def expect_end(self) -> None:
        if self._next.kind == "end":
            return
        if self._next.text in _REFUSED_OPERATORS:
            raise self._unsupported(self._next.text)
        raise self._fail(f"unexpected {self._shown()}")

    def _unsupported(self, construct: str) -> PromqlError:
        return self._fail(f"the sandbox's Prometheus does not evaluate {construct!r}")

    def expression(self, level: int = 0) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self.expression(level + 1)
        while (token := self._takes(*_LEVELS[level])) is not None:
            as_bool = self._takes("bool") is not None
            matching = self._matching()
            right = self.expression(level + 1)
            left = self._binary(token, left, right, matching, as_bool=as_bool)
        return left

    def _binary(
        self,
        token: Token,
        left: Expression,
        right: Expression,
        matching: Matching | None,
        *,
        as_bool: bool,
    ) -> Binary:
        types = (type_of(left), type_of(right))
        comparison = token.text in COMPARISONS
        if "range vector" in types:
            raise self._fail(
                "binary expression must contain only scalar and instant vector types", token
            )
        if as_bool and not comparison:
            raise self._fail("bool modifier can only be used on comparison operators", token)
        if comparison and types == ("scalar", "scalar") and not as_bool:
            raise self._fail("comparisons between scalars must use BOOL modifier", token)
        if matching is not None and "scalar" in types:
            raise self._fail("vector matching only allowed between instant vectors", token)
        operator = cast("Arithmetic | Comparison", token.text)
        return Binary(operator=operator, left=left, right=right, matching=matching, as_bool=as_bool)

    def _matching(self) -> Matching | None:
        word = self._takes("on", "ignoring")
        if word is None:
            return None
        labels = self._label_list()
        if self._next.text in _REFUSED_WORDS:
            raise self._unsupported(self._next.text)
        return Matching(on=word.text == "on", labels=labels)

    def _unary(self) -> Expression:
        sign = self._takes("-", "+")
        if sign is None:
            return self._primary()
        operand = self._unary()
        if sign.text == "+":
            return operand
        if isinstance(operand, Number):
            return Number(value=-operand.value)
        return Binary(operator="*", left=Number(value=-1.0), right=operand)

    def _primary(self) -> Expression:
        token = self._next
        if token.kind == "number":
            self._take()
            return Number(value=float(token.text))
        if self._takes("("):
            inner = self.expression()
            if self._next.text in _REFUSED_OPERATORS:
                raise self._unsupported(self._next.text)
            self._expect(")", "paren expression")
            return inner
        if token.kind == "name":
            return self._named()
        if token.text == "{":
            return self._selector(None)
        raise self._fail(f"unexpected {self._shown()}")

    def _named(self) -> Expression:
        token = self._take()
        following = self._next.text
        if token.text in AGGREGATES and following in ("(", "by", "without"):
            return self._aggregate(cast("AggregateName", token.text))
        if following == "(":
            return self._call(token)
        if following in ("by", "without"):
            raise self._fail(f"the sandbox's Prometheus does not evaluate {token.text!r}", token)
        return self._selector(token)

    def _aggregate(self, name: AggregateName) -> Aggregate:
        grouping = self._takes("by", "without")
        labels = self._label_list() if grouping else ()
        self._expect("(", "aggregation")
        operand = self.expression()
        self._expect(")", "aggregation")
        if grouping is None:
            grouping = self._takes("by", "without")
            labels = self._label_list() if grouping else ()
        if type_of(operand) != "instant vector":
            raise self._fail(
                f"expected type instant vector in aggregation expression, got {type_of(operand)}"
            )
        without = grouping is not None and grouping.text == "without"
        return Aggregate(name=name, operand=operand, labels=labels, without=without)

    def _call(self, token: Token) -> Call:
        expected = FUNCTIONS.get(token.text)
        if expected is None:
            known = ", ".join(FUNCTIONS)
            problem = f"unknown function with name {token.text!r} (the sandbox knows {known})"
            raise self._fail(problem, token)
        arguments = self._list("function call", self.expression)
        if len(arguments) != len(expected):
            raise self._fail(
                f'expected {len(expected)} argument(s) in call to "{token.text}", '
                f"got {len(arguments)}",
                token,
            )
        for argument, wanted in zip(arguments, expected, strict=True):
            if type_of(argument) != wanted:
                raise self._fail(
                    f'expected type {wanted} in call to function "{token.text}", '
                    f"got {type_of(argument)}",
                    token,
                )
        return Call(name=token.text, arguments=arguments)

    def _list(self, where: str, read: Callable[[], Expression]) -> tuple[Expression, ...]:
        self._expect("(", where)
        found: list[Expression] = []
        while not self._takes(")"):
            if found:
                self._expect(",", where)
            found.append(read())
        return tuple(found)

    def _label_list(self) -> tuple[str, ...]:
        self._expect("(", "grouping opts")
        labels: list[str] = []
        while not self._takes(")"):
            if labels:
                self._expect(",", "grouping opts")
                if self._takes(")"):
                    break
            if self._next.kind != "name":
                raise self._fail(f"unexpected {self._shown()} in grouping opts, expected label")
            labels.append(self._take().text)
        return tuple(labels)

    def _selector(self, name: Token | None) -> Selector:
        matchers: list[Matcher] = []
        if name is not None:
            matchers.append(matcher("__name__", "=", name.text))
        if self._takes("{"):
            matchers += self._matchers()
        if all(one.matches("") for one in matchers):
            raise self._fail("vector selector must contain at least one non-empty matcher", name)
        window = self._window()
        return Selector(matchers=tuple(matchers), window=window, offset=self._offset())

    def _matchers(self) -> list[Matcher]:
        matchers: list[Matcher] = []
        while not self._takes("}"):
            if matchers:
                self._expect(",", "label matching")
                if self._takes("}"):
                    break
            matchers.append(self._matcher())
        return matchers

    def _matcher(self) -> Matcher:
        if self._next.kind != "name":
            raise self._fail(
                f'unexpected {self._shown()} in label matching, expected identifier or "}}"'
            )
        label = self._take().text
        operator = self._takes("=", "!=", "=~", "!~")
        if operator is None:
            raise self._fail(
                f"unexpected {self._shown()} in label matching, expected label matching operator"
            )
        literal = self._take()
        if literal.kind != "string":
            problem = f"unexpected {literal.text!r} in label matching, expected string"
            raise self._fail(problem, literal)
        try:
            return matcher(label, cast("MatchOperator", operator.text), unquoted(literal.text))
        except re.error as error:
            raise self._fail(f"error parsing regexp: {error}", literal) from error
        except ValueError as error:
            raise self._fail(str(error), literal) from error

    def _window(self) -> float | None:
        if not self._takes("["):
            return None
        seconds = self._duration("range")
        if self._next.text != "]":
            raise self._fail(
                f"unexpected {self._shown()} in range (subqueries are not evaluated here)"
            )
        self._take()
        return seconds

    def _offset(self) -> float:
        if self._next.text == "@":
            raise self._unsupported("@")
        if not self._takes("offset"):
            return 0.0
        sign = -1.0 if self._takes("-") else 1.0
        return sign * self._duration("offset")

    def _duration(self, where: str) -> float:
        token = self._take()
        if token.kind != "duration":
            raise self._fail(f"unexpected {token.text!r} in {where}, expected duration", token)
        seconds = duration_seconds(token.text)
        if seconds <= 0:
            raise self._fail("duration must be greater than 0", token)
        return seconds
