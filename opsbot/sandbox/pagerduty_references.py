"""References to PagerDuty's objects, times as it writes them, and its priorities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from opsbot.sandbox.pagerduty_incident import Incident
from opsbot.sandbox.scenario import Person, Scenario, Service, Team

PRIORITIES: dict[str, tuple[str, str]] = {
    "P1": ("PPRIO01", "Customers cannot use the product"),
    "P2": ("PPRIO02", "Many customers are affected"),
    "P3": ("PPRIO03", "Some customers are affected, or soon will be"),
    "P4": ("PPRIO04", "Needs work, customers hardly notice"),
    "P5": ("PPRIO05", "Cosmetic"),
}


def moment_text(moment: datetime | None) -> str | None:
    """Write an object's time: ISO 8601 in whole seconds."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def event_moment_text(moment: datetime) -> str:
    """Write an event's time: ISO 8601 with milliseconds."""
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z"


class References:
    """Writes references to objects of one account, whose API has the given address."""

    def __init__(self, scenario: Scenario, api: Callable[[], str]) -> None:
        self.scenario = scenario
        self._address = api
        self.site = f"https://{scenario.organisation}.pagerduty.com"

    @property
    def api(self) -> str:
        """Give the address of the API."""
        return self._address()

    def reference(self, kind: str, ident: str, summary: str, path: str = "") -> dict[str, Any]:
        """Write a reference to any object."""
        place = path or f"{kind}s"
        return {
            "id": ident,
            "type": f"{kind}_reference",
            "summary": summary,
            "self": f"{self.api}/{place}/{ident}",
            "html_url": f"{self.site}/{place}/{ident}",
        }

    def person_reference(self, person: Person) -> dict[str, Any]:
        """Write a reference to somebody."""
        return self.reference("user", person.pagerduty_id, person.name)

    def service_reference(self, service: Service) -> dict[str, Any]:
        """Write a reference to a service."""
        return self.reference("service", service.pagerduty_id, service.name)

    def team_reference(self, team: Team) -> dict[str, Any]:
        """Write a reference to a team."""
        return self.reference("team", team.pagerduty_id, team.name)

    def policy_reference(self, team: Team) -> dict[str, Any]:
        """Write a reference to a team's escalation policy."""
        return self.reference(
            "escalation_policy", team.policy_id, f"{team.name} on call", "escalation_policies"
        )

    def schedule_reference(self, team: Team) -> dict[str, Any]:
        """Write a reference to a team's schedule."""
        return self.reference("schedule", team.schedule_id, f"{team.name} weekly rotation")

    def priority_reference(self, name: str | None) -> dict[str, Any] | None:
        """Write a reference to a priority, or null."""
        if name is None:
            return None
        ident = PRIORITIES[name][0]
        found = self.reference("priority", ident, name, "priorities")
        return {**found, "html_url": f"{self.site}/account/settings/incidents"}

    def agent_reference(self, agent: Person | Service | None) -> dict[str, Any] | None:
        """Write who did something, or null for automation."""
        if agent is None:
            return None
        if isinstance(agent, Person):
            return self.person_reference(agent)
        return self.service_reference(agent)

    def incident_reference(self, incident: Incident) -> dict[str, Any]:
        """Write a reference to an incident."""
        return self.reference("incident", incident.id, incident.title)

    def numbered_reference(self, incident: Incident) -> dict[str, Any]:
        """Write a reference to an incident as REST does: with its number in front of the title."""
        named = f"[#{incident.number}] {incident.title}"
        return {**self.incident_reference(incident), "summary": named}
