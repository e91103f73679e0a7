"""Slack's rate limits: a bucket per method and workspace, and one per channel for posting.

A bucket holds N calls and refills N a minute (tiers 1 to 4: 1, 20, 50, 100). Posting has one
message a second per channel with a burst of four on top of the workspace ceiling (Slack page
"Rate limits"; burst and ceiling are unpublished, see facts.json).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from opsbot.sandbox.slack.clock import Clock
from opsbot.sandbox.slack.errors import RateLimited
from opsbot.sandbox.slack.facts import LIMITS, MethodFacts


class Bucket:
    """A token bucket; `take` answers 0.0 when granted, else the seconds until it would be."""

    def __init__(self, *, capacity: float, per_second: float, now: float) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._tokens = capacity
        self._filled_at = now

    def take(self, now: float) -> float:
        """Take one token at `now` (monotonic seconds)."""
        grown = (now - self._filled_at) * self._per_second
        self._tokens = min(self._capacity, self._tokens + grown)
        self._filled_at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_second


class Tiers:
    """Every bucket of one workspace; `enforce` off admits everything."""

    def __init__(self, clock: Clock, *, enforce: bool = True) -> None:
        self._clock = clock
        self._methods: dict[str, Bucket] = {}
        self._channels: dict[str, Bucket] = {}
        self.enforce = enforce

    def admit(self, method: MethodFacts) -> None:
        """Count one call of `method`; raises RateLimited when its bucket is empty."""
        per_minute = method.per_minute
        self._take(self._methods, method.name, lambda: self._bucket(per_minute, per_minute / 60))

    def admit_post(self, channel_id: str) -> None:
        """Count one post into a channel; raises RateLimited above one a second."""
        burst = LIMITS["posts_per_channel_burst"]
        self._take(self._channels, channel_id, lambda: self._bucket(burst, 1.0))

    def reset(self) -> None:
        """Fill every bucket again."""
        self._methods.clear()
        self._channels.clear()

    def _bucket(self, capacity: float, per_second: float) -> Bucket:
        return Bucket(capacity=capacity, per_second=per_second, now=self._clock.monotonic())

    def _take(self, buckets: dict[str, Bucket], key: str, build: Callable[[], Bucket]) -> None:
        if not self.enforce:
            return
        if key not in buckets:
            buckets[key] = build()
        wait = buckets[key].take(self._clock.monotonic())
        if wait > 0:
            raise RateLimited(max(1, math.ceil(wait)))
