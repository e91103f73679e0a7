"""How flows of a run put on the record what came of it: facts, with all that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from opsbot.core.entry import Body, Draft
from opsbot.core.people import OPSBOT
from opsbot.flows.intake import LOCK, converge_soon, follow
from opsbot.ports import Ports, Transaction


def drafts_of(run_id: str, facts: Sequence[tuple[str, Body]], now: datetime) -> list[Draft]:
    """Drafts of opsbot's own, each under a key that is unique within the run."""
    return [
        Draft(key=f"run:{run_id}:{name}", occurred_at=now, actor=OPSBOT, source="opsbot", body=body)
        for name, body in facts
    ]


async def append_run(
    tx: Transaction, ports: Ports, incident_id: str, run_id: str,
    facts: Sequence[tuple[str, Body]],
) -> None:  # fmt: skip
    """Append facts of a run inside `tx`, owe what follows; known ones change nothing."""
    now = ports.clock.now()
    before = await tx.incident(incident_id)
    entries = await tx.append(incident_id, drafts_of(run_id, facts, now))
    if entries[-1].seq > before.seq:
        await follow(tx, before, cause=entries[-1].key, rules=ports.rules, now=now)


async def record_run(ports: Ports, incident_id: str, run_id: str, *facts: tuple[str, Body]) -> None:
    """Append facts of a run in a transaction of their own."""
    async with ports.record.transaction(LOCK) as tx:
        await append_run(tx, ports, incident_id, run_id, facts)


async def record_progress(
    ports: Ports, incident_id: str, run_id: str, name: str, body: Body
) -> None:
    """Append how far something has come, which owes nothing but an edit of its message."""
    now = ports.clock.now()
    async with ports.record.transaction(incident_id) as tx:
        await tx.append(incident_id, drafts_of(run_id, [(name, body)], now))
        await tx.owe(converge_soon(await tx.incident(incident_id), now))
