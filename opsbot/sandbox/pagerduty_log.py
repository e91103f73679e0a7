"""How the sandbox PagerDuty writes an incident's log: one entry for each thing and, where an
escalation reaches several people, for each person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from opsbot.sandbox.pagerduty_incident import Incident, LogEntry
from opsbot.sandbox.scenario import Person


class LogBook:
    """Appends to the logs of one account."""

    def __init__(self, new_id: Callable[[str, int], str], now: Callable[[], datetime]) -> None:
        self._new_id = new_id
        self._now = now

    def write(
        self,
        incident: Incident,
        kind: str,
        by: Person | None,
        summary: str,
        *,
        details: str = "",
        channel: str = "",
        assignees: Sequence[Person] = (),
        priorities: tuple[str | None, str | None] | None = None,
    ) -> None:
        """Write one entry; without a person it is the service's own doing."""
        incident.log.append(
            LogEntry(
                id=self._new_id("R", 14),
                kind=f"{kind}_log_entry",
                at=self._now(),
                summary=summary,
                agent=by or incident.service,
                channel=channel or ("auto" if by is None else "website"),
                details=details,
                assignees=tuple(assignees),
                priorities=priorities,
            )
        )

    def triggered(self, incident: Incident, by: Person | None) -> None:
        """Write that an incident opened, who got it, and that they were notified."""
        how = "api" if by is None else "website"
        words = "Triggered through the API" if by is None else "Triggered through the website"
        self.write(incident, "trigger", by, words, details=incident.page.title, channel=how)
        names = ", ".join(person.name for person in incident.assignees)
        self.write(incident, "assign", None, f"Assigned to {names}", assignees=incident.assignees)
        self._notified(incident)

    def escalated(self, incident: Incident, by: Person | None) -> None:
        """Write that an incident went to each person of its level."""
        why = "timeout" if by is None else by.name
        for person in incident.assignees:
            words = f"Escalated to {person.name} by {why}"
            self.write(incident, "escalate", by, words, assignees=[person])
        if by is None:
            self._notified(incident)

    def _notified(self, incident: Incident) -> None:
        for person in incident.assignees:
            self.write(incident, "notify", None, f"Notified {person.name} by push")
