"""The sandbox PagerDuty: its REST v2 API, and the pages, people's acts and webhooks behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from opsbot.sandbox.clock import Clock
from opsbot.sandbox.http_server import SandboxServer, json_answer
from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_acts import Acts
from opsbot.sandbox.pagerduty_directory import DirectoryApi
from opsbot.sandbox.pagerduty_gate import Gate, error_body
from opsbot.sandbox.pagerduty_incident import Event, Incident
from opsbot.sandbox.pagerduty_limits import REQUESTS_A_MINUTE, WRITES_A_MINUTE, RequestBudget
from opsbot.sandbox.pagerduty_paging import PagingApi
from opsbot.sandbox.pagerduty_references import References
from opsbot.sandbox.pagerduty_rest import IncidentApi
from opsbot.sandbox.pagerduty_shapes import Shapes
from opsbot.sandbox.pagerduty_subscriptions import EVENT_TYPES, SubscriptionApi
from opsbot.sandbox.pagerduty_webhooks import WebhookBodies
from opsbot.sandbox.scenario import Person, Scenario
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
_TICK_SECONDS = 0.25


class PagerDutyServer(Acts, SandboxServer):
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
        writes_a_minute: int = WRITES_A_MINUTE,
    ) -> None:
        SandboxServer.__init__(self, clock)
        self._scenario = scenario
        self._requests = RequestBudget(clock, a_minute=requests_a_minute)
        self._writes = RequestBudget(clock, a_minute=writes_a_minute)
        self._gate = Gate(dict(keys), self._requests, self._writes, clock)
        self._sender = WebhookSender(clock, schedule=schedule, answer_timeout=answer_timeout)
        references = References(scenario, lambda: self.url)
        self.account = Account(scenario, anchor, clock.now, first_number=FIRST_NUMBER)
        self._shapes = Shapes(references, self.account.escalations)
        self._bodies = WebhookBodies(references)
        self._paging = PagingApi(self.account, self._shapes, references, self._gate, self)
        self._ticking: asyncio.Task[None] | None = None
        self._subscriptions = SubscriptionApi(self.account, self._gate, self._sender, self.ping)

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        parts = (self.account, self._shapes, self._gate)
        yield from IncidentApi(*parts, self, self._clock).routes()
        yield from self._paging.routes()
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
        """Listen, be ready to send webhooks, and let the clock act."""
        await self._sender.start()
        url = await super().start(host=host, port=port)
        self._ticking = asyncio.create_task(self._tick_on())
        return url

    async def stop(self) -> None:
        """Stop acting, sending and listening."""
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        self._ticking = None
        await self._sender.stop()
        await super().stop()

    async def _tick_on(self) -> None:
        while True:
            self.tick()
            await asyncio.sleep(_TICK_SECONDS)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.tick()  # nobody may read an incident as it was before what is due
        return await super()._answer(request, handler)

    def add_key(self, key: str, person: Person | str | None) -> None:
        """Accept a REST key: a user's own, or with None one of the account."""
        self._gate.keys[key] = self._person(person)

    def remove_key(self, key: str) -> None:
        """Accept a REST key no longer."""
        self._gate.keys.pop(key, None)

    def set_plan(self, *, responders: bool) -> None:
        """Have a plan with or without requests to respond, which not every plan has."""
        self._paging.plan_has_responders = responders

    def set_limits(self, *, requests: int | None = None, writes: int | None = None) -> None:
        """Set how many requests, and how many changes among them, a key has each minute."""
        self._requests.most = self._requests.most if requests is None else requests
        self._writes.most = self._writes.most if writes is None else writes

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

    def drop_webhooks(self, dropping: bool = True) -> None:
        """Drop every webhook from now on, also those waiting to be tried again, and send nothing;
        with False events are sent again, and what was dropped stays lost."""
        self._sender.drop_all(dropping)

    @property
    def drops_webhooks(self) -> bool:
        """Say whether webhooks are being dropped."""
        return self._sender.dropping

    def publish(self, event: Event | None) -> list[Delivery]:
        """Put an event's webhooks in line; None sends nothing."""
        if event is None:
            return []
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


def _event_id(account: Account) -> str:
    return account.new_id("01", 26)


def _uuid(account: Account) -> str:
    digits = f"{seed_of(account.new_id()):016x}{seed_of(account.new_id(), 'tail'):016x}"
    return "-".join((digits[:8], digits[8:12], "4" + digits[13:16], digits[16:20], digits[20:]))
