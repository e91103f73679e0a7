"""Findings and reports for the tests of the ranking, minutes before a page at 14:10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from opsbot.core.evidence import (
    EvidenceKind,
    Finding,
    FindingKind,
    Gap,
    Health,
    SourceReport,
    Window,
)
from opsbot.core.service import Catalogue, Service
from opsbot.core.suspects import Ranking
from opsbot.core.suspects.ranking import rank

NOW = datetime(2026, 3, 4, 14, 10, tzinfo=UTC)
WINDOW = Window(start=NOW - timedelta(minutes=30), end=NOW)
K = FindingKind

# front calls middle, middle calls back; other stands beside middle.
CATALOGUE = Catalogue(
    services=(
        Service(name="front", depends_on=("middle", "other")),
        Service(name="middle", depends_on=("back",)),
        Service(name="back"),
        Service(name="other"),
        Service(name="stranger"),
    )
)

_KINDS = {
    FindingKind.FAILING_TRACE: EvidenceKind.TRACES,
    FindingKind.LOG_PATTERN: EvidenceKind.LOGS,
    FindingKind.DEPLOY: EvidenceKind.CHANGES,
    FindingKind.CHANGE: EvidenceKind.CHANGES,
    FindingKind.ALERT: EvidenceKind.CHANGES,
}


def ago(minutes: float) -> datetime:
    """So many minutes before the page."""
    return NOW - timedelta(minutes=minutes)


def found(
    kind: FindingKind,
    service: str,
    value: float | None = None,
    before: float | None = 0.0,
    *,
    at: float = 10,
    peer: str = "",
    key: str = "",
    summary: str = "",
) -> Finding:
    """A finding that began `at` minutes before the page."""
    return Finding(
        at=ago(at),
        kind=kind,
        service=service,
        summary=summary or f"{service}: {kind.value} {value} (usually {before})",
        value=value,
        before=before,
        peer=peer,
        fold_key=key or f"{kind.value}:{peer}>{service}",
    )


def deploy(service: str, *, at: float, version: str = "v2", summary: str = "") -> Finding:
    """A deploy that began `at` minutes before the page."""
    return found(
        FindingKind.DEPLOY, service, at=at, key=f"deploy:{service}:{version}",
        summary=summary or f"{service}: {version} deployed",
    )  # fmt: skip


def report(
    kind: EvidenceKind,
    *findings: Finding,
    health: Health = Health.FRESH,
    gaps: tuple[Gap, ...] = (),
    source: str = "",
) -> SourceReport:
    """What one source of this kind answered."""
    return SourceReport(
        source=source or f"a source of {kind.value}", kind=kind, health=health, window=WINDOW,
        query="", fetched_at=NOW, duration_ms=1, findings=findings, gaps=gaps,
    )  # fmt: skip


def reports(*findings: Finding) -> list[SourceReport]:
    """A fresh report of every kind, with the findings where such findings come from."""
    return [
        report(kind, *(f for f in findings if _KINDS.get(f.kind, EvidenceKind.METRICS) is kind))
        for kind in EvidenceKind
    ]


def ranked(*findings: Finding, paged: str = "front", catalogue: Catalogue = CATALOGUE) -> Ranking:
    """The ranking of findings that every source was there for."""
    return rank(reports(*findings), catalogue, paged)


def names(ranking: Ranking) -> list[str]:
    """The suspects in order."""
    return [suspect.service for suspect in ranking.suspects]


def score(ranking: Ranking, service: str) -> float:
    """The score of a service, 0 when it is no suspect."""
    return next((one.score for one in ranking.suspects if one.service == service), 0.0)
