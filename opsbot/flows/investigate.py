"""Ask every evidence source at once; each answer, silence and failure goes on the record as it
comes, and each makes the card owe an edit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.evidence import EvidenceAsk, Subject, Window, unreachable
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.people import OPSBOT
from opsbot.flows.intake import converge_soon
from opsbot.ports import EvidenceSource, Ports, Steps

GRACE = 2.0  # seconds beyond a source's own deadline before it counts as unreachable
DEADLINE = 8.0


async def investigate(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Collect from all sources, each branch exactly one step, then say that it is complete."""
    incident = await ports.record.incident(arguments["incident_id"])
    if incident.window is None:
        return None
    ask = _ask(ports, incident, incident.window)
    run = arguments["key"]

    async def one(source: EvidenceSource) -> None:
        await steps.run(f"collect {source.name}", lambda: _collect(ports, source, ask, run))

    # The gather starts its branches in list order and each is one step, which is what lets the
    # engine number them the same way when a half-done flow is replayed.
    await asyncio.gather(*(one(source) for source in ports.sources))
    await steps.run("complete", lambda: _complete(ports, ask, run))
    return None


def _ask(ports: Ports, incident: Incident, window: Window) -> EvidenceAsk:
    rules = ports.rules
    around = rules.catalogue.around(incident.service.key)
    subjects = tuple(service.subject() for service in around)
    return EvidenceAsk(
        incident_id=incident.id,
        subjects=subjects or (Subject(service=incident.service.name),),
        window=window,
        before=Window(start=shifted(window.start, -window.length), end=window.start),
        horizon=rules.evidence_horizon,
        alert_ids=tuple(incident.alerts),
        private=incident.visibility == "private",
    )


async def _collect(ports: Ports, source: EvidenceSource, ask: EvidenceAsk, run: str) -> str:
    started_at, started = ports.clock.now(), ports.clock.monotonic()
    try:
        report = await asyncio.wait_for(source.collect(ask), DEADLINE + GRACE)
    except TimeoutError:
        report = unreachable(
            source.name,
            source.kind,
            ask,
            reason=f"no answer within {DEADLINE:.0f} s",
            query="",
            fetched_at=started_at,
            duration_ms=int((ports.clock.monotonic() - started) * 1000),
        )
    draft = Draft(
        key=f"{run}:{source.name}",
        occurred_at=ports.clock.now(),
        actor=OPSBOT,
        source=source.name,
        body=e.EvidenceCollected(report=report),
    )
    await _append_and_show(ports, ask.incident_id, draft)
    return report.health


async def _complete(ports: Ports, ask: EvidenceAsk, run: str) -> None:
    incident = await ports.record.incident(ask.incident_id)
    silent = tuple(r.source for r in incident.reports.values() if r.health == "unreachable")
    answered = tuple(r.source for r in incident.reports.values() if r.health != "unreachable")
    draft = Draft(
        key=f"{run}:complete",
        occurred_at=ports.clock.now(),
        actor=OPSBOT,
        source="opsbot",
        body=e.EvidenceComplete(answered=tuple(sorted(answered)), silent=tuple(sorted(silent))),
    )
    await _append_and_show(ports, ask.incident_id, draft)


async def _append_and_show(ports: Ports, incident_id: str, draft: Draft) -> None:
    async with ports.record.transaction(incident_id) as tx:
        await tx.append(incident_id, [draft])
        await tx.owe(converge_soon(await tx.incident(incident_id), ports.clock.now()))
