"""What postmortems need to know of this installation: the catalogue, and how metrics are asked."""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.config import Settings
from opsbot.core.postmortem.material import Background
from opsbot.integrations.prometheus import Settings as PrometheusSettings


def background(settings: Settings) -> Background:
    """What documents need to know of this installation."""
    return Background(
        catalogue=settings.catalogue, expressions=lambda one: _expressions(settings, one)
    )


def _expressions(settings: Settings, service: str) -> Mapping[str, str]:
    """The PromQL of every signal of one service, as opsbot itself asks for it."""
    known = settings.integration("prometheus")
    if known is None or not isinstance(known.settings, PrometheusSettings):
        return {}
    held = settings.catalogue.named(service)
    name = held.subject().known_as("prometheus") if held else service
    asked = known.settings
    return asked.queries.written(label=asked.service_label, names=(name,))
