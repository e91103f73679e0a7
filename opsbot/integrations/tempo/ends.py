"""Where failing traces end, counted over whole searches, now and before.

Every system has some failing traces; what tells is an end that is new or far more frequent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from opsbot.core.evidence import Window
from opsbot.core.moment import lasting
from opsbot.core.text import count
from opsbot.integrations.tempo.spans import Hit

TIMES_MORE = 3.0
CHANCE = 0.05


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
    """The ends that are new or clearly more frequent than before, with their counts.

    Without `before`, or when both searches were full, nothing can be compared and all count.
    """
    told: Counter[str] = Counter()
    for end in now.traces:
        if before is None or (now.is_full and before.is_full) or _clearly_more(end, now, before):
            told[end] = now.count(end)
    return told


def _clearly_more(end: str, now: Ends, before: Ends) -> bool:
    """Three times as many, and not by chance: were both windows alike, so many would fall into
    this one less than one time in twenty (a binomial test)."""
    many, few = now.count(end), before.count(end)
    share = now.window.length / (now.window.length + before.window.length)
    if many * before.window.length < TIMES_MORE * few * now.window.length:
        return False
    total = many + few
    by_chance = sum(math.exp(_log_chance(total, k, share)) for k in range(many, total + 1))
    return by_chance <= CHANCE


def _log_chance(total: int, k: int, share: float) -> float:
    """The logarithm of the binomial probability of k among `total`."""
    ways = math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
    return ways + k * math.log(share) + (total - k) * math.log1p(-share)


def compared(service: str, now: Ends, before: Ends | None) -> str:
    """How many failing traces end at a service, and how many did before."""
    least = "at least " if now.is_full else ""
    words = f"{least}{count(now.count(service), 'failing trace')} found end there"
    if before is None:
        return f"{words} (nothing earlier to compare with)"
    earlier = f"{before.count(service)}{' or more' if before.is_full else ''}"
    shown = earlier if before.count(service) or before.is_full else "none"
    return f"{words} ({shown} in the {lasting(before.window.length)} before)"
