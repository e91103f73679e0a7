"""Gauges asked by our names: the catalogue knows what each source calls a service; and what no
gauge here could ever tell a runbook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from opsbot.app.clock import SystemClock
from opsbot.config import Settings
from opsbot.core.runbook import Verification
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.service import Catalogue
from opsbot.core.text import inert
from opsbot.http_client import AiohttpClient
from opsbot.integrations import Wiring
from opsbot.ports import Gauge, Outcome


@runtime_checkable
class Foreseeing(Protocol):
    """A gauge that knows beforehand what it can never read; `trouble` says why, asking nobody."""

    def trouble(self, check: RenderedCheck) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueGauge:
    """A gauge behind the catalogue: `selectors:` of a service hold for it as for evidence."""

    gauge: Gauge
    catalogue: Catalogue

    @property
    def name(self) -> str:
        return self.gauge.name

    async def read(self, check: RenderedCheck) -> Outcome[float | None]:
        """The gauge's own answer, for the service as the source knows it."""
        service = self.catalogue.named(check.service)
        known = service.subject().known_as(self.name) if service else check.service
        return await self.gauge.read(replace(check, service=known))


def never_verified(settings: Settings, check: Verification) -> str:
    """Why nobody here could ever say whether a run helped; empty when somebody could."""
    source = inert(check.source, 60)
    known = next((one for one in settings.integrations if one.name == check.source), None)
    if known is None:
        return f"it asks {source}, which is not configured: add it under `integrations:`"
    if known.integration.gauge is None:
        return f"it asks {source}, which has no metrics to watch"
    wiring = Wiring(
        http=AiohttpClient(environ={}), clock=SystemClock(), secrets=known.secrets,
        folder=settings.file.parent,
    )  # fmt: skip
    gauge = known.integration.gauge(known.settings, wiring)
    return gauge.trouble(any_service(check)) if isinstance(gauge, Foreseeing) else ""


def any_service(check: Verification) -> RenderedCheck:
    """The check without a run: of a service called "any", and look-ups left as they are."""
    return RenderedCheck(
        source=check.source, signal=check.signal, query=check.query, service="any",
        below=check.below, above=check.above, unit=check.unit,
        holds_s=check.holds.total_seconds(), every_s=check.every.total_seconds(),
        within_s=check.within.total_seconds(),
    )  # fmt: skip
