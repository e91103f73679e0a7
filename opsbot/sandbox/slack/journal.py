"""The journal: every Web API call the sandbox received, in order, and what became of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opsbot.sandbox.slack.clock import Clock


@dataclass(slots=True, kw_only=True)
class Call:
    """One call; `ok` is None while it is in flight and False when nothing was answered.

    `at` is monotonic seconds, `wall` Unix seconds, `duration` seconds. `committed` says whether the
    work was done, whatever the client was told. `unknown_arguments` are names Slack's method page
    does not list (Slack ignores them; a test may not want to). `arguments` hold no token.
    """

    seq: int
    method: str
    arguments: dict[str, Any]
    at: float
    wall: float
    unknown_arguments: tuple[str, ...] = ()
    duration: float | None = None
    ok: bool | None = None
    committed: bool = False
    error: str = ""
    http_status: int | None = None
    retry_after: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the call as a JSON object."""
        return {
            "seq": self.seq,
            "method": self.method,
            "arguments": self.arguments,
            "unknown_arguments": list(self.unknown_arguments),
            "at": self.at,
            "wall": self.wall,
            "duration": self.duration,
            "ok": self.ok,
            "committed": self.committed,
            "error": self.error,
            "http_status": self.http_status,
            "retry_after": self.retry_after,
        }


class Journal:
    """Calls in order of arrival, with counts and a way to wait for one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seq = 0
        self._waiting: set[asyncio.Event] = set()
        self.calls: list[Call] = []
        self.in_flight = 0

    def open(self, method: str, arguments: dict[str, Any], unknown: tuple[str, ...] = ()) -> Call:
        """Record the arrival of a call."""
        self._seq += 1
        call = Call(
            seq=self._seq,
            method=method,
            arguments=arguments,
            unknown_arguments=unknown,
            at=self._clock.monotonic(),
            wall=self._clock.wall(),
        )
        self.calls.append(call)
        self.in_flight += 1
        self._wake()
        return call

    def commit(self, call: Call) -> None:
        """Record that the work of a call is done, whatever becomes of the answer."""
        call.committed = True
        self._wake()

    def close(
        self, call: Call, *, ok: bool, error: str, status: int | None, retry_after: int | None
    ) -> None:
        """Record what a call was answered; `status` None means nothing was."""
        call.duration = self._clock.monotonic() - call.at
        call.ok, call.error, call.http_status, call.retry_after = ok, error, status, retry_after
        self.in_flight -= 1
        self._wake()

    def of(self, method: str) -> list[Call]:
        """Return the calls of one method."""
        return [call for call in self.calls if call.method == method]

    def refused(self) -> list[Call]:
        """Return the finished calls that were not answered ok."""
        return [call for call in self.calls if call.ok is False]

    def counts(self) -> dict[str, int]:
        """Return how many calls each method has had."""
        return dict(Counter(call.method for call in self.calls))

    def reset(self) -> None:
        """Forget the calls so far; those in flight still finish."""
        self.calls.clear()
        self._wake()

    async def wait_for(self, predicate: Callable[[Journal], bool], timeout: float) -> None:
        """Wait until the predicate holds; raises TimeoutError after `timeout` seconds."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            async with asyncio.timeout(timeout):
                while not predicate(self):
                    changed.clear()
                    await changed.wait()
        finally:
            self._waiting.discard(changed)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()
