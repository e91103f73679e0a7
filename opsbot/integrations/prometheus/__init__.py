"""Prometheus and what speaks its API (Thanos, Mimir, Cortex, VictoriaMetrics): metrics."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from opsbot.integrations import Integration, Wiring
from opsbot.integrations._settings import TenantSettings, backend_of, backend_secrets
from opsbot.integrations.prometheus.gauge import PrometheusGauge
from opsbot.integrations.prometheus.queries import Queries
from opsbot.integrations.prometheus.source import PrometheusSource
from opsbot.ports import EvidenceSource, Gauge


class Settings(TenantSettings):
    """`prometheus:` in opsbot.yaml."""

    service_label: str = Field(
        default="service",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="The label that holds the service's name.",
    )
    min_step_seconds: int = Field(
        default=15, ge=1, le=3600, description="Finest resolution asked for; the scrape interval."
    )
    queries: Queries = Field(
        default_factory=Queries,
        description="PromQL of each signal; {services} and {label} are filled in, an empty text "
        "switches the signal off.",
    )


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    return [
        PrometheusSource(
            backend=backend_of("Prometheus", settings, wiring),
            clock=wiring.clock,
            queries=settings.queries,
            service_label=settings.service_label,
            min_step=settings.min_step_seconds,
            deadline=settings.deadline_seconds,
            link_template=settings.link_template,
        )
    ]


def _gauge(settings: Settings, wiring: Wiring) -> Gauge:
    return PrometheusGauge(
        backend=backend_of("Prometheus", settings, wiring),
        queries=settings.queries,
        service_label=settings.service_label,
        deadline=settings.deadline_seconds,
    )


INTEGRATION = Integration(
    name="prometheus",
    settings=Settings,
    secrets=backend_secrets("prometheus", "Prometheus"),
    sources=_sources,
    gauge=_gauge,
)
