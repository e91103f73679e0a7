"""Keeps one Socket Mode connection up for ever: replaced before it is closed where Slack asks for
it, with growing rests where it fails, and never silently."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

from opsbot.ports import Clock
from opsbot.slack.socket_dial import CROWDED, DISABLED, Dialer, NoLine
from opsbot.slack.socket_frames import Ending
from opsbot.slack.socket_line import Line, Pace

_log = logging.getLogger("opsbot.slack.socket")
_SAID_AGAIN = 10  # tries after which the same trouble is logged once more
_TROUBLES = {Ending.CROWDED: CROWDED, Ending.DISABLED: DISABLED}


class Slot:
    """One of several connections. `line` is the one in use; `trouble` says why there is none.

    `changed` is told when `line` is another. `jitter` gives a number from 0 to 1, so that many
    processes do not come back at once.
    """

    def __init__(
        self, dialer: Dialer, clock: Clock, pace: Pace, *, counts: Counter[str],
        changed: Callable[[], None], jitter: Callable[[], float],
    ) -> None:  # fmt: skip
        self._dialer, self._clock, self._pace = dialer, clock, pace
        self._counts, self._changed, self._jitter = counts, changed, jitter
        self._tries = 0
        self._retiring: dict[asyncio.Task[None], Line] = {}
        self.line: Line | None = None
        self.trouble = ""

    async def run(self) -> None:
        """Keep the connection up until cancelled; call `close` then."""
        while True:
            fresh = await self._up()
            old, self.line = self.line, fresh
            self._changed()
            if old is not None:
                self._retire(old)
            began = self._clock.monotonic()
            await fresh.ended.wait()
            self._counts[fresh.ending] += 1
            good = self._clock.monotonic() - began >= self._pace.settled
            self._tries = 0 if good else self._tries + 1
            await self._part(fresh)

    async def close(self) -> None:
        """Hang up, after what is in work on any of the lines was stored."""
        lines = [*self._retiring.values(), *([self.line] if self.line else [])]
        tasks = list(self._retiring)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(line.close() for line in lines))
        self.line = None

    async def _part(self, line: Line) -> None:
        """Rest as the ending asks for. A line to be refreshed goes on until its successor is
        up; any other is of no more use."""
        ending = line.ending
        if ending is Ending.REFRESH:
            _log.info("Slack asks for a fresh connection")
        else:
            self.trouble = _TROUBLES.get(ending, f"a connection to Slack's socket ended ({ending})")
            _log.warning("%s", self.trouble)
            await line.close()
            self.line = None
        least = {
            Ending.CROWDED: self._pace.crowded_rest,
            Ending.DISABLED: self._pace.blocked_rest,
        }.get(ending, 0.0)
        await self._rest(least)

    async def _up(self) -> Line:
        failed = 0
        while True:
            met = await self._dialer.dial()
            if isinstance(met, Line):
                self._counts["opened"] += 1
                if self.trouble:
                    _log.warning("connected to Slack's socket again")
                self.trouble = ""
                return met
            self._counts["not_opened"] += 1
            self._say(met, failed)
            failed, self._tries = failed + 1, self._tries + 1
            await self._rest(met.rest)

    def _say(self, met: NoLine, failed: int) -> None:
        if met.reason != self.trouble or failed % _SAID_AGAIN == 0:
            _log.error("%s", met.reason)
        self.trouble = met.reason

    async def _rest(self, least: float) -> None:
        """Wait `least` seconds or longer; none at all after a connection that was good."""
        tries = min(self._tries, 20)
        grown = self._pace.first_rest * 2 ** (tries - 1) if tries else 0.0
        seconds = max(least, min(grown, self._pace.longest_rest))
        if seconds:
            await self._clock.sleep(seconds * (0.75 + 0.5 * self._jitter()))

    def _retire(self, line: Line) -> None:
        task = asyncio.create_task(self._see_off(line))
        self._retiring[task] = line
        task.add_done_callback(lambda done: self._retiring.pop(done, None))

    async def _see_off(self, line: Line) -> None:
        """Let Slack close the old connection itself, because deliveries may be on their way."""
        closing = asyncio.create_task(line.closed.wait())
        lingering = asyncio.create_task(self._clock.sleep(self._pace.linger))
        try:
            await asyncio.wait((closing, lingering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (closing, lingering):
                task.cancel()
            await asyncio.gather(closing, lingering, return_exceptions=True)
        await line.close()
