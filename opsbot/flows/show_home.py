"""Somebody looks at the Home tab: drawn from the record for them alone."""

from __future__ import annotations

from opsbot.core.card import Card, line
from opsbot.core.home import home
from opsbot.core.invocation import HomeOpened
from opsbot.core.permission import Denied, may, may_see
from opsbot.ports import Done, Ports

MOST_LOOKED_AT = 300


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
    await people.show_home(opened.caller.user_id, home(seen, me, opened.page))
