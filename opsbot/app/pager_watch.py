"""Asks the pager what happened: instead of webhooks, or beside them for what they dropped."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from opsbot.flows.intake import LOCK, tell_ops
from opsbot.ports import (
    AlertFeed,
    Clock,
    Delivery,
    Done,
    Inbox,
    InboxFull,
    InboxUnavailable,
    Record,
    Refused,
)

log = logging.getLogger(__name__)
LOOKS_BACK = timedelta(hours=24)  # at the start: as long as opsbot may have been away
OVERLAP = timedelta(minutes=10)  # between two looks, for what the pager listed late
SWEEP_EVERY = 60.0  # seconds, beside webhooks
PROBLEM_EVERY = timedelta(minutes=5)


class PagerWatch:
    """One feed's looks, put into the inbox like any delivery; what was heard before is not news."""

    def __init__(
        self, name: str, feed: AlertFeed, *, inbox: Inbox, record: Record, clock: Clock,
        webhooks: bool,
    ) -> None:  # fmt: skip
        self._name, self._feed = name, feed
        self._inbox, self._record, self._clock = inbox, record, clock
        self._webhooks = webhooks  # whether webhooks are meant to come as well
        self._since: datetime | None = None
        self._told: deque[Delivery] = deque()
        self._asked_problem_at: datetime | None = None
        self._said = ""
        self._mended = 0
        self.last_ok_at: datetime | None = None
        self.failed = ""

    async def look(self) -> None:
        """One look; what could not be stored is looked for again."""
        if not await self._kept():
            return
        began = self._clock.now()
        since = self._since or began - await self._away()
        held = await self._record.open_alerts(self._name)
        outcome = await self._feed.look(since=since, alert_ids=held)
        if not isinstance(outcome, Done):
            reason = outcome.error if isinstance(outcome, Refused) else outcome.reason
            log.warning("%s could not be asked what happened: %s", self._name, reason)
            self.failed = reason
            return
        self._told.extend(outcome.value)
        if not await self._kept():
            return
        self._since = began - OVERLAP
        self.last_ok_at, self.failed = began, ""
        if self._webhooks:
            await self._look_at_subscription(began)

    async def _kept(self) -> bool:
        """Put what was told into the inbox. The feed tells it only once, so what finds no room
        waits here, and nothing more is asked for until it does."""
        try:
            while self._told:
                await self._inbox.put(self._told[0])
                self._told.popleft()
        except (InboxFull, InboxUnavailable) as unavailable:
            log.warning("what %s told could not be kept yet: %s", self._name, unavailable)
            return False
        return True

    async def _away(self) -> timedelta:
        """How far the first look goes back: a new installation opens no rooms for yesterday."""
        return LOOKS_BACK if await self._record.by_number(1) is not None else OVERLAP

    async def problem(self) -> str:
        """Why pages may not arrive; empty when the last look went well."""
        return self.failed if not self._webhooks else ""

    async def _look_at_subscription(self, now: datetime) -> None:
        """Say once, and again when it changes, that webhooks will not come."""
        last = self._asked_problem_at
        if last is not None and now - last < PROBLEM_EVERY:
            return
        self._asked_problem_at = now
        outcome = await self._feed.problem()
        if not isinstance(outcome, Done) or outcome.value == self._said:
            return
        self._said = outcome.value
        if not self._said:
            self._mended += 1
            return
        # Once an hour for the same trouble, however often opsbot starts anew meanwhile.
        told = hashlib.sha256(self._said.encode()).hexdigest()[:12]
        key = f"feed:{self._name}:{told}:{int(now.timestamp()) // 3600}:{self._mended}"
        text = f"{self._name}: {self._said} Until then opsbot asks every minute, so pages are late."
        async with self._record.transaction(LOCK) as tx:
            await tx.owe(tell_ops(key, text, now))


def watches(
    feeds: Mapping[str, AlertFeed], *, inbox: Inbox, record: Record, clock: Clock, webhooks: bool
) -> tuple[PagerWatch, ...]:
    """One watch per feed."""
    return tuple(
        PagerWatch(name, feed, inbox=inbox, record=record, clock=clock, webhooks=webhooks)
        for name, feed in feeds.items()
    )
