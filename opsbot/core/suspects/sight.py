"""Which kinds of evidence could be seen of a service, and which were missing."""

from __future__ import annotations

from collections.abc import Collection

from opsbot.core.evidence import EvidenceKind, Health, SourceReport

_LOST = (Health.UNREACHABLE, Health.STALE)


def unseen_of(service: str, reports: Collection[SourceReport]) -> tuple[EvidenceKind, ...]:
    """The kinds of evidence that were missing, in whole or in part, when looking at `service`.

    A kind is seen when a source of it is fresh without a gap there, and none of its sources has
    failed. A kind nobody was asked for is missing too.
    """
    return tuple(kind for kind in EvidenceKind if not _is_seen(kind, service, reports))


def _is_seen(kind: EvidenceKind, service: str, reports: Collection[SourceReport]) -> bool:
    of_kind = [report for report in reports if report.kind is kind]
    if any(report.health in _LOST for report in of_kind):
        return False
    return any(report.health is Health.FRESH and not _gaps(report, service) for report in of_kind)


def _gaps(report: SourceReport, service: str) -> bool:
    return any(gap.service in ("", service) for gap in report.gaps)
