"""The sandbox PagerDuty's webhook subscriptions: kept, asked about, tried, switched on again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, cast

from aiohttp import web
from yarl import URL

from opsbot.sandbox.http_server import json_answer
from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.pagerduty_account import Account
from opsbot.sandbox.pagerduty_gate import Gate
from opsbot.sandbox.pagerduty_incident import AccountError, Event
from opsbot.sandbox.pagerduty_limits import page_of
from opsbot.sandbox.webhook_delivery import Subscription, WebhookSender

EVENT_TYPES: tuple[str, ...] = (
    "incident.acknowledged",
    "incident.action_invocation.created",
    "incident.action_invocation.terminated",
    "incident.action_invocation.updated",
    "incident.annotated",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.delegated",
    "incident.escalated",
    "incident.incident_type.changed",
    "incident.priority_updated",
    "incident.reassigned",
    "incident.reopened",
    "incident.resolved",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.role.assigned",
    "incident.service_updated",
    "incident.status_update_published",
    "incident.task.completed",
    "incident.task.created",
    "incident.task.updated",
    "incident.triggered",
    "incident.unacknowledged",
    "incident.workflow.completed",
    "incident.workflow.started",
    "service.created",
    "service.custom_field_values.updated",
    "service.deleted",
    "service.updated",
)
_FILTERS = ("account_reference", "service_reference", "team_reference")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SubscriptionApi:
    """The subscriptions, and their REST endpoints."""

    def __init__(
        self,
        account: Account,
        gate: Gate,
        sender: WebhookSender,
        ping: Callable[[Subscription], object],
    ) -> None:
        self._account = account
        self._gate = gate
        self._sender = sender
        self._ping = ping
        self.subscriptions: dict[str, Subscription] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the routes."""
        guarded = self._gate.guarded
        one = "/webhook_subscriptions/{id}"
        yield web.get("/webhook_subscriptions", guarded(self._list))
        yield web.post("/webhook_subscriptions", guarded(self._create))
        yield web.get(one, guarded(self._read))
        yield web.delete(one, guarded(self._delete))
        yield web.post(f"{one}/enable", guarded(self._enable))
        yield web.post(f"{one}/ping", guarded(self._try))

    def add(
        self,
        url: str,
        secrets: Iterable[str],
        *,
        events: Iterable[str] = EVENT_TYPES,
        filter_type: str = "account_reference",
        filter_id: str | None = None,
        description: str = "",
        custom_headers: Iterable[tuple[str, str]] = (),
    ) -> Subscription:
        """Keep a subscription; raises AccountError for what PagerDuty, or loopback, refuses."""
        chosen = tuple(events)
        problems = [f"{name} is not a known event" for name in chosen if name not in EVENT_TYPES]
        if filter_type not in _FILTERS:
            problems.append(f"filter type must be one of {', '.join(_FILTERS)}")
        if URL(url).scheme not in ("http", "https") or URL(url).host not in _LOOPBACK:
            problems.append("url must be http(s) on loopback: the sandbox sends nowhere else")
        if problems:
            raise AccountError("Invalid Input Provided", 2001, *problems)
        subscription = Subscription(
            id=self._account.new_id(),
            url=url,
            secrets=list(secrets),
            events=chosen,
            filter_type=filter_type,
            filter_id=filter_id,
            description=description,
            custom_headers=tuple(custom_headers),
        )
        self.subscriptions[subscription.id] = subscription
        return subscription

    def wanting(self, event: Event) -> list[Subscription]:
        """Give the subscriptions an event goes to."""
        own = {
            "account_reference": None,
            "service_reference": event.incident.service.pagerduty_id,
            "team_reference": event.incident.team.pagerduty_id,
        }
        return [
            subscription
            for subscription in self.subscriptions.values()
            if event.type in subscription.events
            and own[subscription.filter_type] in (None, subscription.filter_id)
        ]

    def _chosen(self, request: web.Request) -> Subscription:
        found = self.subscriptions.get(request.match_info["id"])
        if found is None:
            raise AccountError("Not Found", 2100, status=404)
        return found

    async def _list(self, request: web.Request) -> web.Response:
        found = [self._written(one) for one in self.subscriptions.values()]
        return json_answer(page_of("webhook_subscriptions", found, request.query))

    async def _create(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.text())["webhook_subscription"]
            method, chosen = body["delivery_method"], body["filter"]
            if body["type"] != "webhook_subscription" or method["type"] != "http_delivery_method":
                raise AccountError("Invalid Input Provided", 2001, "type is not supported")
            headers = cast("list[dict[str, str]]", method.get("custom_headers") or [])
            secret = f"{seed_of(self._account.new_id(), method['url']):016x}" * 4
            subscription = self.add(
                str(method["url"]),
                [secret],
                events=[str(name) for name in body["events"]],
                filter_type=str(chosen["type"]),
                filter_id=chosen.get("id"),
                description=str(body.get("description") or ""),
                custom_headers=[(one["name"], one["value"]) for one in headers],
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise AccountError(
                "Invalid Input Provided", 2001, f"missing or bad: {error}"
            ) from error
        # The only answer that ever shows the secret.
        written = self._written(subscription, secret=subscription.secrets[0])
        return json_answer({"webhook_subscription": written}, status=201)

    async def _read(self, request: web.Request) -> web.Response:
        return json_answer({"webhook_subscription": self._written(self._chosen(request))})

    async def _delete(self, request: web.Request) -> web.Response:
        del self.subscriptions[self._chosen(request).id]
        return web.Response(status=204)

    async def _enable(self, request: web.Request) -> web.Response:
        subscription = self._chosen(request)
        self._sender.enable(subscription)
        return json_answer({"webhook_subscription": self._written(subscription)})

    async def _try(self, request: web.Request) -> web.Response:
        self._ping(self._chosen(request))
        return web.Response(status=202)

    def _written(self, subscription: Subscription, *, secret: str | None = None) -> dict[str, Any]:
        return {
            "id": subscription.id,
            "type": "webhook_subscription",
            "active": subscription.active,
            "delivery_method": {
                "id": "P" + subscription.id[:0:-1],
                "type": "http_delivery_method",
                "url": subscription.url,
                "secret": secret,
                "temporarily_disabled": self._sender.is_disabled(subscription),
                "custom_headers": [
                    {"name": name, "value": "-- redacted --"}
                    for name, _ in subscription.custom_headers
                ],
            },
            "description": subscription.description,
            "events": list(subscription.events),
            "filter": {"type": subscription.filter_type, "id": subscription.filter_id},
        }
