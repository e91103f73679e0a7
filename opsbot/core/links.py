"""Deep links into any other tool, from the catalogue's templates, service and window filled in."""

from __future__ import annotations

import re
from urllib.parse import quote

from opsbot.core.incident import Incident
from opsbot.core.moment import to_micros
from opsbot.core.service import Catalogue

PLACEHOLDERS = (
    "service", "environment", "start", "end", "start_s", "end_s", "start_ms", "end_ms", "number",
)  # fmt: skip
_HOLE = re.compile(r"\{(\w+)\}")


def links_for(incident: Incident, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """(label, url) of every link template of the incident's service; nothing before a window."""
    service = catalogue.find(incident.service)
    if service is None or incident.window is None:
        return ()
    start, end = incident.window.start, incident.window.end
    values = {
        "service": service.name, "environment": service.environment,
        "start": start.isoformat(), "end": end.isoformat(), "number": str(incident.number),
        "start_s": str(to_micros(start) // 1_000_000), "end_s": str(to_micros(end) // 1_000_000),
        "start_ms": str(to_micros(start) // 1000), "end_ms": str(to_micros(end) // 1000),
    }  # fmt: skip
    return tuple((t.label, fill(t.url, values)) for t in service.links)


def fill(template: str, values: dict[str, str]) -> str:
    """Put values into `{name}` holes, each percent-encoded; an unknown hole stays as written."""
    return _HOLE.sub(
        lambda hole: quote(values[hole[1]], safe="") if hole[1] in values else hole[0], template
    )
