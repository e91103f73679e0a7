"""Which traces are searched for, which of those are read, and which of these are told as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from opsbot.integrations._query_text import any_of
from opsbot.integrations.tempo.failing_path import Failure
from opsbot.integrations.tempo.spans import Hit, Span

Read = tuple[Hit, list[Span], Failure]
"""A trace that was read in full, and how it fails."""


def queries_for(names: Iterable[str]) -> tuple[str, str]:
    """What finds failing spans, and what finds failing calls together with whom they called."""
    condition = f'resource.service.name =~ "{any_of(names)}" && status = error'
    # Tempo repeats on each span only the attributes a query speaks of.
    calls = f'{{ {condition} && kind = client && span.peer.service != "" }}'
    return f"{{ {condition} }}", calls


def failing_hits(found: Mapping[str, Sequence[Hit]]) -> list[Hit]:
    """Every failing trace of the window, as both searches found it."""
    return [*found.get("failing traces", ()), *found.get("failing calls", ())]


def chosen_traces(hits: Sequence[Hit], first_service: str, most: int) -> list[Hit]:
    """A few traces that differ: those through the paged service first, one of each kind of
    request before a second one."""
    newest_first = sorted(hits, key=lambda hit: hit.start, reverse=True)
    ranked = sorted(newest_first, key=lambda hit: first_service not in hit.services)
    turns: Counter[tuple[str, str]] = Counter()
    order: list[tuple[int, Hit]] = []
    for hit in ranked:
        order.append((turns[hit.root], hit))
        turns[hit.root] += 1
    return [hit for _, hit in sorted(order, key=lambda turn: turn[0])][:most]


def alike(read: Sequence[Read]) -> list[list[Read]]:
    """Traces that fail the same way, as one."""

    def way(one: Read) -> tuple[str, ...]:
        return (*one[2].path, str(one[2].unanswered))

    return [list(group) for _, group in groupby(sorted(read, key=way), key=way)]
