"""The bot watches itself: when delivery to Slack is stuck, the pager's incident says so, because
that is where responders still look."""

from __future__ import annotations

from datetime import timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Mode
from opsbot.core.event import MAINTENANCE
from opsbot.core.incident import Incident
from opsbot.core.intake import OWN_NOTE
from opsbot.core.moment import lasting
from opsbot.core.people import OPSBOT
from opsbot.ports import Done, Ports


async def watch_delivery(ports: Ports, stuck_after: timedelta) -> tuple[str, ...]:
    """Note every live incident whose room has been owed for longer than `stuck_after`, once per
    stretch; answer the incidents that are stuck now."""
    now = ports.clock.now()
    late = await ports.record.overdue("converge", now - stuck_after)
    stuck = tuple(dict.fromkeys(obligation.incident_id for obligation in late))
    for incident_id in stuck:
        incident = await ports.record.incident(incident_id)
        if incident.mode is Mode.LIVE and not incident.status.is_over:
            await _note(ports, incident, stuck_after)
    return stuck


async def _note(ports: Ports, incident: Incident, stuck_after: timedelta) -> None:
    origin = incident.origin
    if ports.pager is None or origin is None or origin.source == MAINTENANCE:
        return
    now = ports.clock.now()
    # One claim per incident and hour: a long outage is said again, not said all the time.
    if await ports.record.claim(f"{incident.id}:stuck:{now:%Y%m%d%H}", now) is not None:
        return
    text = (
        f"{OWN_NOTE}Slack has not been reached for at least {lasting(stuck_after)}: the room of "
        f"INC-{incident.number} is missing or out of date. The record goes on and the room "
        "will be caught up."
    )
    outcome = await ports.pager.add_note(origin.id, text)
    if isinstance(outcome, Done):
        draft = Draft(
            key=f"stuck:{now:%Y%m%d%H}",
            occurred_at=now,
            actor=OPSBOT,
            source="opsbot",
            body=e.PagerNoted(origin_id=origin.id, text=text),
        )
        await ports.record.append(incident.id, [draft])
