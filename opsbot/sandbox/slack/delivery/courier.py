"""The courier: brings what happens to the app, retries events, and notes every attempt."""

from __future__ import annotations

import asyncio
import math
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from opsbot.sandbox.slack.clock import Clock
from opsbot.sandbox.slack.delivery.http_post import HttpPost
from opsbot.sandbox.slack.delivery.parcel import Answer, Delivery, Parcel, Transport
from opsbot.sandbox.slack.delivery.socket_mode import SocketMode
from opsbot.sandbox.slack.installed_app import InstalledApp
from opsbot.sandbox.slack.model import Json

# Slack waits this long for an acknowledgement (Slack pages "Events API", "Handling user
# interaction").
ACK_SECONDS = 3.0
# Waits before the first, second and third retry of an event (Slack page "Events API").
RETRY_WAITS = (0.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Deliveries Slack makes once too often: `extra` of each event, command and interaction.

    They come one after the other, `delay` seconds apart on the sandbox's clock (0: at once), or
    all together with the first when `concurrent`. `marked` ones carry an event's retry markers.
    """

    extra: int = 0
    delay: float = 0.0
    concurrent: bool = False
    marked: bool = False


class Courier:
    """Delivers parcels by signed HTTP or Socket Mode.

    `transport` "auto" takes Socket Mode while the app holds a connection. `ack_seconds` and
    `retry_waits` are Slack's, settable for tests, on the sandbox's clock. `deliveries` holds every
    attempt in the order of their ends.
    """

    def __init__(
        self, clock: Clock, app: InstalledApp, http: HttpPost, sockets: SocketMode
    ) -> None:
        self._clock, self._app, self._http, self._sockets = clock, app, http, sockets
        self._tasks: set[asyncio.Task[None]] = set()
        self.transport: Literal["auto", "http", "socket"] = "auto"
        self.duplicates = Duplicates()
        self.ack_seconds = ACK_SECONDS
        self.retry_waits: tuple[float, ...] = RETRY_WAITS
        self.deliveries: list[Delivery] = []

    def listens(self, parcel: Parcel) -> bool:
        """Whether the app has told Slack where to bring this."""
        if self._by_socket:
            return True
        return self._app.url_for(parcel.type, parcel.kind) is not None

    async def ask(self, parcel: Parcel, *, copies: int = 1) -> Answer:
        """Bring a command or interaction, never retried; return the first good answer or the last.

        Copies beyond a delay are brought in the background.
        """
        many, total = self.duplicates, max(1, copies) + self.duplicates.extra
        if many.concurrent:
            answers = await asyncio.gather(
                *(self._attempt(parcel, copy=number) for number in range(total))
            )
        elif many.delay > 0:
            answers = [await self._attempt(parcel)]
            self._start(self._bring_later(parcel, total))
        else:
            answers = [await self._attempt(parcel, copy=number) for number in range(total)]
        return next((answer for answer in answers if answer.ok), answers[-1])

    def publish(self, parcel: Parcel, *, copies: int = 1) -> None:
        """Bring an event in the background, retried until it is acknowledged or given up.

        Only the first copy is retried.
        """
        if not self.listens(parcel):
            return
        total = max(1, copies) + self.duplicates.extra
        if self.duplicates.concurrent:
            self._start(self._bring(parcel))
            for number in range(1, total):
                self._start(self._bring_copy(parcel, number))
        else:
            self._start(self._bring(parcel, total))

    async def settled(self) -> None:
        """Wait until nothing is on its way any more, retries included."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    @property
    def on_their_way(self) -> int:
        """How many events are being brought or wait for a retry."""
        return len(self._tasks)

    async def verify_events_url(self) -> bool:
        """Do what Slack does when an events address is entered: send a challenge, want it back."""
        url = self._app.events_url
        if url is None:
            return False
        token = "sandbox-verification-token"
        challenge = secrets.token_urlsafe(24)
        return await self._http.verify(url, token, challenge, within_seconds=self.ack_seconds)

    async def close(self) -> None:
        """Give up what is on its way and close the connections."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    @property
    def _by_socket(self) -> bool:
        if self.transport == "auto":
            return self._sockets.connected
        return self.transport == "socket"

    async def _bring(self, parcel: Parcel, total: int = 1) -> None:
        answer = await self._attempt(parcel)
        if not answer.ok:
            self._start(self._retry(parcel, answer))
        for number in range(1, total):
            await self._clock.sleep(self.duplicates.delay)
            await self._bring_copy(parcel, number)

    async def _retry(self, parcel: Parcel, answer: Answer) -> None:
        for attempt, wait in enumerate(self.retry_waits, start=1):
            if answer.ok or answer.no_retry:
                return
            await self._clock.sleep(wait)
            answer = await self._attempt(parcel, attempt=attempt, reason=answer.failure)

    async def _bring_copy(self, parcel: Parcel, number: int) -> None:
        if self.duplicates.marked:
            reason = "timeout" if self._by_socket else "http_timeout"
            await self._attempt(parcel, attempt=1, reason=reason, copy=number)
        else:
            await self._attempt(parcel, copy=number)

    async def _bring_later(self, parcel: Parcel, total: int) -> None:
        for number in range(1, total):
            await self._clock.sleep(self.duplicates.delay)
            await self._attempt(parcel, copy=number)

    async def _attempt(
        self, parcel: Parcel, *, attempt: int = 0, reason: str = "", copy: int = 0
    ) -> Answer:
        began, at = self._clock.monotonic(), self._clock.wall()
        transport: Transport = "socket" if self._by_socket else "http"
        if transport == "socket":
            is_event = parcel.type == "events_api"
            limit = self._sockets.redelivery_after if is_event else self.ack_seconds
            where, answer = await self._sockets.deliver(
                parcel, within_seconds=limit, attempt=attempt, reason=reason
            )
        else:
            where = self._app.url_for(parcel.type, parcel.kind) or ""
            answer = await self._http.send(
                where, parcel, within_seconds=self.ack_seconds, attempt=attempt, reason=reason
            )
        self.deliveries.append(
            Delivery(
                kind=parcel.kind,
                url=where,
                status=answer.status,
                body=answer.body,
                at=at,
                duration=self._clock.monotonic() - began,
                id=parcel.id,
                transport=transport,
                attempt=attempt,
                copy=copy,
                failure=answer.failure,
            )
        )
        return answer

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def read_duplicates(body: Json) -> Duplicates:
    """Read the switch from JSON; raises ValueError naming what is wrong."""
    extra, delay = body.get("extra", 0), body.get("delay", 0.0)
    flags = {name: body.get(name, False) for name in ("concurrent", "marked")}
    if not isinstance(extra, int) or isinstance(extra, bool) or extra < 0:
        raise ValueError("extra is a whole number of deliveries from 0 on.")
    if not isinstance(delay, (int, float)) or not 0 <= delay < math.inf:
        raise ValueError("delay is a number of seconds from 0 on.")
    if not all(isinstance(value, bool) for value in flags.values()):
        raise ValueError("concurrent and marked are true or false.")
    return Duplicates(extra=extra, delay=float(delay), **flags)
