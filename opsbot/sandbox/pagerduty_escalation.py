"""When the sandbox PagerDuty acts by itself: the next level after a while, the end of a snooze.

After PagerDuty's "Escalation Policies" and "Service Settings": an incident goes to the next level
while nobody acknowledges it; one of low urgency, or given to somebody directly, does not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbot.sandbox.pagerduty_incident import Incident
from opsbot.sandbox.scenario import Team

DEFAULT_DELAY = timedelta(minutes=30)


class Escalations:
    """How long each policy waits at a level before it pages the next one."""

    def __init__(self) -> None:
        self._everywhere: timedelta | None = DEFAULT_DELAY
        self._of_policy: dict[str, timedelta | None] = {}

    def set_delay(self, delay: timedelta | None, team: Team | None = None) -> None:
        """Set how long a level has to answer, for one team's policy or all; None is for ever."""
        if team is None:
            self._everywhere = delay
            self._of_policy.clear()
        else:
            self._of_policy[team.policy_id] = delay

    def delay_of(self, team: Team) -> timedelta | None:
        """Give how long a level of a team's policy has to answer; None is for ever."""
        return self._of_policy.get(team.policy_id, self._everywhere)

    def escalates_at(self, incident: Incident) -> datetime | None:
        """Give when the next level is paged if nobody acknowledges; None when it never is."""
        delay = self.delay_of(incident.team)
        last = incident.level >= len(incident.team.levels)
        by_policy = incident.assigned_via == "escalation_policy"
        waits = incident.status == "triggered" and incident.urgency == "high" and by_policy
        return incident.level_since + delay if waits and delay is not None and not last else None

    def next_act(self, incident: Incident) -> datetime | None:
        """Give when PagerDuty does something to an incident by itself; None for never."""
        return incident.snoozed_until or self.escalates_at(incident)

    def pending(self, incident: Incident) -> list[tuple[str, datetime]]:
        """Give an incident's pending actions: escalate or unacknowledge, and when."""
        if incident.snoozed_until is not None:
            return [("unacknowledge", incident.snoozed_until)]
        at = self.escalates_at(incident)
        return [] if at is None else [("escalate", at)]
