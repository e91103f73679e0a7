"""Which services Prometheus has series of, and which labels could name them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from opsbot.integrations import Wiring
from opsbot.integrations._foreign_json import items, mapping, text
from opsbot.integrations._settings import backend_of
from opsbot.integrations.prometheus import Settings


async def services_seen(settings: Settings, wiring: Wiring, back: timedelta) -> tuple[str, ...]:
    """The values of the service label within `back`. Raises LookUpFailed."""
    label = quote(settings.service_label, safe="")
    return await _listed(settings, wiring, f"/api/v1/label/{label}/values", back)


async def labels_seen(settings: Settings, wiring: Wiring, back: timedelta) -> tuple[str, ...]:
    """The names of all labels within `back`. Raises LookUpFailed."""
    return await _listed(settings, wiring, "/api/v1/labels", back)


async def _listed(
    settings: Settings, wiring: Wiring, path: str, back: timedelta
) -> tuple[str, ...]:
    end = wiring.clock.now()
    params = [("start", f"{(end - back).timestamp():.3f}"), ("end", f"{end.timestamp():.3f}")]
    backend = backend_of("Prometheus", settings, wiring)
    body = await backend.get(path, params, timeout=settings.deadline_seconds)
    found = (text(value) for value in items(mapping(body).get("data")))
    return tuple(value for value in found if value)
