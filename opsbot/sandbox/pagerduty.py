"""The sandbox PagerDuty: its REST v2 API, and the pages, people's acts and webhooks behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import web

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import SandboxServer, json_answer
from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.pagerduty_account import Account, Event, Incident
from opsbot.sandbox.pagerduty_directory import DirectoryApi
from opsbot.sandbox.pagerduty_limits import REQUESTS_A_MINUTE, RequestBudget
from opsbot.sandbox.pagerduty_references import References
from opsbot.sandbox.pagerduty_rest import Gate, IncidentApi, error_body
from opsbot.sandbox.pagerduty_shapes import Shapes
from opsbot.sandbox.pagerduty_subscriptions import EVENT_TYPES, SubscriptionApi
from opsbot.sandbox.pagerduty_webhooks import WebhookBodies
from opsbot.sandbox.scenario import Page, Person, Scenario
from opsbot.sandbox.webhook_delivery import (
    ANSWER_TIMEOUT,
    Delivery,
    RetrySchedule,
    Subscription,
    WebhookSender,
    signature,
)

USER_AGENT = "PagerDuty-Webhook/V3.0"
FIRST_NUMBER = 1001


class PagerDutyServer(SandboxServer):
    """An account with the scenario's people and services; incidents live here, not in opsbot.

    `keys` maps REST keys to the user they belong to, or to None for account keys.
    """

    name = "pagerduty"

    def __init__(
        self,
        scenario: Scenario,
        anchor: datetime,
        clock: Clock,
        *,
        keys: Mapping[str, Person | None],
        schedule: RetrySchedule | None = None,
        answer_timeout: float = ANSWER_TIMEOUT,
        requests_a_minute: int = REQUESTS_A_MINUTE,
    ) -> None:
        super().__init__(clock)
        self._scenario = scenario
        self._gate = Gate(dict(keys), RequestBudget(clock, a_minute=requests_a_minute))
        self._sender = WebhookSender(clock, schedule=schedule, answer_timeout=answer_timeout)
        references = References(scenario, lambda: self.url)
        self._shapes = Shapes(references)
        self._bodies = WebhookBodies(references)
        self.account = Account(scenario, anchor, clock.now, first_number=FIRST_NUMBER)
        self._subscriptions = SubscriptionApi(self.account, self._gate, self._sender, self.ping)

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        parts = (self.account, self._shapes, self._gate)
        yield from IncidentApi(*parts, self, self._clock).routes()
        yield from DirectoryApi(*parts, self._clock).routes()
        yield from self._subscriptions.routes()

    def error_answer(self, status: int, message: str) -> web.Response:
        """Build {error: {message, code}}."""
        text, code = {
            404: ("Not Found", 2100),
            429: ("Rate Limit Exceeded", 2020),
        }.get(status, (message, 2000))
        return json_answer(error_body(text, code), status=status)

    def emptied(self, body: Any) -> Any:
        """Take the results out of an answer."""
        whole: dict[str, Any] = body
        nothing: list[Any] = []
        return {key: nothing if isinstance(whole[key], list) else whole[key] for key in whole}

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and be ready to send webhooks."""
        await self._sender.start()
        return await super().start(host=host, port=port)

    async def stop(self) -> None:
        """Stop sending and listening."""
        await self._sender.stop()
        await super().stop()

    # Webhooks

    def subscribe(
        self, url: str, *secrets: str, events: Iterable[str] = EVENT_TYPES
    ) -> Subscription:
        """Send the account's webhooks to a loopback URL, signed with each of the secrets."""
        return self._subscriptions.add(url, secrets, events=events)

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """Give all subscriptions, those made over REST too."""
        return tuple(self._subscriptions.subscriptions.values())

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """Give every webhook so far with its attempts, in the order the events happened."""
        return tuple(self._sender.deliveries)

    async def settled(self, incident: Incident | None = None) -> None:
        """Wait until the webhooks (of one incident, or all) are delivered, dropped or lost."""
        wanted = None if incident is None else incident.id
        await self._sender.settled(lambda one: wanted is None or one.incident_id == wanted)

    def publish(self, event: Event) -> list[Delivery]:
        """Put an event's webhooks in line."""
        ident = _event_id(self.account)
        body = json.dumps(self._bodies.event(event, ident), separators=(",", ":")).encode()
        return [
            self._sent(subscription, event.type, event.incident.id, body)
            for subscription in self._subscriptions.wanting(event)
        ]

    def ping(self, subscription: Subscription) -> Delivery:
        """Send the event of the test button."""
        body = self._bodies.ping(_event_id(self.account), self._clock.now())
        raw = json.dumps(body, separators=(",", ":")).encode()
        return self._sent(subscription, "pagey.ping", None, raw)

    async def send_raw(
        self,
        body: bytes,
        *,
        subscription: Subscription | None = None,
        event_type: str = "raw",
        incident_id: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        secrets: Sequence[str] | None = None,
    ) -> Delivery:
        """Send any bytes as a webhook and wait until the matter is settled.

        `headers` override the usual ones (None removes one); `secrets` sign instead of the
        subscription's own.
        """
        target = subscription or self.subscriptions[0]
        delivery = self._delivery(target, event_type, incident_id, body)
        if secrets is not None:
            delivery.headers["X-PagerDuty-Signature"] = signature(list(secrets), body)
        for name, value in (headers or {}).items():
            delivery.headers.pop(name, None)
            if value is not None:
                delivery.headers[name] = value
        self._sender.enqueue(target, delivery)
        await delivery.done.wait()
        return delivery

    def _sent(
        self, subscription: Subscription, event_type: str, incident_id: str | None, body: bytes
    ) -> Delivery:
        delivery = self._delivery(subscription, event_type, incident_id, body)
        self._sender.enqueue(subscription, delivery)
        return delivery

    def _delivery(
        self, subscription: Subscription, event_type: str, incident_id: str | None, body: bytes
    ) -> Delivery:
        ident = _uuid(self.account)
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            "X-Webhook-Id": ident,
            "X-Webhook-Subscription": subscription.id,
            "X-PagerDuty-Signature": signature(subscription.secrets, body),
            **dict(subscription.custom_headers),
        }
        return Delivery(
            id=ident,
            event_type=event_type,
            incident_id=incident_id,
            subscription_id=subscription.id,
            body=body,
            headers=headers,
        )

    # What happens in the account. Each sends its webhook and returns at once; see settled().

    async def trigger(self, page: Page | None = None) -> Incident:
        """Page: open an incident, by default the scenario's own."""
        event = self.account.trigger(page or self._scenario.page)
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

    async def acknowledge(self, incident: Incident, person: str | Person) -> None:
        """Somebody (a person or a name) acknowledges."""
        self.publish(self.account.acknowledge(incident, self._person(person)))

    async def unacknowledge(self, incident: Incident) -> None:
        """The acknowledgement times out."""
        self.publish(self.account.unacknowledge(incident))

    async def resolve(self, incident: Incident, person: str | Person | None = None) -> None:
        """Somebody resolves it, or with None the monitoring does."""
        by = None if person is None else self._person(person)
        self.publish(self.account.resolve(incident, by))

    async def reopen(self, incident: Incident, person: str | Person | None = None) -> None:
        """It comes back."""
        by = None if person is None else self._person(person)
        self.publish(self.account.reopen(incident, by))

    async def annotate(self, incident: Incident, person: str | Person, content: str) -> None:
        """Somebody leaves a note."""
        self.publish(self.account.annotate(incident, self._person(person), content))

    async def reassign(
        self, incident: Incident, people: Sequence[str | Person], person: str | Person | None = None
    ) -> None:
        """It is given to other people."""
        by = None if person is None else self._person(person)
        new = [self._person(one) for one in people]
        self.publish(self.account.reassign(incident, new, by))

    async def escalate(self, incident: Incident, person: str | Person | None = None) -> None:
        """Nobody answers, or somebody calls for the next level."""
        by = None if person is None else self._person(person)
        self.publish(self.account.escalate(incident, by))

    async def priority_updated(
        self, incident: Incident, priority: str | None, person: str | Person | None = None
    ) -> None:
        """The priority changes (P1 to P5, or None)."""
        by = None if person is None else self._person(person)
        self.publish(self.account.set_priority(incident, priority, by))

    def _person(self, person: str | Person) -> Person:
        return self._scenario.person(person) if isinstance(person, str) else person


def _event_id(account: Account) -> str:
    return account.new_id("01", 26)


def _uuid(account: Account) -> str:
    digits = f"{seed_of(account.new_id()):016x}{seed_of(account.new_id(), 'tail'):016x}"
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], digits[16:20], digits[20:]))
