"""The parts a PromQL expression is made of, and the error both halves of the evaluator raise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from opsbot.sandbox.series import Matcher

ValueType = Literal["scalar", "instant vector", "range vector"]
Arithmetic = Literal["+", "-", "*", "/"]
Comparison = Literal["==", "!=", ">", "<", ">=", "<="]
AggregateName = Literal["sum", "min", "max", "avg", "count"]


class PromqlError(Exception):
    """A query Prometheus would refuse; carries its errorType and the HTTP status."""

    def __init__(self, message: str, *, kind: str = "bad_data", status: int = 400) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Series by label; `window` seconds make it a range vector, `offset` looks back."""

    matchers: tuple[Matcher, ...]
    window: float | None = None
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """An aggregation over groups of labels."""

    name: AggregateName
    operand: Expression
    labels: tuple[str, ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Which labels pair the two sides of a binary operation; `on` or, if not, ignoring."""

    on: bool
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Two operands and what is between them; comparisons filter unless `as_bool`."""

    operator: Arithmetic | Comparison
    left: Expression
    right: Expression
    matching: Matching | None = None
    as_bool: bool = False


Expression = Number | Selector | Call | Aggregate | Binary
COMPARISONS = frozenset(("==", "!=", ">", "<", ">=", "<="))


def type_of(expression: Expression) -> ValueType:
    """Give the type an expression evaluates to."""
    if isinstance(expression, Number):
        return "scalar"
    if isinstance(expression, Selector):
        return "instant vector" if expression.window is None else "range vector"
    if isinstance(expression, Binary):
        sides = {type_of(expression.left), type_of(expression.right)}
        return "scalar" if sides == {"scalar"} else "instant vector"
    return "instant vector"
