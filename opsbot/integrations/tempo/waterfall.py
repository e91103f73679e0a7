"""One trace as a waterfall: a row for each call, in the order in which people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from opsbot.core import series as drawn
from opsbot.core.text import inert
from opsbot.integrations.tempo.spans import Span, moment

_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The spans of a trace by who started whom, and from when its clock runs."""

    children: Mapping[str, Sequence[Span]]
    roots: Sequence[Span]
    origin: int  # nanoseconds
    names: Mapping[str, str]

    def callee(self, span: Span) -> Span | None:
        """The one span of another service that answers a client span."""
        others = [one for one in self.children.get(span.id, ()) if one.service != span.service]
        return others[0] if span.kind == "client" and len(others) == 1 else None


def waterfall_of(
    spans: Sequence[Span], names: Mapping[str, str], *, trace_id: str, link: str = ""
) -> drawn.Waterfall | None:
    """The trace as at most `MOST_SPANS` rows; None when no span of it says when it began.

    A call and the answer to it are one row unless only one of them failed. What is left out of
    a large trace is what neither failed nor led to a failure, the deepest and shortest first.
    """
    timed = [span for span in spans if span.start_ns > 0]
    if not timed:
        return None
    tree = _tree(timed, names)
    rows = list(_rows(tree))
    kept = _kept(rows)
    return drawn.Waterfall(
        trace_id=trace_id, at=moment(tree.origin), spans=tuple(kept), link=link,
        left_out=len(rows) - len(kept),
    )  # fmt: skip


def _tree(spans: Sequence[Span], names: Mapping[str, str]) -> Tree:
    known = {span.id: span for span in sorted(spans, key=lambda one: (one.start_ns, one.id))}
    children: dict[str, list[Span]] = {}
    roots: list[Span] = []
    for span in known.values():
        is_root = span.parent not in known or span.parent == span.id
        (roots if is_root else children.setdefault(span.parent, [])).append(span)
    origin = min(span.start_ns for span in known.values())
    return Tree(children=children, roots=roots, origin=origin, names=names)


def _rows(tree: Tree) -> Iterator[drawn.Span]:
    """Every row, callers before what they call. Spans that are each other's parents have no
    root and are not reached."""
    waiting = [(span, 0) for span in reversed(tree.roots)]
    while waiting:
        span, depth = waiting.pop()
        callee = tree.callee(span)
        folded = callee is not None and callee.failed == span.failed
        if not folded:
            yield _row(span, depth, tree)
        below = depth if folded else depth + 1
        waiting += [(one, below) for one in reversed(tree.children.get(span.id, ()))]


def _row(span: Span, depth: int, tree: Tree) -> drawn.Span:
    service, name = span.service, span.name
    is_call = span.kind == "client" and not tree.children.get(span.id)
    if is_call and span.peer:  # nobody else tells of the other side
        service, name = span.peer, f"called by {tree.names.get(span.service, span.service)}"
    unanswered = is_call and span.failed and not span.answered
    return drawn.Span(
        service=inert(tree.names.get(service, service), _LONGEST),
        name=inert(name, _LONGEST),
        start=(span.start_ns - tree.origin) / 1e9,
        length=span.seconds,
        depth=depth,
        failed=span.failed,
        note=inert(_note(span), 160) if span.failed else "",
        unanswered=unanswered,
    )


def _note(span: Span) -> str:
    if span.message:
        return span.message
    return f"answered with {span.answered}" if span.kind == "client" and span.answered else ""


def _kept(rows: Sequence[drawn.Span]) -> list[drawn.Span]:
    """The rows that fit: those on the way to a failure first, then the nearest to the root."""
    leads = _leading_to_failure(rows)
    order = sorted(
        range(len(rows)), key=lambda n: (not leads[n], rows[n].depth, -rows[n].length, n)
    )
    return [rows[n] for n in sorted(order[: drawn.MOST_SPANS])]


def _leading_to_failure(rows: Sequence[drawn.Span]) -> list[bool]:
    """Whether each row failed or has a failing one below it, seen from the last row up."""
    leads = [row.failed for row in rows]
    open_at: int | None = None  # the depth of the failing row seen last
    for n in range(len(rows) - 1, -1, -1):
        if open_at is not None and rows[n].depth < open_at:
            leads[n] = True
        if leads[n]:
            open_at = rows[n].depth
    return leads
