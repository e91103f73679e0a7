"""Tempo: failing traces, and where on their path they fail."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from opsbot.integrations import Integration, Wiring
from opsbot.integrations._settings import TenantSettings, backend_of, backend_secrets
from opsbot.integrations.tempo.source import TempoSource
from opsbot.ports import EvidenceSource


class Settings(TenantSettings):
    """`tempo:` in opsbot.yaml."""

    search_limit: int = Field(
        default=100,
        ge=1,
        le=1000,
        description="Failing traces a search may return; more make counts truer.",
    )
    traces_read: int = Field(
        default=3, ge=1, le=10, description="How many of them are read in full."
    )


def _sources(settings: Settings, wiring: Wiring) -> Sequence[EvidenceSource]:
    return [
        TempoSource(
            backend=backend_of("Tempo", settings, wiring),
            clock=wiring.clock,
            search_limit=settings.search_limit,
            traces_read=settings.traces_read,
            deadline=settings.deadline_seconds,
            link_template=settings.link_template,
        )
    ]


INTEGRATION = Integration(
    name="tempo",
    settings=Settings,
    secrets=backend_secrets("tempo", "Tempo"),
    sources=_sources,
)
