"""Which services Loki has lines of, and which labels could name them."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from opsbot.integrations import Wiring
from opsbot.integrations._foreign_json import items, mapping, text
from opsbot.integrations._settings import backend_of
from opsbot.integrations.loki import Settings
from opsbot.integrations.loki.lines import to_ns

_PATH = "/loki/api/v1"


async def services_seen(settings: Settings, wiring: Wiring, back: timedelta) -> tuple[str, ...]:
    """The values of the service label within `back`. Raises LookUpFailed."""
    label = quote(settings.service_label, safe="")
    return await _listed(settings, wiring, f"/label/{label}/values", back)


async def labels_seen(settings: Settings, wiring: Wiring, back: timedelta) -> tuple[str, ...]:
    """The names of all stream labels within `back`. Raises LookUpFailed."""
    return await _listed(settings, wiring, "/labels", back)


async def _listed(
    settings: Settings, wiring: Wiring, path: str, back: timedelta
) -> tuple[str, ...]:
    end: datetime = wiring.clock.now()
    params = [("start", str(to_ns(end - back))), ("end", str(to_ns(end)))]
    backend = backend_of("Loki", settings, wiring)
    body = await backend.get(_PATH + path, params, timeout=settings.deadline_seconds)
    found = (text(value) for value in items(mapping(body).get("data")))
    return tuple(value for value in found if value)
