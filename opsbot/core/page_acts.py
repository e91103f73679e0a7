"""A page that somebody asked for is owed; and what stands of it in the pager's own words."""

from __future__ import annotations

from types import MappingProxyType

from opsbot.core.entry import Severity, Visibility
from opsbot.core.event import NO_ALERT
from opsbot.core.incident import Incident
from opsbot.core.incident_pages import page_key
from opsbot.core.incident_parts import Alert
from opsbot.core.intake import OWN_NOTE
from opsbot.core.living import Page
from opsbot.core.text import cut, inert
from opsbot.core.unfolding import Owed, Unfolding

LONGEST_TITLE, LONGEST_MESSAGE = 200, 1_000


def owes_pages(story: Unfolding, before: Incident) -> None:
    """Every page that was asked for is owed."""
    for page in story.state.living.pages:
        if page.seq > before.seq and page.state is None:
            owed = Owed(
                purpose="page_people", key=f"page:{page.seq}", due_at=story.now,
                arguments=MappingProxyType({"asked": str(page.seq)}),
            )  # fmt: skip
            story.owed.append(owed)


def joins_alert(incident: Incident, page: Page) -> Alert | None:
    """The pager's incident that people are asked to join: one that fires, and that was not made
    by this very page. Where nothing fires there is none, and one is made."""
    own = page_key(incident.id, page.seq)
    firing = (
        alert
        for alert in incident.alerts.values()
        if alert.firing and alert.origin.source not in NO_ALERT and alert.origin.dedup_key != own
    )
    return next(firing, None)


def made_already(incident: Incident, page: Page) -> Alert | None:
    """The pager's incident of this page, when it was heard of before we knew that it was made."""
    own = page_key(incident.id, page.seq)
    return next((one for one in incident.alerts.values() if one.origin.dedup_key == own), None)


def page_title(incident: Incident) -> str:
    """What the pager's incident is called; of a private one nothing is told."""
    if incident.visibility is Visibility.PRIVATE:
        return f"opsbot INC-{incident.number} (private)"
    return cut(f"INC-{incident.number} {inert(incident.title, 300)}", LONGEST_TITLE)


def page_message(incident: Incident, page: Page) -> str:
    """What people who are paged read: who asks, for what, and why; marked as ours, so that it does
    not come back as somebody's words. Of a private incident only who asks."""
    who = inert(page.by.name, 80) if page.by.is_person else "opsbot"
    asks = f"{OWN_NOTE}{who} asks for you in Slack: {page_title(incident)}"
    if incident.visibility is Visibility.PRIVATE:
        return asks
    severity = "" if incident.severity is Severity.UNSET else incident.severity
    room = inert(incident.surface.channel_name, 80)
    where = ", ".join(part for part in (severity, f"#{room}" if room else "") if part)
    more = f" ({where})" if where else ""
    why = f". {inert(page.reason, 500)}" if page.reason else ""
    return cut(f"{asks}{more}{why}", LONGEST_MESSAGE)
