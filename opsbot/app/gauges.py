"""Gauges asked by our names: the catalogue knows what each source calls a service."""

from __future__ import annotations

from dataclasses import dataclass, replace

from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.service import Catalogue
from opsbot.ports import Gauge, Outcome


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
