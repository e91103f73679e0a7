"""Delivers webhooks the way PagerDuty does: signed, in order for each incident, retried, given up.

Rules from https://developer.pagerduty.com/docs/webhooks-behavior and the V3 overview: an answer is
due within 5 seconds; timeouts, connection faults, 5xx and 429 are retried while later deliveries
for the same incident wait; any other answer but 2xx drops the delivery; three drops in a row switch
the subscription off for a day.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Literal

import aiohttp

from opsbot.sandbox.clock import Clock

ANSWER_TIMEOUT = 5.0
DROPS_UNTIL_DISABLED = 3
DISABLED_FOR = timedelta(hours=24)
LARGEST_BODY = 256 * 1024

Outcome = Literal["pending", "delivered", "dropped", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySchedule:
    """Waits between attempts in seconds; the real one stretches over 48 hours."""

    first: float = 0.5
    factor: float = 2.0
    longest: float = 8.0
    give_up_after: float = 600.0

    def wait(self, attempts: int) -> float:
        """Give the wait after so many attempts."""
        return min(self.longest, self.first * self.factor ** min(attempts - 1, 30))


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try; `first_byte_at` and `answered_at` are on the clock's monotonic scale, in seconds."""

    sent_at: datetime
    first_byte_at: float
    answered_at: float | None = None
    status: int | None = None
    error: str | None = None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One webhook on its way to one subscription; the id stays the same over all attempts."""

    id: str
    event_type: str
    incident_id: str | None
    subscription_id: str
    body: bytes
    headers: dict[str, str]
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    outcome: Outcome = "pending"
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def finish(self, outcome: Outcome) -> None:
        """Settle what became of it."""
        self.outcome = outcome
        self.done.set()


@dataclass(slots=True, kw_only=True)
class Subscription:
    """Where webhooks go, which, and with what secrets they are signed."""

    id: str
    url: str
    secrets: list[str]
    events: tuple[str, ...]
    filter_type: str = "account_reference"
    filter_id: str | None = None
    description: str = ""
    custom_headers: tuple[tuple[str, str], ...] = ()
    active: bool = True
    drops_in_a_row: int = 0
    disabled_until: datetime | None = None


def signature(secrets: list[str], body: bytes) -> str:
    """Give the X-PagerDuty-Signature header: one v1 entry for each secret."""
    return ",".join(
        "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets
    )


class WebhookSender:
    """The queues of all subscriptions; one worker for each incident that has something to send."""

    def __init__(
        self,
        clock: Clock,
        *,
        schedule: RetrySchedule | None = None,
        answer_timeout: float = ANSWER_TIMEOUT,
        concurrency: int = 64,
    ) -> None:
        self._clock = clock
        self._schedule = schedule or RetrySchedule()
        self._timeout = aiohttp.ClientTimeout(total=answer_timeout)
        self._concurrency = concurrency
        self._slots = asyncio.Semaphore(concurrency)
        self._queues: dict[tuple[str, str], deque[Delivery]] = {}
        self._workers: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None
        self.deliveries: list[Delivery] = []
        self.dropping = False

    async def start(self) -> None:
        """Open the connections' session."""
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(self._headers_sent)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._concurrency),
            trace_configs=[trace],
            skip_auto_headers=("User-Agent",),
        )

    async def stop(self) -> None:
        """Stop sending; what was not delivered stays pending."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        self._session = None

    def enqueue(self, subscription: Subscription, delivery: Delivery) -> None:
        """Send a delivery after those already waiting for the same incident."""
        self.deliveries.append(delivery)
        if self.dropping or self.is_disabled(subscription) or not subscription.active:
            delivery.finish("lost")
            return
        if len(delivery.body) > LARGEST_BODY:
            delivery.finish("dropped")
            return
        key = (subscription.id, delivery.incident_id or "")
        self._queues.setdefault(key, deque()).append(delivery)
        if key not in self._workers:
            worker = asyncio.create_task(self._work(subscription, key))
            self._workers[key] = worker

    def drop_all(self, dropping: bool) -> None:
        """Lose what waits and what comes, without a word to anybody; or stop doing so."""
        self.dropping = dropping
        if dropping:
            for queue in self._queues.values():
                _lose(queue)

    def is_disabled(self, subscription: Subscription) -> bool:
        """Say whether a subscription is switched off after drops; a day later it is on again."""
        until = subscription.disabled_until
        if until is not None and self._clock.now() >= until:
            self.enable(subscription)
            return False
        return until is not None

    def enable(self, subscription: Subscription) -> None:
        """Switch a subscription on again."""
        subscription.disabled_until = None
        subscription.drops_in_a_row = 0

    async def settled(self, chosen: Callable[[Delivery], bool] = lambda _delivery: True) -> None:
        """Wait until every chosen delivery has been delivered, dropped or lost."""
        for delivery in list(self.deliveries):
            if chosen(delivery):
                await delivery.done.wait()

    async def _work(self, subscription: Subscription, key: tuple[str, str]) -> None:
        queue = self._queues[key]
        try:
            while queue:
                delivery = queue[0]
                await self._deliver(subscription, delivery)
                if queue and queue[0] is delivery:
                    queue.popleft()
        finally:
            del self._workers[key]
            if not queue:
                self._queues.pop(key, None)

    async def _deliver(self, subscription: Subscription, delivery: Delivery) -> None:
        began = self._clock.monotonic()
        while not delivery.done.is_set():
            async with self._slots:
                wait = await self._attempt(subscription, delivery)
            if wait is None or delivery.done.is_set():
                return
            if self._clock.monotonic() - began + wait > self._schedule.give_up_after:
                self._drop(subscription, delivery)
                return
            await asyncio.sleep(wait)

    async def _attempt(self, subscription: Subscription, delivery: Delivery) -> float | None:
        """Send once; give the seconds until the next try, or None when the matter is settled."""
        attempt = Attempt(sent_at=self._clock.now(), first_byte_at=self._clock.monotonic())
        delivery.attempts.append(attempt)
        if self._session is None:
            raise RuntimeError("the webhook sender is not started: await start() first")
        try:
            async with self._session.post(
                subscription.url,
                data=delivery.body,
                headers=delivery.headers,
                timeout=self._timeout,
                allow_redirects=False,
                trace_request_ctx=attempt,
            ) as response:
                attempt.answered_at = self._clock.monotonic()
                attempt.status = response.status
                retry_after = response.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            attempt.error = type(error).__name__
            return self._schedule.wait(len(delivery.attempts))
        return self._settle(subscription, delivery, attempt.status, retry_after)

    def _settle(
        self, subscription: Subscription, delivery: Delivery, status: int, retry_after: str
    ) -> float | None:
        if 200 <= status < 300:
            subscription.drops_in_a_row = 0
            delivery.finish("delivered")
            return None
        if status >= 500 or status == 429:
            wait = self._schedule.wait(len(delivery.attempts))
            return max(wait, float(retry_after)) if retry_after.isdigit() else wait
        self._drop(subscription, delivery)
        return None

    def _drop(self, subscription: Subscription, delivery: Delivery) -> None:
        delivery.finish("dropped")
        subscription.drops_in_a_row += 1
        if subscription.drops_in_a_row >= DROPS_UNTIL_DISABLED:
            subscription.disabled_until = self._clock.now() + DISABLED_FOR
            self._lose_queued(subscription)

    def _lose_queued(self, subscription: Subscription) -> None:
        for (subscription_id, _), queue in self._queues.items():
            if subscription_id == subscription.id:
                _lose(queue)

    async def _headers_sent(
        self,
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _parameters: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        attempt = context.trace_request_ctx
        if isinstance(attempt, Attempt):
            attempt.first_byte_at = self._clock.monotonic()


def _lose(queue: deque[Delivery]) -> None:
    for waiting in queue:
        if not waiting.done.is_set():
            waiting.finish("lost")
    queue.clear()
