"""Slack's events, commands and interactions without a public address: start here for Socket Mode.

Two connections, because Slack refreshes each every few hours and spreads deliveries over all;
while one is replaced or lost, the other goes on.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from opsbot.ports import Clock, Outcome
from opsbot.slack.gateway import SLACK
from opsbot.slack.socket_dial import Dialer
from opsbot.slack.socket_line import Pace, Receive
from opsbot.slack.socket_slot import Slot
from opsbot.slack.wire import Wire, direct

CONNECTIONS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketState:
    """How Socket Mode stands. `since` is when it began to be so (some connection up, or none);
    `last_frame_age` is in seconds, None before the first frame; `trouble` is a sentence."""

    wanted: int
    up: int
    since: datetime
    last_frame_age: float | None
    trouble: str


class SocketMode:
    """Receives what people do. `receive` answers each delivery and must not raise.

    `token` is the app-level token (xapp-), read for each connection, so a rotated one is used at
    once. `counts` counts what happened to connections and envelopes, for metrics.
    """

    def __init__(
        self, *, token: Callable[[], str], receive: Receive, clock: Clock, base_url: str = SLACK,
        proxy_for: Callable[[str], str | None] = direct, tls: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS, pace: Pace | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._clock, self._pace = clock, pace or Pace()
        self.counts: Counter[str] = Counter()
        self._dialer = Dialer(
            wire=Wire(token=token, base_url=base_url, proxy_for=proxy_for, tls=tls),
            receive=receive, clock=clock, pace=self._pace, proxy_for=proxy_for, tls=tls,
            plain=base_url.startswith("http://"), counts=self.counts, changed=self._changed,
        )  # fmt: skip
        self._slots = [
            Slot(
                self._dialer, clock, self._pace,
                counts=self.counts, changed=self._changed, jitter=jitter,
            )
            for _ in range(connections)
        ]  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []
        self._was_up = False
        self._since, self._since_ticks = clock.now(), clock.monotonic()
        self._heard_at: float | None = None

    async def check(self) -> Outcome[None]:
        """Whether Slack takes the app-level token. Refused without `retry_after` means that it
        never will, and its cure says what to do: a process should end then. What Slack answered
        is used for the first connection."""
        await self._dialer.start()
        return await self._dialer.ask_ahead()

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        await self._dialer.start()
        self._tasks = [asyncio.create_task(slot.run()) for slot in self._slots]

    async def stop(self) -> None:
        """Take no more deliveries, finish those that are being stored, and hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(slot.close() for slot in self._slots))
        await self._dialer.close()

    def state(self) -> SocketState:
        """How it stands now."""
        self._changed()
        heard = self._heard_at
        return SocketState(
            wanted=len(self._slots),
            up=self._up(),
            since=self._since,
            last_frame_age=None if heard is None else self._clock.monotonic() - heard,
            trouble=next((slot.trouble for slot in self._slots if slot.trouble), ""),
        )

    async def problem(self) -> str:
        """Why nothing that people do arrives; empty while a connection is up, and for the first
        half minute without one."""
        state = self.state()
        down = self._clock.monotonic() - self._since_ticks
        if state.up or down < self._pace.tolerated:
            return ""
        return f"no Socket Mode connection for {down:.0f} s: {state.trouble or 'connecting'}"

    def _up(self) -> int:
        return sum(slot.line is not None and slot.line.up for slot in self._slots)

    def _changed(self) -> None:
        """Note when the first connection comes up, and when the last one is gone."""
        heard = [slot.line.heard_at for slot in self._slots if slot.line is not None]
        before = [] if self._heard_at is None else [self._heard_at]
        self._heard_at = max([*heard, *before], default=None)
        is_up = self._up() > 0
        if is_up != self._was_up:
            self._was_up = is_up
            self._since, self._since_ticks = self._clock.now(), self._clock.monotonic()
