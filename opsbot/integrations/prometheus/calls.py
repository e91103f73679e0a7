"""Which service calls which, as far as metrics tell: for the first draft of a catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opsbot.integrations import Wiring
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text
from opsbot.integrations._query_text import filled
from opsbot.integrations._settings import backend_of
from opsbot.integrations.prometheus import Settings

# Made by Tempo's metrics generator and by the collector's service graph connector.
_GRAPH = "sum by (client, server) (rate(traces_service_graph_request_total[1h]))"


async def calls_seen(settings: Settings, wiring: Wiring) -> tuple[tuple[str, str], ...]:
    """Pairs of caller and callee, from the configured query of calls and from a service graph.

    Raises LookUpFailed when neither is answered.
    """
    label = settings.service_label
    values = {"label": label, "services": ".+"}
    asked = [(filled(settings.queries.calls, values), label, "peer"), (_GRAPH, "client", "server")]
    found: dict[tuple[str, str], None] = {}
    failures: list[LookUpFailed] = []
    for query, caller, callee in asked:
        try:
            found |= dict.fromkeys(await _pairs(settings, wiring, query, caller, callee))
        except LookUpFailed as failed:
            failures.append(failed)
    if len(failures) == len(asked):
        raise failures[0]
    return tuple(found)


async def _pairs(
    settings: Settings, wiring: Wiring, query: str, caller: str, callee: str
) -> list[tuple[str, str]]:
    if not query:
        return []
    params = [("query", query), ("time", f"{wiring.clock.now().timestamp():.3f}")]
    backend = backend_of("Prometheus", settings, wiring)
    body = await backend.query("/api/v1/query", params, timeout=settings.deadline_seconds)
    return list(_told(mapping(body.get("data")).get("result"), caller, callee))


def _told(result: Any, caller: str, callee: str) -> Iterator[tuple[str, str]]:
    for one in objects(result):
        labels = mapping(one.get("metric"))
        pair = text(labels.get(caller)), text(labels.get(callee))
        if all(pair) and pair[0] != pair[1]:
            yield pair
