"""Which label of Prometheus or Loki names the service: the one whose values fit what we know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from opsbot.app.draft.matching import Names
from opsbot.app.names_seen import BACK, usable
from opsbot.config import Settings
from opsbot.http_client import AiohttpClient
from opsbot.integrations import Wiring
from opsbot.integrations.loki import names as loki
from opsbot.integrations.pagerduty.account import LookUpFailed
from opsbot.integrations.prometheus import names as prometheus
from opsbot.ports import Clock

# In the order in which they are preferred where they fit alike.
LIKELY = (
    "service_name", "service", "app", "application", "app_kubernetes_io_name", "container", "job",
)  # fmt: skip
Listing = Callable[[Any, Wiring, Any], Awaitable[tuple[str, ...]]]
_LABELS: Mapping[str, Listing] = {"loki": loki.labels_seen, "prometheus": prometheus.labels_seen}
_VALUES: Mapping[str, Listing] = {
    "loki": loki.services_seen,
    "prometheus": prometheus.services_seen,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A label, how many values it has, and how many of the known services are among them."""

    label: str
    values: int
    fitting: int


async def best_label(
    settings: Settings, clock: Clock, source: str, known: Iterable[str]
) -> Fit | None:
    """The label of that source which fits best; None when it has none of the likely ones."""
    configured = settings.integration(source)
    if configured is None:
        return None
    http = AiohttpClient(
        environ=settings.http.environ, ca_bundle=str(settings.http.ca_bundle or "")
    )
    wiring = Wiring(http=http, clock=clock, secrets=configured.secrets)
    held: Any = configured.settings
    names, fits = Names(known), list[Fit]()
    try:
        labels = set(await _LABELS[source](held, wiring, BACK))
        for label in (one for one in LIKELY if one in labels):
            tried = held.model_copy(update={"service_label": label})
            fits.append(_fit(label, usable(await _VALUES[source](tried, wiring, BACK)), names))
    except LookUpFailed:
        return None
    finally:
        await http.close()
    # max() keeps the first of several, which is the preferred one.
    return max((fit for fit in fits if fit.values), key=lambda fit: fit.fitting, default=None)


def _fit(label: str, values: tuple[str, ...], names: Names) -> Fit:
    matched = {match.name for value in values if (match := names.match(value)) and match.sure}
    return Fit(label=label, values=len(values), fitting=len(matched))
