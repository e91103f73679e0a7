"""Ask every evidence source at once; each answer, silence and failure goes on the record as it
comes, and each makes the card owe an edit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from opsbot.core import entry as e
from opsbot.core.entry import Body, Draft
from opsbot.core.event import NO_ALERT
from opsbot.core.evidence import EvidenceAsk, Subject, Window, unreachable
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Ask
from opsbot.core.moment import shifted
from opsbot.core.people import OPSBOT
from opsbot.core.suspects.ranking import rank
from opsbot.flows.intake import LOCK, converge_soon, follow
from opsbot.ports import EvidenceSource, Ports, Steps

GRACE = 2.0  # seconds beyond a source's own deadline before it counts as unreachable
DEADLINE = 8.0


async def investigate(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Collect from all sources, each branch exactly one step, then say that it is complete."""
    incident = await ports.record.incident(arguments["incident_id"])
    asked = arguments.get("asked", "")
    wanted = _wanted(incident, asked)
    if incident.window is None or (asked and wanted is None):
        return None  # so many were asked since that nobody waits for this one
    ask = ask_about(ports, incident, wanted)
    sources = [s for s in ports.sources if wanted is None or s.name in wanted.sources]
    run, seq = arguments["key"], int(asked or 0)

    async def one(source: EvidenceSource) -> None:
        await steps.run(f"collect {source.name}", lambda: _collect(ports, source, ask, run, seq))

    # The gather starts its branches in list order and each is one step, which is what lets the
    # engine number them the same way when a half-done flow is replayed.
    await asyncio.gather(*(one(source) for source in sources))
    await steps.run("complete", lambda: _complete(ports, ask, run, wanted))
    return None


def _wanted(incident: Incident, seq: str) -> Ask | None:
    """The look-up that is owed; None when a newer version's record no longer holds it."""
    return next((ask for ask in incident.asks if str(ask.seq) == seq), None)


def ask_about(ports: Ports, incident: Incident, wanted: Ask | None) -> EvidenceAsk:
    """What sources are asked: about the services that were named, else the paged one and what it
    depends on."""
    rules, now = ports.rules, ports.clock.now()
    window = wanted.window if wanted else (incident.window or Window(start=now, end=now))
    named = wanted.services if wanted and wanted.by.is_person else ()
    found = [rules.catalogue.named(name) for name in named]
    around = tuple(s for s in found if s) or rules.catalogue.around(incident.service.key)
    subjects = tuple(service.subject() for service in around)
    fallback = incident.service.name or (named[0] if named else "")
    return EvidenceAsk(
        incident_id=incident.id,
        subjects=subjects or (Subject(service=fallback),),
        window=window,
        before=Window(start=shifted(window.start, -window.length), end=window.start),
        horizon=rules.evidence_horizon,
        alert_ids=tuple(
            alert.origin.id
            for alert in incident.alerts.values()
            if alert.origin.source not in NO_ALERT
        ),
        private=incident.visibility == "private",
    )


async def _collect(
    ports: Ports, source: EvidenceSource, ask: EvidenceAsk, run: str, asked: int
) -> str:
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
        body=e.EvidenceCollected(report=report, asked=asked),
    )
    await _append_and_show(ports, ask.incident_id, draft)
    return report.health


async def _complete(ports: Ports, ask: EvidenceAsk, run: str, wanted: Ask | None) -> None:
    """Say that it is complete and rank what there is, in one transaction with what follows.

    Somebody's look is their own: it neither completes the incident's evidence nor ranks it.
    """
    incident = await ports.record.incident(ask.incident_id)
    now, seq = ports.clock.now(), wanted.seq if wanted else 0
    own = wanted is None or not wanted.look
    look = next((a for a in incident.asks if a.seq == seq and a.look), None)
    reports = tuple((look.reports if look else incident.reports).values())
    silent = tuple(sorted(r.source for r in reports if r.health == "unreachable"))
    answered = tuple(sorted(r.source for r in reports if r.health != "unreachable"))
    bodies: list[tuple[str, Body]] = [
        ("complete", e.EvidenceComplete(answered=answered, silent=silent, asked=seq))
    ]
    if own:
        paged = incident.service.key or incident.service.name
        ranking = rank(reports, ports.rules.catalogue, paged)
        bodies.append(("ranked", e.SuspectsRanked(ranking=ranking)))
    drafts = [
        Draft(key=f"{run}:{name}", occurred_at=now, actor=OPSBOT, source="opsbot", body=body)
        for name, body in bodies
    ]
    async with ports.record.transaction(LOCK) as tx:
        before = await tx.incident(ask.incident_id)
        entries = await tx.append(ask.incident_id, drafts)
        if entries[-1].seq > before.seq:
            await follow(tx, before, cause=entries[-1].key, rules=ports.rules, now=now)


async def _append_and_show(ports: Ports, incident_id: str, draft: Draft) -> None:
    async with ports.record.transaction(incident_id) as tx:
        await tx.append(incident_id, [draft])
        await tx.owe(converge_soon(await tx.incident(incident_id), ports.clock.now()))
