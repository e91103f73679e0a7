"""Token buckets below Slack's rate limits, so that we are rarely told to wait.

Per method 80 % of its tier's floor, with a quarter of that at once; per channel one post a second,
three at once. So no minute holds more calls than the floor allows.
"""

from __future__ import annotations

from opsbot.slack.methods import method_named

_SHARE = 0.8
_LEAST_BURST = 3.0
_CHANNEL_BURST = 3.0
_NEARLY = 1e-6  # a token is whole in spite of what floats make of its refill
_MANY_CHANNELS = 2_000


class Bucket:
    """Tokens that come back over time; may be frozen. Times are monotonic seconds."""

    def __init__(self, *, per_second: float, burst: float, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._tokens = burst
        self._filled_at = now

    def ready_at(self, now: float) -> float:
        """When the next token is there; `now` or earlier when it is there already."""
        at = max(now, self._filled_at)
        missing = 1.0 - _NEARLY - self._tokens_at(at)
        return at if missing <= 0 else at + missing / self._per_second

    def take(self, now: float) -> None:
        """Use one token."""
        self._tokens = self._tokens_at(now) - 1.0
        self._filled_at = max(now, self._filled_at)

    def freeze(self, now: float, seconds: float) -> None:
        """Give nothing out for so long, then one token: a burst would only be refused again."""
        until = now + seconds
        if until > self._filled_at:
            self._tokens, self._filled_at = 1.0, until

    def is_full(self, now: float) -> bool:
        """Whether the bucket has forgotten everything taken from it."""
        return self._filled_at <= now and self._tokens_at(now) >= self._burst

    def _tokens_at(self, now: float) -> float:
        grown = max(0.0, now - self._filled_at) * self._per_second
        return min(self._burst, self._tokens + grown)


class Budgets:
    """Every bucket of one workspace, made as they are needed."""

    def __init__(self) -> None:
        self._methods: dict[str, Bucket] = {}
        self._channels: dict[str, Bucket] = {}

    def buckets(self, method: str, channel: str, now: float) -> tuple[Bucket, ...]:
        """What one call draws on: its method, and the channel when it posts there."""
        own = self._methods.get(method)
        if own is None:
            own = self._methods[method] = _for_method(method, now)
        if not (channel and method_named(method).posts):
            return (own,)
        return (own, self._for_channel(channel, now))

    def _for_channel(self, channel: str, now: float) -> Bucket:
        if channel not in self._channels:
            if len(self._channels) >= _MANY_CHANNELS:
                busy = {c: b for c, b in self._channels.items() if not b.is_full(now)}
                self._channels = busy
            self._channels[channel] = Bucket(per_second=1.0, burst=_CHANNEL_BURST, now=now)
        return self._channels[channel]


def _for_method(method: str, now: float) -> Bucket:
    allowed = method_named(method).per_minute * _SHARE
    return Bucket(per_second=allowed / 60, burst=max(_LEAST_BURST, allowed / 4), now=now)
