"""A second look at where an incident belongs, when a rule asked whether it is still open."""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.flows.intake import LOCK, follow
from opsbot.ports import Ports, Steps


async def route_again(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Route the incident as of now; it can only gain a better place."""
    incident_id, key = arguments["incident_id"], arguments["key"]

    async def step() -> None:
        async with ports.record.transaction(LOCK) as tx:
            incident = await tx.incident(incident_id)
            if incident.firing and not incident.status.is_over:
                now = ports.clock.now()
                await follow(tx, incident, cause=key, rules=ports.rules, now=now)

    await steps.run("route again", step)
    return None
