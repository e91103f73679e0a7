"""What people, the monitoring and the clock do in the sandbox's PagerDuty account.

For tests, benchmarks and the workspace page. Each act sends its webhook, if PagerDuty has one for
it, and returns at once. People are given by name or as themselves; None is automation.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_incident import Event, Incident
from opsbot.sandbox.scenario import Page, Person, Scenario, Team
from opsbot.sandbox.webhook_delivery import Delivery

Somebody = str | Person | None


class Acts(ABC):
    """The acts; whoever inherits them has an account and can publish."""

    account: Account
    _scenario: Scenario
    _clock: Clock

    @abstractmethod
    def publish(self, event: Event | None) -> list[Delivery]:
        """Put an event's webhooks in line; None sends nothing."""

    async def trigger(
        self,
        page: Page | None = None,
        *,
        service: str | None = None,
        title: str | None = None,
        urgency: Literal["high", "low"] | None = None,
        priority: str | None = None,
        person: Somebody = None,
    ) -> Incident:
        """Page: open an incident, by default the scenario's own.

        Another service of the catalogue, title, urgency or priority may be named; whoever is on
        call for that service gets it. Raises KeyError for a service nobody knows.
        """
        chosen = page or self._scenario.page
        if service is not None and service != chosen.service:
            words = title or f"{service}: error share above 5 %"
            chosen = Page(title=words, service=self._scenario.service(service).name)
        chosen = replace(
            chosen,
            title=title or chosen.title,
            urgency=urgency or chosen.urgency,
            priority=priority or chosen.priority,
        )
        event = self._ready.trigger(chosen, self._person(person))
        self.publish(event)
        return event.incident

    async def synthetic_incidents(
        self,
        count: int,
        *,
        services: Sequence[str] | None = None,
        per_second: float | None = None,
    ) -> list[Incident]:
        """Open many distinct incidents, in turn over services, all at once or at a rate."""
        names = services or [service.name for service in self._scenario.services]
        incidents: list[Incident] = []
        began = self._clock.monotonic()
        for index in range(count):
            if per_second is not None:
                due = began + index / per_second
                await asyncio.sleep(max(0.0, due - self._clock.monotonic()))
            service = names[index % len(names)]
            title = f"{service}: synthetic alert {self.account.new_id('', 6)}"
            page = replace(self._scenario.page, title=title, service=service, assignees=())
            incidents.append(await self.trigger(page))
        return incidents

    async def acknowledge(self, incident: Incident, person: Somebody) -> None:
        """Somebody acknowledges, or with None the monitoring does."""
        self.publish(self._ready.acknowledge(incident, self._person(person)))

    async def unacknowledge(self, incident: Incident) -> None:
        """The acknowledgement times out."""
        self.publish(self._ready.unacknowledge(incident))

    async def resolve(self, incident: Incident, person: Somebody = None) -> None:
        """Somebody resolves it, or with None the monitoring does."""
        self.publish(self._ready.resolve(incident, self._person(person)))

    async def reopen(self, incident: Incident, person: Somebody = None) -> None:
        """It comes back."""
        self.publish(self._ready.reopen(incident, self._person(person)))

    async def annotate(self, incident: Incident, person: Somebody, content: str) -> None:
        """Somebody leaves a note, or with None a rule does."""
        self.publish(self._ready.annotate(incident, self._person(person), content))

    async def reassign(
        self, incident: Incident, people: Sequence[str | Person], person: Somebody = None
    ) -> None:
        """It is given to other people."""
        new = [found for one in people if (found := self._person(one)) is not None]
        self.publish(self._ready.reassign(incident, new, self._person(person)))

    async def delegate(self, incident: Incident, team: str | Team, person: Somebody = None) -> None:
        """It is handed to another team's escalation policy."""
        chosen = self._scenario.team(team) if isinstance(team, str) else team
        self.publish(self._ready.delegate(incident, chosen, self._person(person)))

    async def escalate(self, incident: Incident, person: Somebody = None) -> None:
        """Nobody answers, or somebody calls for the next level."""
        self.publish(self._ready.escalate(incident, self._person(person)))

    async def ask_to_respond(
        self, incident: Incident, people: Sequence[str | Person], person: str | Person,
        message: str = "Please help",
    ) -> None:  # fmt: skip
        """Somebody asks others to join an incident."""
        asked = [found for one in people if (found := self._person(one)) is not None]
        by = self._person(person) or asked[0]
        for event in self._ready.ask_to_respond(incident, asked, by, message):
            self.publish(event)

    async def reply(
        self, incident: Incident, person: str | Person, *, accepted: bool = True, message: str = ""
    ) -> None:
        """Somebody who was asked to join an incident accepts, or declines."""
        by = self._scenario.person(person) if isinstance(person, str) else person
        self.publish(self._ready.reply(incident, by, accepted=accepted, message=message))

    async def set_priority(
        self, incident: Incident, priority: str | None, person: Somebody = None
    ) -> None:
        """The priority changes (P1 to P5, or None)."""
        self.publish(self._ready.set_priority(incident, priority, self._person(person)))

    async def priority_updated(
        self, incident: Incident, priority: str | None, person: Somebody = None
    ) -> None:
        """The priority changes, as `set_priority`."""
        await self.set_priority(incident, priority, person)

    async def set_urgency(
        self, incident: Incident, urgency: Literal["high", "low"], person: Somebody = None
    ) -> None:
        """The urgency changes; there is no webhook for it."""
        self._ready.set_urgency(incident, urgency, self._person(person))

    async def snooze(self, incident: Incident, lasting: timedelta, person: Somebody = None) -> None:
        """It is acknowledged for a while only; there is no webhook for it."""
        self._ready.snooze(incident, lasting, self._person(person))

    def set_escalation_delay(
        self, delay: timedelta | None, *, team: str | Team | None = None
    ) -> None:
        """Set how long a level has to answer (30 minutes otherwise), of one team's policy or of
        all; None lets nothing escalate by itself."""
        chosen = self._scenario.team(team) if isinstance(team, str) else team
        self.account.escalations.set_delay(delay, chosen)

    def tick(self) -> None:
        """Do what the clock has made due. The server does it by itself while it runs, and before
        it answers; call it after winding a clock by hand."""
        for event in self.account.due():
            self.publish(event)

    @property
    def _ready(self) -> Account:
        """The account after whatever the clock had made due before."""
        self.tick()
        return self.account

    def _person(self, person: Somebody) -> Person | None:
        return self._scenario.person(person) if isinstance(person, str) else person
