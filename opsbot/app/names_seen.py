"""Which services logs, metrics and traces know: asked of every backend at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from opsbot.config import ConfiguredIntegration, Settings
from opsbot.config.coverage import Coverage
from opsbot.core.evidence import EvidenceKind
from opsbot.core.text import inert
from opsbot.integrations import Wiring
from opsbot.integrations.loki import names as loki
from opsbot.integrations.pagerduty.account import LookUpFailed
from opsbot.integrations.prometheus import names as prometheus
from opsbot.integrations.tempo import names as tempo
from opsbot.ports import Clock, Http

BACK = timedelta(hours=24)
MOST = 5_000  # names of one source; more are hardly services
_LONGEST = 200

Asked = Callable[[Any, Wiring, timedelta], Awaitable[tuple[str, ...]]]
_SOURCES: Mapping[str, tuple[EvidenceKind, Asked]] = {
    "loki": (EvidenceKind.LOGS, loki.services_seen),
    "prometheus": (EvidenceKind.METRICS, prometheus.services_seen),
    "tempo": (EvidenceKind.TRACES, tempo.services_seen),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The names of services that one source has data of; `problem` says why there are none."""

    source: str
    kind: EvidenceKind
    names: tuple[str, ...] = ()
    problem: str = ""


async def names_seen(
    settings: Settings, http: Http, clock: Clock, back: timedelta = BACK
) -> tuple[Seen, ...]:
    """Ask every configured source that can list names; never raises."""
    asked = [
        _seen(known, *_SOURCES[known.name], Wiring(http=http, clock=clock, secrets=known.secrets),
              back)
        for known in settings.integrations
        if known.name in _SOURCES
    ]  # fmt: skip
    return tuple(await asyncio.gather(*asked))


async def _seen(
    known: ConfiguredIntegration, kind: EvidenceKind, ask: Asked, wiring: Wiring, back: timedelta
) -> Seen:
    try:
        found = await ask(known.settings, wiring, back)
    except LookUpFailed as failed:
        return Seen(source=known.name, kind=kind, problem=inert(failed.reason, 300))
    return Seen(source=known.name, kind=kind, names=usable(found))


def usable(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that can be a service's: short, and with nothing hidden in them; sorted."""
    fit = {name for name in names if len(name) <= _LONGEST and inert(name, _LONGEST) == name}
    return tuple(sorted(fit))[:MOST]


def coverage_seen(settings: Settings, seen: tuple[Seen, ...]) -> tuple[Coverage, ...]:
    """`41 of 63 services have logs`, for each source that answered."""
    rows: list[Coverage] = []
    for one in seen:
        if one.problem or not settings.catalogue.services:
            continue
        known = set(one.names)
        lacking = tuple(
            service.name
            for service in settings.catalogue.services
            if service.subject().known_as(one.source) not in known
        )
        rows.append(
            Coverage(
                key=f"selectors.{one.source}",
                what=str(one.kind),
                why=f"{one.source} has nothing under their names",
                needed_by=one.source,
                services=len(settings.catalogue.services),
                lacking=lacking,
            )
        )
    return tuple(rows)
