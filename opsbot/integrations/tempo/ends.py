"""Where failing traces end, counted over whole searches, now and before.

Every system has some failing traces; what tells is an end that is new or far more frequent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from opsbot.core.evidence import Window
from opsbot.core.moment import lasting
from opsbot.core.text import count
from opsbot.integrations.tempo.spans import Hit

TIMES_MORE = 3.0
LEAST_TRACES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Failing traces of one window by the service they end at; `is_full` when the searches
    stopped at their limit, so that counts are least counts."""

    window: Window
    traces: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict[str, tuple[Hit, ...]])
    is_full: bool = False

    def count(self, service: str) -> int:
        return len(self.traces.get(service, ()))

    def first_at(self, service: str) -> datetime | None:
        """When the first of them was found to begin."""
        return min((hit.start for hit in self.traces.get(service, ())), default=None)


def ends_of(
    failing: Sequence[Hit],
    calls: Sequence[Hit],
    names: Mapping[str, str],
    *,
    window: Window,
    limit: int,
) -> Ends:
    """Count by end: the callee that no failing call leads on from, or else the one service that
    failed. Traces that fail in several services without a known call are left out."""
    found: dict[str, dict[str, Hit]] = {}
    known = {hit.trace_id for hit in calls}
    own = [hit for hit in failing if hit.trace_id not in known and len(hit.services) == 1]
    for hit in (*calls, *own):
        for end in hit.peers - hit.services if hit.peers else hit.services:
            found.setdefault(names.get(end, end), {})[hit.trace_id] = hit
    return Ends(
        window=window,
        traces={end: tuple(hits.values()) for end, hits in found.items()},
        is_full=max(len(failing), len(calls)) >= limit,
    )


def telling(now: Ends, before: Ends | None) -> Counter[str]:
    """The ends that are new or at least three times as frequent as before, with their counts.

    Without `before`, or when both searches were full, nothing can be compared and all count.
    """
    told: Counter[str] = Counter()
    for end, hits in now.traces.items():
        usual = 0.0
        if before is not None and not (now.is_full and before.is_full):
            usual = before.count(end) * (now.window.length / before.window.length)
        enough = before is None or len(hits) >= LEAST_TRACES
        if enough and len(hits) >= TIMES_MORE * usual:
            told[end] = len(hits)
    return told


def compared(service: str, now: Ends, before: Ends | None) -> str:
    """How many failing traces end at a service, and how many did before."""
    least = "at least " if now.is_full else ""
    words = f"{least}{count(now.count(service), 'failing trace')} found end there"
    if before is None:
        return f"{words} (nothing earlier to compare with)"
    earlier = f"{before.count(service)}{' or more' if before.is_full else ''}"
    shown = earlier if before.count(service) or before.is_full else "none"
    return f"{words} ({shown} in the {lasting(before.window.length)} before)"
