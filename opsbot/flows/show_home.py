"""Somebody looks at the Home tab: drawn from the record for them alone."""

from __future__ import annotations

from datetime import UTC, timedelta

from opsbot.core.card import Card, line
from opsbot.core.home import home
from opsbot.core.invocation import HomeOpened
from opsbot.core.moment import shifted
from opsbot.core.permission import Denied, may, may_see
from opsbot.core.wall_clock import zone_named
from opsbot.ports import Done, Ports

MOST_LOOKED_AT = 300
ENDED_LOOKED_AT = 60  # of those that ended within a month: their follow-ups may still wait
ENDED_WITHIN = timedelta(days=30)


async def show_home(ports: Ports, opened: HomeOpened) -> None:
    """Publish the tab; whoever may do nothing is told so, and sees no incident."""
    people = ports.people
    if people is None:
        return
    standing = await people.standing(opened.caller)
    if not isinstance(standing, Done):
        return
    me = standing.value
    allowed = may("home", me, None, ports.rules.permissions, guests=ports.rules.guests)
    if isinstance(allowed, Denied):
        card = Card(header="", lines=(line(allowed.sentence),))
        await people.show_home(opened.caller.user_id, [(card, "")])
        return
    ids = (await ports.record.open_incidents())[-MOST_LOOKED_AT:]
    found = [await ports.record.incident(incident_id) for incident_id in ids]
    seen = [incident for incident in found if may_see(me, incident)]
    now = ports.clock.now()
    over = await ports.record.ended_incidents(shifted(now, -ENDED_WITHIN), ENDED_LOOKED_AT)
    ended = [await ports.record.incident(incident_id) for incident_id in over]
    known = [incident for incident in ended if may_see(me, incident)]
    today = now.astimezone(zone_named(me.zone) or UTC).date()
    cards = home(seen, me, opened.page, today=today, rules=ports.rules, ended=known)
    await people.show_home(opened.caller.user_id, cards)
