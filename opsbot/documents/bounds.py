"""What a template may spend: so many steps, and texts so long. Counted, never timed, so that the
same template and record always end alike.

Jinja2's sandbox bounds `range` alone; here every loop, call, filter and comparison costs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

MOST_STEPS = 1_000_000  # a record of 5,000 entries takes the shipped template some 20,000
LONGEST_TEXT = 200_000  # characters of a text on its way; the document itself may be longer
LARGEST = 2**63
CALL = 10  # steps that a call costs by itself
_LARGEST_ARGUMENT, _LONGEST_ARGUMENT = 10_000, 1_000
_left: ContextVar[list[int]] = ContextVar("steps left")


@contextmanager
def budget() -> Generator[None]:
    """In here a template may spend `MOST_STEPS`."""
    token = _left.set([MOST_STEPS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int = 1) -> None:
    """Count steps. Raises SecurityError when there are none left."""
    left = _left.get([0])
    left[0] -= steps
    if left[0] < 0:
        raise SecurityError(f"it takes more than {MOST_STEPS:,} steps")


def weighed(value: Any) -> Any:
    """The value, its size counted. Raises SecurityError for a text or number that is too large."""
    if isinstance(value, str):
        spend(len(value) // 64 + 1)
        if len(value) > LONGEST_TEXT:
            raise SecurityError(f"it makes a text of more than {LONGEST_TEXT:,} characters")
    elif isinstance(value, int) and abs(value) >= LARGEST:
        raise SecurityError("it makes a number that is too large")
    else:
        spend(len(value) + 1 if isinstance(value, Sized) else 1)
    return value


# `pass_context` keeps Jinja2 from working them out while it compiles, when nothing is counted.


@pass_context
def _steps(_context: Context, value: Iterable[Any]) -> Iterator[Any]:
    for one in value:
        spend()
        yield one


@pass_context
def _weighed(_context: Context, value: Any) -> Any:
    return weighed(value)


@pass_context
def _joined(_context: Context, parts: list[Any]) -> str:
    return weighed("".join(weighed(str(part)) for part in parts))


@pass_context
def _small(_context: Context, value: Any) -> Any:
    """An argument of a filter, which may have something made that often."""
    if isinstance(value, int | float) and abs(value) > _LARGEST_ARGUMENT:
        raise SecurityError(f"it gives a filter a number above {_LARGEST_ARGUMENT:,}")
    if isinstance(value, str) and len(value) > _LONGEST_ARGUMENT:
        raise SecurityError(f"it gives a filter more than {_LONGEST_ARGUMENT:,} characters")
    return weighed(value)


FILTERS = {"_steps": _steps, "_weighed": _weighed, "_joined": _joined, "_small": _small}


class Counting(NodeTransformer):
    """Makes a template count what it does."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _through("_steps", node.iter, node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _through("_joined", nodes.List(node.nodes, lineno=node.lineno), node)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _through("_weighed", node.expr, node)
        for one in node.ops:
            one.expr = _through("_weighed", one.expr, node)
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Filter:
        self.generic_visit(node)
        if isinstance(node.node, nodes.Expr):
            node.node = _through("_weighed", node.node, node)
        node.args = [_through("_small", one, node) for one in node.args]
        for one in node.kwargs:
            one.value = _through("_small", one.value, node)
        return _through("_weighed", node, node)

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:
        self.generic_visit(node)
        node.filter = _through("_weighed", node.filter, node)
        return node


def _through(name: str, inner: Any, at: nodes.Node) -> nodes.Filter:
    made = nodes.Filter(inner, name, [], [], None, None, lineno=at.lineno)
    if at.environment is not None:
        made.set_environment(at.environment)
    return made
