"""People who are asked to join an incident of the sandbox PagerDuty, and what they answer.

After PagerDuty's "Add Responders": who is asked through an escalation policy is whoever is on call
at its first level. The log tells of the request; of an answer only the incident itself does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from opsbot.sandbox.pagerduty_incident import AccountError, Event, Incident, Responder
from opsbot.sandbox.pagerduty_log import LogBook
from opsbot.sandbox.scenario import Person, Scenario, Team


class Responding(ABC):
    """Requests to respond, and replies; whoever inherits it has a scenario, a log and a clock."""

    scenario: Scenario
    _log: LogBook

    @abstractmethod
    def _now(self) -> datetime: ...

    def ask_to_respond(
        self, incident: Incident, targets: Sequence[Person | Team], by: Person, message: str
    ) -> list[Event]:
        """Ask people, or whoever is on call for a team's policy; one event for each person.

        Raises AccountError for an incident that is resolved, and when nobody is named.
        """
        if incident.status == "resolved":
            raise AccountError("Incident Already Resolved", 1001)
        if not targets:
            raise AccountError(
                "Invalid Input Provided", 2001, "Responder request targets cannot be empty."
            )
        events: list[Event] = []
        for target in targets:
            team = target if isinstance(target, Team) else None
            names = target.levels[0] if isinstance(target, Team) else (target.name,)
            people = [self.scenario.person(name) for name in names]
            events += [self._asked(incident, person, team, by, message) for person in people]
        incident.updated_at = self._now()
        return events

    def _asked(
        self, incident: Incident, person: Person, team: Team | None, by: Person, message: str
    ) -> Event:
        now = self._now()
        responder = Responder(
            person=person, requester=by, team=team, message=message, requested_at=now,
            updated_at=now,
        )  # fmt: skip
        incident.responders.append(responder)
        words = f"{by.name} requested {person.name} to respond"
        self._log.write(incident, "responder_request", by, words, details=message)
        return Event(
            type="incident.responder.added", at=now, agent=by, incident=incident,
            responder=responder, message=message,
        )  # fmt: skip

    def reply(self, incident: Incident, person: Person, *, accepted: bool, message: str) -> Event:
        """Somebody answers the newest request to them; raises AccountError when there is none."""
        asked = [one for one in incident.responders if one.person == person]
        if not asked:
            raise AccountError("Not Found", 2100, status=404)
        responder = asked[-1]
        responder.state = "joined" if accepted else "declined"
        responder.updated_at = incident.updated_at = self._now()
        return Event(
            type="incident.responder.replied", at=responder.updated_at, agent=person,
            incident=incident, responder=responder, message=message,
        )  # fmt: skip
