"""Loki: log lines, and whether logs arrive at all."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from opsbot.integrations import Integration, Wiring
from opsbot.integrations._settings import TenantSettings, backend_of, backend_secrets
from opsbot.integrations.loki.source import LokiSource
from opsbot.ports import EvidenceSource


class Settings(TenantSettings):
    """`loki:` in opsbot.yaml."""

    service_label: str = Field(
        default="service",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="The stream label that holds the service's name (OpenTelemetry: service_name).",
    )
    error_pattern: str = Field(
        default="(?i)error|exception|fatal|panic|timeout",
        min_length=1,
        description="Regular expression (RE2) of the lines worth grouping.",
    )
    line_limit: int = Field(
        default=200,
        ge=10,
        le=5000,
        description="Lines a query; above the server's own maximum Loki refuses the query.",
    )
    max_pages: int = Field(
        default=5, ge=1, le=50, description="How many such queries a window may take."
    )


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    return [
        LokiSource(
            backend=backend_of("Loki", settings, wiring),
            clock=wiring.clock,
            service_label=settings.service_label,
            error_pattern=settings.error_pattern,
            line_limit=settings.line_limit,
            max_pages=settings.max_pages,
            deadline=settings.deadline_seconds,
            link_template=settings.link_template,
        )
    ]


INTEGRATION = Integration(
    name="loki",
    settings=Settings,
    secrets=backend_secrets("loki", "Loki"),
    sources=_sources,
)
