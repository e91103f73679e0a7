"""The bot watches itself: when delivery to Slack is stuck, the pager's incident says so, because
that is where responders still look."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Mode
from opsbot.core.event import NO_ALERT
from opsbot.core.incident import Incident
from opsbot.core.intake import OWN_NOTE
from opsbot.core.moment import lasting, to_micros
from opsbot.core.people import OPSBOT
from opsbot.ports import Ports, Refused


async def watch_delivery(ports: Ports, stuck_after: timedelta) -> tuple[str, ...]:
    """Note every live incident whose room has been owed for longer than `stuck_after`, once per
    stretch; answer the incidents that are stuck now."""
    now = ports.clock.now()
    late = await ports.record.overdue("converge", now - stuck_after)
    since = {o.incident_id: o.owed_since or o.due_at for o in reversed(late)}
    for incident_id, first in since.items():
        incident = await ports.record.incident(incident_id)
        if incident.mode is Mode.LIVE and not incident.status.is_over:
            await _note(ports, incident, first, stuck_after)
    return tuple(since)


async def _note(ports: Ports, incident: Incident, since: datetime, stuck_after: timedelta) -> None:
    origins = (alert.origin for alert in incident.alerts.values())
    origin = next((one for one in origins if one.source not in NO_ALERT), None)
    if ports.pager is None or origin is None:
        return
    key = f"stuck:{to_micros(since)}"  # one note for one stretch, however long it lasts
    if any(entry.key == key for entry in await ports.record.entries(incident.id)):
        return
    text = (
        f"{OWN_NOTE}Slack has not been reached for at least {lasting(stuck_after)}: the room of "
        f"INC-{incident.number} is missing or out of date. The record goes on and the room "
        "will be caught up."
    )
    outcome = await ports.pager.add_note(origin.id, text)
    if isinstance(outcome, Refused):
        return  # tried again at the next look
    draft = Draft(
        key=key, occurred_at=ports.clock.now(), actor=OPSBOT, source="opsbot",
        body=e.PagerNoted(origin_id=origin.id, text=text),
    )  # fmt: skip
    await ports.record.append(incident.id, [draft])
