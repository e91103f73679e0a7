"""One Socket Mode connection: hello, envelopes acknowledged once they are durable, pings, an end.

Whether it lives is told by what is heard on it, not by whether tasks run or the socket is open.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from opsbot.ports import Clock
from opsbot.slack.payloads import Kind
from opsbot.slack.payloads_answer import EMPTY, Ack
from opsbot.slack.socket_frames import Ending, Envelope, Hello, Leave, ack_frame, frame_in

_log = logging.getLogger("opsbot.slack.socket")
_ENDED = frozenset({WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR})

Receive = Callable[[Kind, Mapping[str, Any]], Awaitable[Ack]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take, in seconds."""

    ping: float = 10.0
    silent_pings: int = 4  # so many unanswered pings, and the connection is dead
    connect: float = 15.0
    hello: float = 10.0
    drain: float = 5.0  # for envelopes in work when a connection is closed
    hang_up: float = 2.0  # for the other side's goodbye
    linger: float = 15.0  # an old connection stays so long beside its replacement
    overtime: float = 60.0  # beyond a quarter more than what Slack announced
    settled: float = 30.0  # a connection that lived so long was a good one
    first_rest: float = 0.5  # before the second try; doubles
    longest_rest: float = 60.0
    crowded_rest: float = 30.0
    blocked_rest: float = 60.0  # while the token or the app's settings forbid a connection
    tolerated: float = 30.0  # without any connection before readiness says so


class Line:
    """A websocket in use. `ended` is set as soon as it should be replaced; `ending` says why.

    `receive` must not raise; `changed` is told when `up` changes. `heard_at` is the monotonic
    time of the last frame of any sort.
    """

    def __init__(
        self, socket: ClientWebSocketResponse, receive: Receive, clock: Clock, pace: Pace, *,
        counts: Counter[str], changed: Callable[[], None],
    ) -> None:  # fmt: skip
        self._socket, self._receive = socket, receive
        self._clock, self._pace = clock, pace
        self._counts, self._changed = counts, changed
        self._work: set[asyncio.Task[None]] = set()
        self._life: asyncio.Task[None] | None = None
        self._unanswered = 0  # pings since something was heard
        self._oldest = float("inf")  # monotonic time at which it is replaced unasked
        self.heard_at = clock.monotonic()
        self.greeted = asyncio.Event()
        self.ended = asyncio.Event()
        self.closed = asyncio.Event()
        self.ending = Ending.DROPPED

    @property
    def up(self) -> bool:
        """Whether Slack can deliver on it now."""
        return self.greeted.is_set() and not self.closed.is_set()

    def start(self) -> None:
        """Begin to read."""
        self._life = asyncio.create_task(self._live())

    async def close(self) -> None:
        """Stop reading, let envelopes in work be stored and acknowledged, then hang up."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        if self._work:
            await asyncio.wait(self._work, timeout=self._pace.drain)
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(self._pace.hang_up):
                await self._socket.close()

    async def _live(self) -> None:
        reading = asyncio.create_task(self._read())
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait((reading, watching), return_when=asyncio.FIRST_COMPLETED)
            self._end(Ending.DROPPED if reading.done() else Ending.DEAF)
            if reading.done() and (error := reading.exception()) is not None:
                _log.error("reading from the socket failed", exc_info=error)
        finally:
            for task in (reading, watching):
                task.cancel()
            await asyncio.gather(reading, watching, return_exceptions=True)
            self.closed.set()
            self._changed()

    def _end(self, ending: Ending) -> None:
        if not self.ended.is_set():
            self.ending = ending
            self.ended.set()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type in _ENDED:
                return
            self.heard_at, self._unanswered = self._clock.monotonic(), 0
            if message.type is WSMsgType.PING:
                with suppress(ConnectionError):
                    await self._socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._take(message.data)

    async def _watch(self) -> None:
        """Return when several pings in a row met silence. They are counted, not timed: after a
        pause of our own process, what was answered meanwhile is still unread."""
        while True:
            await self._clock.sleep(self._pace.ping)
            if self._unanswered >= self._pace.silent_pings:
                return
            if self._clock.monotonic() > self._oldest:
                self._end(Ending.REFRESH)
            self._unanswered += 1
            # A full send buffer must not stop the watch; a closed socket ends the reading.
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(self._pace.ping):
                    await self._socket.ping()

    def _take(self, text: str) -> None:
        match frame_in(text):
            case Hello(lasts=lasts):
                if lasts:
                    self._oldest = self._clock.monotonic() + 1.25 * lasts + self._pace.overtime
                self.greeted.set()
                self._changed()
            case Leave(ending=ending):
                self._end(ending)
            case Envelope() as envelope:
                self._counts["redelivered" if envelope.again else "envelope"] += 1
                task = asyncio.create_task(self._answer(envelope))
                self._work.add(task)
                task.add_done_callback(self._work.discard)
            case None:
                self._counts["odd_frame"] += 1
                _log.warning("a frame on the socket could not be read (%d characters)", len(text))

    async def _answer(self, envelope: Envelope) -> None:
        """Acknowledge once stored; what could not be stored stays unanswered, so that Slack
        sends it again."""
        if envelope.kind is None:
            self._counts["odd_envelope"] += 1
            ack = EMPTY
        else:
            ack = await self._receive(envelope.kind, envelope.payload)
        if not ack.taken:
            self._counts["unacknowledged"] += 1
            return
        try:
            await self._socket.send_str(ack_frame(envelope, ack))
        except ConnectionError:
            self._counts["unacknowledged"] += 1
