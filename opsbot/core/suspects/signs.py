"""Signs of trouble a service shows in its own right, told from what sources found about it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opsbot.core.evidence import EvidenceKind, Finding, FindingKind, SourceReport
from opsbot.core.moment import shifted
from opsbot.core.suspects.calls import Calls, excess, times_usual


class Sign(StrEnum):
    """A way in which a service can stand out."""

    FULL = "at a limit"
    FAILING = "failing"
    SLOW = "slow"
    TRACES = "where traces fail"
    LOGS = "new error lines"


SIGN_OF = {
    FindingKind.ERRORS: Sign.FAILING,
    FindingKind.UNANSWERED: Sign.FAILING,
    FindingKind.LATENCY: Sign.SLOW,
    FindingKind.SATURATION: Sign.FULL,
    FindingKind.RESTARTS: Sign.FULL,
    FindingKind.FAILING_TRACE: Sign.TRACES,
    FindingKind.LOG_PATTERN: Sign.LOGS,
}
"""What is not here is no sign: traffic is lost below a fault as often as at it, an alert says where
it hurts, and a dead collector (pipeline) is a gap and never a suspect."""

WEIGHTS = {Sign.FULL: 0.5, Sign.FAILING: 0.5, Sign.SLOW: 0.4, Sign.TRACES: 0.4, Sign.LOGS: 0.15}
"""The part of the doubt each sign at full strength takes away by itself. No sign is proof, so two
have to agree to get far; lines only add a little, since services also log what others did."""

HALF_FAILING = 0.05
"""A share of failures of half strength: where alert rules usually begin to page."""

FULL_RISE = 0.24
"""A rise towards a limit of full strength: three times what memory wanders by in quiet hours."""

MANY_RESTARTS = 3.0
"""Restarts of full strength; one alone may be a deploy or a moved pod."""

HALF_TRACES, HALF_LINES = 5.0, 10.0
"""Failing traces and lines of half strength; fewer may be chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A finding with the source and the kind of evidence it came from."""

    finding: Finding
    source: str
    kind: EvidenceKind
    began: datetime  # within what the source was asked about, whatever a sender's clock says


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One sign of one service after what its callees explain: its weight, and what shows it."""

    sign: Sign
    weight: float
    shown: Seen
    kinds: frozenset[EvidenceKind]


def seen_in(reports: Collection[SourceReport]) -> dict[str, tuple[Seen, ...]]:
    """What was found about each service, in an order that no order of arrival changes."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for report in reports:
        for finding in report.findings:
            if finding.service:
                found[finding.service].append(_seen(finding, report))
    return {service: tuple(sorted(seen, key=_order)) for service, seen in found.items()}


def _seen(finding: Finding, report: SourceReport) -> Seen:
    window = report.window
    earliest = shifted(window.start, -window.length)  # findings are compared with just before
    began = min(max(finding.at, earliest), window.end)
    return Seen(finding=finding, source=report.source, kind=report.kind, began=began)


def _order(seen: Seen) -> tuple[object, ...]:
    one = seen.finding
    return (one.at, one.kind, one.summary, one.peer, str(one.value), str(one.before), seen.began,
            seen.source, seen.kind, one.fold_key, one.unit, one.link)  # fmt: skip


def marks_of(service: str, about: Mapping[str, Sequence[Seen]], calls: Calls) -> tuple[Mark, ...]:
    """The signs of a service that are left when its callees have explained their part."""
    by_sign: dict[Sign, list[Seen]] = defaultdict(list)
    for seen in about[service]:
        if (sign := SIGN_OF.get(seen.finding.kind)) is not None:
            by_sign[sign].append(seen)
    found = (_mark(service, sign, seen, about, calls) for sign, seen in by_sign.items())
    return tuple(mark for mark in found if mark.weight > 0)


def _mark(
    service: str,
    sign: Sign,
    seen: Sequence[Seen],
    about: Mapping[str, Sequence[Seen]],
    calls: Calls,
) -> Mark:
    shown = max(seen, key=lambda one: _strength(one.finding))
    strength = _strength(shown.finding)
    match sign:
        case Sign.FULL:
            own = strength
        case Sign.FAILING:
            own = _half_at(calls.own_failing(service), HALF_FAILING)
        case Sign.SLOW:
            own = strength * calls.own_slowness(service)
        case Sign.TRACES:
            own = strength * _share_of_traces(service, about)
        case Sign.LOGS:
            own = strength * calls.own_part(service)
    kinds = frozenset(one.kind for one in seen)
    return Mark(sign=sign, weight=WEIGHTS[sign] * own, shown=shown, kinds=kinds)


def _strength(finding: Finding) -> float:
    """0 to 1, of a finding by itself."""
    more = excess(finding)
    match finding.kind:
        case FindingKind.SATURATION:
            return min(more / FULL_RISE, 1.0)
        case FindingKind.RESTARTS:
            return min(more / MANY_RESTARTS, 1.0)
        case FindingKind.LATENCY:
            return 1 - 1 / times_usual(finding)
        case FindingKind.FAILING_TRACE:
            return _half_at(more, HALF_TRACES)
        case FindingKind.LOG_PATTERN:
            return _half_at(more, HALF_LINES)
        case _:
            return _half_at(more, HALF_FAILING)


def _half_at(amount: float, half: float) -> float:
    """Rises from 0 towards 1, and is a half at `half`."""
    return amount / (amount + half)


def _share_of_traces(service: str, about: Mapping[str, Sequence[Seen]]) -> float:
    """Of all failing traces that were found to end somewhere, the part that ends here."""
    ends = {one: _traces(seen) for one, seen in about.items()}
    total = math.fsum(ends.values())
    return ends[service] / total if total else 0.0


def _traces(about: Sequence[Seen]) -> float:
    """Findings about one service count the same traces, so the greatest counts."""
    failing = (s.finding for s in about if s.finding.kind is FindingKind.FAILING_TRACE)
    return max((excess(one) for one in failing), default=0.0)
