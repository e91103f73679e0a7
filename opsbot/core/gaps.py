"""What we cannot see, said first: gaps of all sources joined with what the pipelines say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from opsbot.core.evidence import Finding, FindingKind, Gap, Health, SourceReport
from opsbot.core.incident import Incident
from opsbot.core.text import inert, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """One kind of evidence that cannot be relied on."""

    kind: str  # logs, metrics, traces, changes
    source: str
    health: Health
    since: datetime | None
    services: tuple[str, ...]  # empty: all of them
    reason: str
    loud: bool  # whether to say it on top of the card


def blindnesses(incident: Incident) -> tuple[Blindness, ...]:
    """Gaps by source, worst first; a dead collector is named with the evidence it should carry."""
    return blind_in(tuple(incident.reports.values()))


def blind_in(reports: Collection[SourceReport]) -> tuple[Blindness, ...]:
    """The same of any reports."""
    found = [b for report in reports for b in _of_report(report)]
    down = _pipelines_down(reports)
    explained = [_explained(b, down) for b in found]
    order = {Health.UNREACHABLE: 0, Health.STALE: 1, Health.SPARSE: 2, Health.FRESH: 3}
    return tuple(sorted(explained, key=lambda b: (not b.loud, order[b.health], b.kind, b.source)))


def _pipelines_down(reports: Collection[SourceReport]) -> tuple[Finding, ...]:
    return tuple(
        finding
        for report in reports
        for finding in report.findings
        if finding.kind is FindingKind.PIPELINE
    )


def _of_report(report: SourceReport) -> list[Blindness]:
    if report.health is Health.UNREACHABLE:
        return [
            Blindness(
                kind=report.kind,
                source=report.source,
                health=report.health,
                since=None,
                services=(),
                reason=inert(report.reason, 200),
                loud=True,
            )
        ]
    by_health: dict[Health, list[Gap]] = {}
    for gap in report.gaps:
        by_health.setdefault(gap.health, []).append(gap)
    return [_joined(report, health, gaps) for health, gaps in by_health.items()]


def _joined(report: SourceReport, health: Health, gaps: list[Gap]) -> Blindness:
    times = [gap.since for gap in gaps if gap.since]
    services = tuple(sorted({gap.service for gap in gaps if gap.service}))
    return Blindness(
        kind=report.kind,
        source=report.source,
        health=health,
        since=min(times) if times else None,
        services=services,
        reason=inert(gaps[0].reason, 200),
        loud=health is not Health.SPARSE,
    )


def _explained(blind: Blindness, down: tuple[Finding, ...]) -> Blindness:
    """Name the dead collectors beside silent logs: a gap, and never a suspect."""
    if blind.kind != "logs" or blind.health is not Health.STALE or not down:
        return blind
    names = listed(tuple(finding.summary for finding in down), 2)
    return Blindness(
        kind=blind.kind,
        source=blind.source,
        health=blind.health,
        since=blind.since,
        services=blind.services,
        reason=names,
        loud=True,
    )
