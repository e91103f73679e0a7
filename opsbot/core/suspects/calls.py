"""Who calls whom, and how much of a caller's trouble the services it calls explain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.service import Catalogue

TAIL = 0.05
"""Latency is a 95th percentile: one call in twenty that fails late is all it takes to move it."""

WAITED = 0.8
"""Part of a caller's slowness that its failing calls explain; some of them fail at once."""

MOST = 1e9
"""Beyond this a measurement is taken as this much, so that no arithmetic leaves the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Call edges from the catalogue and from findings, with what was seen to go wrong on them."""

    callees: Mapping[str, frozenset[str]]
    unanswered: Mapping[tuple[str, str], float]  # (caller, callee) -> excess share of calls
    failing: Mapping[str, float]  # service -> excess share of its requests, as it counts them
    slower: Mapping[str, float]  # service -> how many times its usual latency

    def below(self, service: str) -> frozenset[str]:
        """Everything `service` depends on, directly or not; never itself."""
        found: set[str] = set()
        ring = set(self.callees.get(service, ()))
        while ring:
            found |= ring
            ring = {c for one in ring for c in self.callees.get(one, ())} - found
        return frozenset(found - {service})

    def failing_towards(self, caller: str, callee: str) -> float:
        """The share of these calls that fail; where no client counts them, what the callee says."""
        return self.unanswered.get((caller, callee), self.failing.get(callee, 0.0))

    def own_failing(self, service: str) -> float:
        """The share of requests or calls that fail at `service` itself, not further down."""
        explained = (self.failing_towards(service, c) for c in self._called_by(service))
        return max(self._all_failing(service) - math.fsum(explained), 0.0)

    def own_part(self, service: str) -> float:
        """0 to 1: the part of what fails at a service that its callees do not explain."""
        share = self._all_failing(service)
        return self.own_failing(service) / share if share else 1.0

    def _all_failing(self, service: str) -> float:
        """The share that fails, as the service counts it or as its worst-off caller does."""
        towards = [share for (_, callee), share in self.unanswered.items() if callee == service]
        return max(self.failing.get(service, 0.0), *towards, 0.0)

    def own_slowness(self, service: str) -> float:
        """0 to 1: the part of the slowdown that is spent in `service` and not below it.

        A caller that only waits for a callee slows down by fewer times than the callee does,
        however often it calls it.
        """
        times = self.slower.get(service, 1.0)
        if times <= 1:
            return 0.0
        below = [self._explains(service, c, times) for c in self._called_by(service)]
        return 1 - max(below, default=0.0)

    def _explains(self, caller: str, callee: str, times: float) -> float:
        slower = min((self.slower.get(callee, 1.0) - 1) / (times - 1), 1.0)
        waiting = WAITED * min(self.failing_towards(caller, callee) / TAIL, 1.0)
        return max(slower, waiting)

    def _called_by(self, service: str) -> frozenset[str]:
        return self.callees.get(service, frozenset()) - {service}


def calls_in(findings: Iterable[Finding], catalogue: Catalogue) -> Calls:
    """The call edges the catalogue declares and the findings show."""
    callees = {s.name: set(s.depends_on) for s in catalogue.services}
    unanswered: dict[tuple[str, str], float] = {}
    failing: dict[str, float] = {}
    slower: dict[str, float] = {}
    for finding in findings:
        service, peer = finding.service, finding.peer
        if peer:
            callees.setdefault(peer, set()).add(service)
        if finding.kind is FindingKind.UNANSWERED and peer:
            unanswered[peer, service] = max(excess(finding), unanswered.get((peer, service), 0.0))
        elif finding.kind is FindingKind.ERRORS:
            failing[service] = max(excess(finding), failing.get(service, 0.0))
        elif finding.kind is FindingKind.LATENCY:
            slower[service] = max(times_usual(finding), slower.get(service, 1.0))
    frozen = {caller: frozenset(called) for caller, called in callees.items()}
    return Calls(callees=frozen, unanswered=unanswered, failing=failing, slower=slower)


def excess(finding: Finding) -> float:
    """How far the value lies above the usual one; nothing when it is no number."""
    value, before = finding.value, finding.before or 0.0
    if value is None or not (math.isfinite(value) and math.isfinite(before)):
        return 0.0
    return min(max(value - before, 0.0), MOST)


def times_usual(finding: Finding) -> float:
    """How many times the usual value it is; 1 where nothing usual is known."""
    value, before = finding.value, finding.before
    if value is None or not before or before < 0 or not excess(finding):
        return 1.0
    return min(value / before, MOST)
