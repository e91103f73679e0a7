"""The integrations that are configured, built from their settings and ready to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from opsbot.app.gauges import CatalogueGauge
from opsbot.app.tracing import traced
from opsbot.config import Settings
from opsbot.http_client import AiohttpClient
from opsbot.integrations import Wiring
from opsbot.ports import (
    AlertFeed,
    Clock,
    EvidenceSource,
    ExhibitSource,
    Gauge,
    Pager,
    Publisher,
    Staffing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The integrations that are configured, ready to use."""

    sources: tuple[EvidenceSource, ...]
    exhibits: tuple[ExhibitSource, ...]
    pager: Pager | None
    feeds: Mapping[str, AlertFeed]
    staffing: Staffing | None = None
    gauges: Mapping[str, Gauge] = field(default_factory=lambda: MappingProxyType({}))
    publishers: tuple[Publisher, ...] = ()


def build_integrations(settings: Settings, http: AiohttpClient, clock: Clock) -> Outside:
    """Every configured integration's sources and pager; an absent one is simply not there."""
    sources: list[EvidenceSource] = []
    pager: Pager | None = None
    staffing: Staffing | None = None
    feeds: dict[str, AlertFeed] = {}
    gauges: dict[str, Gauge] = {}
    publishers: list[Publisher] = []
    for known in settings.integrations:
        folder = settings.file.parent
        wiring = Wiring(http=http, clock=clock, secrets=known.secrets, folder=folder)
        made = known.integration.sources
        sources += made(known.settings, wiring) if made else ()
        if known.integration.pager:
            pager = traced(known.integration.pager(known.settings, wiring), "pager")
        reached = known.integration.staffing
        if reached and (made_staffing := reached(known.settings, wiring)):
            staffing = traced(made_staffing, "pager")
        if known.integration.gauge:
            gauge = known.integration.gauge(known.settings, wiring)
            asked = CatalogueGauge(gauge=gauge, catalogue=settings.catalogue)
            gauges[known.name] = traced(asked, f"gauge {known.name}")
        placed = known.integration.publisher
        if placed and (publisher := placed(known.settings, wiring)):
            publishers.append(traced(publisher, f"publisher {publisher.name}"))
        polled = known.integration.polled
        if polled and wiring.secret(polled.needs):
            feeds[known.name] = polled.feed(known.settings, wiring)
    exhibits = [source for source in sources if isinstance(source, ExhibitSource)]
    return Outside(
        sources=tuple(traced(source, source.name) for source in sources),
        exhibits=tuple(exhibits), pager=pager, feeds=feeds,
        staffing=staffing, gauges=MappingProxyType(gauges), publishers=tuple(publishers),
    )  # fmt: skip
