"""Which services Tempo has traces of.

Source: Tempo page "API", search tag values: version 2 answers objects with a type and a value,
version 1 plain texts. Without start and end only recent traces are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from opsbot.integrations import Wiring
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import items, mapping, text
from opsbot.integrations._settings import backend_of
from opsbot.integrations.tempo import Settings

_NEW = "/api/v2/search/tag/resource.service.name/values"
_OLD = "/api/search/tag/service.name/values"


async def services_seen(settings: Settings, wiring: Wiring, back: timedelta) -> tuple[str, ...]:
    """The values of `service.name` within `back`, or of recent traces when the server looks no
    further back. Raises LookUpFailed."""
    end = wiring.clock.now()
    window = [
        ("start", str(int((end - back).timestamp()))),
        ("end", str(int(end.timestamp()) + 1)),
    ]
    try:
        return await _values(settings, wiring, _NEW, window)
    except LookUpFailed as failed:
        if failed.status == 400:
            return await _values(settings, wiring, _NEW, ())
        if failed.status == 404:
            return await _values(settings, wiring, _OLD, ())
        raise


async def _values(
    settings: Settings, wiring: Wiring, path: str, params: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    backend = backend_of("Tempo", settings, wiring)
    body = await backend.get(path, params, timeout=settings.deadline_seconds)
    return tuple(_texts(items(mapping(body).get("tagValues"))))


def _texts(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        found = text(value) or text(mapping(value).get("value"))
        if found:
            yield found
