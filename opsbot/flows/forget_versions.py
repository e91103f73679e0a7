"""After words were redacted: earlier versions of the postmortem leave the store, once the newest
one has arrived everywhere. Every flow that settles a version ends with this, however often."""

from __future__ import annotations

from opsbot.core.entry import Mode, Visibility
from opsbot.core.incident import Incident
from opsbot.core.postmortem_versions import outlived_blobs
from opsbot.ports import Ports, Publisher, Record, Transaction


def places_of(ports: Ports, incident: Incident) -> tuple[Publisher, ...]:
    """Where the incident's postmortem goes. Shadow mode writes nowhere, and what is private goes
    only where its readers alone look."""
    private = incident.visibility is Visibility.PRIVATE
    if incident.mode is not Mode.LIVE:
        return ()
    return tuple(place for place in ports.publishers if place.takes_private or not private)


async def forget_versions(ports: Ports, incident_id: str) -> None:
    """Forget what holds redacted words and nobody needs; nothing while somebody still does."""
    if not await _outlived(ports, ports.record, incident_id):
        return
    async with ports.record.transaction(incident_id) as tx:
        await tx.forget_blobs(incident_id, await _outlived(ports, tx, incident_id))
    # Even if all was gone by then: an earlier try may have ended right before this.
    await ports.record.scour()


async def _outlived(ports: Ports, held: Record | Transaction, incident_id: str) -> frozenset[str]:
    incident = await held.incident(incident_id)
    places = {place.name for place in places_of(ports, incident)}
    return outlived_blobs(await held.entries(incident_id), places)
