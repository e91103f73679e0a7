"""The evidence sources, asked as they are during an incident: do they answer, and how old is the
newest of what they have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from opsbot.app.doctor.finding import Finding, bad, ok, skipped, warn
from opsbot.app.doctor.means import Means
from opsbot.core.evidence import EvidenceAsk, Health, SourceReport, Window
from opsbot.core.moment import lasting
from opsbot.core.service import Catalogue, Service
from opsbot.core.text import listed
from opsbot.integrations.pagerduty.account import Account, LookUpFailed
from opsbot.ports import EvidenceSource

SPAN = timedelta(minutes=15)
FEW = 5  # services a source is asked about


@dataclass(frozen=True, slots=True)
class Look:
    """One source, and the check that asks it."""

    source: EvidenceSource

    async def ask(self, means: Means) -> Finding:
        """What the source says of a few services in the last quarter of an hour."""
        name = f"evidence.{self.source.name}"
        services = busiest(means.settings.catalogue)
        if not services:
            fix = "Add the services that page; `opsbot init` drafts them"
            return skipped(name, "the catalogue has no service to ask about", fix)
        alert_ids: tuple[str, ...] = ()
        if self.source.name == "pagerduty":
            newest = await _latest_incident(means.account)
            if not newest:
                return ok(name, "there was no incident lately to ask about")
            alert_ids = (newest,)
        end = means.clock.now()
        report = await self.source.collect(
            EvidenceAsk(
                incident_id="doctor",
                subjects=tuple(service.subject() for service in services),
                window=Window(start=end - SPAN, end=end),
                before=Window(start=end - 2 * SPAN, end=end - SPAN),
                horizon=means.settings.evidence_horizon,
                alert_ids=alert_ids,
            )
        )
        return judged(name, report, tuple(service.name for service in services))


def judged(name: str, report: SourceReport, services: tuple[str, ...]) -> Finding:
    """What a source's report means for the next incident."""
    took = f"{report.duration_ms} ms"
    if report.health is Health.UNREACHABLE:
        fix = f"Check integrations.{report.source} in opsbot.yaml; without it, incidents have gaps"
        return bad(name, report.reason or "no answer", fix)
    newest = "it has nothing new to show"
    if report.newest_at is not None:
        age = report.fetched_at - report.newest_at
        newest = f"newest datum {lasting(max(age, timedelta(0)))} old"
    asked = f"answered in {took} about {listed(services, limit=3)}; {newest}"
    if report.health is Health.FRESH and not report.gaps:
        return ok(name, asked)
    said = f"{asked}; {report.health}: {report.reason}" if report.reason else asked
    return warn(name, said, "See whether the data still arrives there, and its name for services")


def busiest(catalogue: Catalogue, most: int = FEW) -> tuple[Service, ...]:
    """The services that most others call, because something is always to be seen of them; those
    whose code is known go first, so that deploys can be asked for."""
    callers = Counter(name for service in catalogue.services for name in service.depends_on)

    def rank(service: Service) -> tuple[bool, int]:
        return not service.repository, -callers[service.name]

    return tuple(sorted(catalogue.services, key=rank)[:most])


async def _latest_incident(account: Account | None) -> str:
    """An id to ask PagerDuty about; a refusal is told by the check of its key."""
    if account is None:
        return ""
    try:
        return await account.latest_incident()
    except LookUpFailed:
        return ""
