"""Who is told what happened at a door: counters, and the ops channel for every 4xx.

One line per door, status and ten minutes at most, so that a flood of bad deliveries costs one
look at a dictionary each and never a flood of messages.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from prometheus_client import Counter

from opsbot.app.metrics import Metrics
from opsbot.entrypoints.doors import Refusal
from opsbot.flows.intake import LOCK, tell_ops
from opsbot.ports import Clock, Record

log = logging.getLogger(__name__)
SAID_FOR = timedelta(minutes=10)


class Doorman:
    """Counts answers and owes the ops channel a line for what was refused."""

    def __init__(self, record: Record, clock: Clock, metrics: Metrics) -> None:
        self._record, self._clock, self._metrics = record, clock, metrics
        self._said: dict[tuple[str, int, str], float] = {}
        self._counters: dict[tuple[str, int, str], Counter] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def answered(self, door: str, status: int, reason: str) -> None:
        """Count one answer."""
        told = (door, status, reason)
        counter = self._counters.get(told)
        if counter is None:
            counter = self._metrics.deliveries.labels(door, str(status), reason)
            self._counters[told] = counter
        counter.inc()

    def refused(self, door: str, refusal: Refusal) -> None:
        """Say a refusal in the ops channel unless it was just said."""
        told = (door, refusal.status, refusal.reason)
        now = self._clock.monotonic()
        if now - self._said.get(told, float("-inf")) < SAID_FOR.total_seconds():
            return
        self._said[told] = now
        task = asyncio.create_task(self._owe(door, refusal))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _owe(self, door: str, refusal: Refusal) -> None:
        now = self._clock.now()
        bucket = int(now.timestamp() // SAID_FOR.total_seconds())
        text = (
            f"A delivery at the {door} door was answered {refusal.status} ({refusal.reason}): "
            f"{refusal.cure}."
        )
        if door == "pagerduty" and 400 <= refusal.status < 500:
            text += (
                " PagerDuty switches a subscription off for a day after three refused deliveries."
            )
        key = f"door:{door}:{refusal.status}:{refusal.reason}:{bucket}"
        try:
            async with self._record.transaction(LOCK) as tx:
                await tx.owe(tell_ops(key, text, now))
        except Exception as error:  # noqa: BLE001 - the refusal itself stands; this is only its echo
            log.warning(
                "the ops channel could not be told of a %s at %s: %s", refusal.status, door,
                type(error).__name__,
            )  # fmt: skip
