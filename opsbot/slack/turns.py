"""Whose call goes next: waiting calls in order of priority, admitted as their budgets allow.

A call waits for its own buckets only, so a frozen method never holds up another one, and within
one bucket the more important call goes first whenever it came.
"""

from __future__ import annotations

import asyncio
import math
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from types import MappingProxyType

from opsbot.ports import Clock
from opsbot.slack.budget import Bucket


class Priority(IntEnum):
    """What a call is for; lower goes first."""

    PERSON = 0  # an answer to somebody who waits for it
    ROOM = 1  # the page itself: channel, card, responders
    STATE = 2  # what changed
    EVIDENCE = 3
    COSMETIC = 4  # topic, bookmarks, pins


# Seconds a call waits at most in a running bot: what is only current for a moment is better made
# anew later than waited for, because whoever waits holds up what its incident needs next.
PATIENCE: Mapping[Priority, float] = MappingProxyType(
    {Priority.STATE: 5.0, Priority.EVIDENCE: 2.0, Priority.COSMETIC: 2.0}
)


@dataclass(slots=True, eq=False)
class Ticket:
    """One call's place in the queue; it keeps the place when it has to queue again."""

    rank: tuple[int, int]
    buckets: Sequence[Bucket]
    deadline: float  # monotonic
    turn: asyncio.Future[float] | None = field(default=None)


class Turns:
    """The queue of one workspace. `longest` is how many seconds a call may wait in all, unless
    `patience` says less for its priority."""

    def __init__(
        self, clock: Clock, *, longest: float = 30.0,
        patience: Mapping[Priority, float] | None = None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._longest = longest
        self._patience = patience or {}
        self._numbers = count()
        self._waiting: list[Ticket] = []
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = math.inf
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def ticket(self, priority: Priority, buckets: Sequence[Bucket]) -> Ticket:
        """A place behind everything of the same priority."""
        patience = min(self._longest, self._patience.get(priority, self._longest))
        deadline = self._clock.monotonic() + patience
        return Ticket((priority, next(self._numbers)), buckets, deadline)

    async def take(self, ticket: Ticket) -> float:
        """Wait for the ticket's turn: 0.0 when it has come, otherwise the seconds it would take.

        Cancelling the wait gives the place up.
        """
        if self._closed:
            return 1.0
        turn = ticket.turn = asyncio.get_running_loop().create_future()
        insort(self._waiting, ticket, key=lambda waiting: waiting.rank)
        now = self._clock.monotonic()
        ready = _ready_at(ticket, now)
        # Somebody more important may be waiting for the very same token.
        if ready <= now or ready > ticket.deadline:
            self._admit()
        else:
            self._wake_at(ready)
        try:
            return await turn
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    def freeze(self, ticket: Ticket, seconds: float) -> None:
        """Nobody draws on the ticket's buckets for so long."""
        now = self._clock.monotonic()
        for bucket in ticket.buckets:
            bucket.freeze(now, seconds)
        self._admit()

    async def close(self) -> None:
        """Send everybody home; nothing waits and no timer runs afterwards."""
        self._closed = True
        for ticket in self._waiting:
            _resolve(ticket, 1.0)
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)

    def _admit(self) -> None:
        """Let everybody through whose buckets are ready, the most important first."""
        now = self._clock.monotonic()
        still: list[Ticket] = []
        soonest = math.inf
        for ticket in self._waiting:
            ready = _ready_at(ticket, now)
            if ready <= now:
                for bucket in ticket.buckets:
                    bucket.take(now)
                _resolve(ticket, 0.0)
            elif ready > ticket.deadline:
                _resolve(ticket, max(ready - now, 1.0))
            else:
                still.append(ticket)
                soonest = min(soonest, ready)
        self._waiting = still
        if still:
            self._wake_at(soonest)

    def _wake_at(self, at: float) -> None:
        if self._timer is not None and not self._timer.done() and self._timer_at <= at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = asyncio.create_task(self._wake(at))

    async def _wake(self, at: float) -> None:
        await self._clock.sleep(max(0.0, at - self._clock.monotonic()))
        self._timer = None
        self._admit()


def _ready_at(ticket: Ticket, now: float) -> float:
    return max(bucket.ready_at(now) for bucket in ticket.buckets)


def _resolve(ticket: Ticket, seconds: float) -> None:
    if ticket.turn is not None and not ticket.turn.done():
        ticket.turn.set_result(seconds)
