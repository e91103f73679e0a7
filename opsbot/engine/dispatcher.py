"""From the inbox to the record: parse each delivery, let the flows decide, mark it handled.

Deliveries of one batch share a record transaction, because a commit is what costs most; when one
of them cannot be taken, the batch is undone and each goes alone. Batches are short, because the
flows of open incidents wait for the same one writer, and a flood must not starve them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from opsbot.core.event import AlertEvent
from opsbot.core.rules import Rules
from opsbot.engine.people_lane import HELD, Handle, OrderKey, PeopleLane
from opsbot.engine.stopping import Stopping
from opsbot.flows.intake import LOCK, take, tell_ops
from opsbot.ports import Clock, Delivery, Inbox, Pending, Record, Transaction

log = logging.getLogger(__name__)
BATCH = 8
# While more than this waits, a flood is coming in. Catching up then rests longer than it works as
# long as flows are running, because moving the incidents that are open matters more.
PILE = 500
REST = 2.0  # times as long as the batch took
LONGEST_REST = 0.1  # seconds: a click that comes meanwhile does not notice
WAIT = 5.0  # seconds to wait for news
PAUSE = 1.0  # seconds to wait after the record could not be written

Parse = Callable[[Delivery], AlertEvent | None]


async def _nobody(delivery: Delivery) -> float | None:
    """Without Slack nobody is answered."""


class Dispatcher:
    """Drains the inbox for as long as it runs; people's deliveries go ahead of machines'."""

    def __init__(
        self, *, inbox: Inbox, record: Record, rules: Rules, clock: Clock,
        parsers: Mapping[str, Parse], people: Handle = _nobody,
        order_key: OrderKey = lambda delivery: delivery.door,
        observe: Callable[[str, int], None] = lambda outcome, number: None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self._inbox, self._record = inbox, record
        self._rules, self._clock = rules, clock
        self._parsers = dict(parsers)
        self._busy = busy  # whether flows of open incidents are running
        self._observe = observe  # told how many were handled or put aside
        self._people = PeopleLane(
            inbox=inbox, clock=clock, handle=people, put_aside=self._put_aside,
            order_key=order_key, observe=observe, is_up=self._record_is_up,
        )  # fmt: skip

    async def run(self, stopping: Stopping) -> None:
        """Dispatch until stopping. A store that is away is waited for; nothing is dropped."""
        while not stopping:
            try:
                began = self._clock.monotonic()
                if not await self.drain():
                    await stopping.or_wait(self._news())
                elif self._busy() and await self._inbox.backlog() > PILE:
                    took = self._clock.monotonic() - began
                    await stopping.or_wait(self._clock.sleep(min(REST * took, LONGEST_REST)))
            except Exception:
                log.exception("the record or inbox could not be written; trying again")
                await stopping.or_wait(self._clock.sleep(PAUSE))
        await self._people.finish()

    async def drain(self) -> int:
        """Start on what people sent, take one batch of the rest; how many deliveries that was."""
        started = self._people.offer(await self._inbox.pending(HELD + 1, lane="person"))
        batch = await self._inbox.pending(BATCH, lane="machine")
        if batch:
            await self._take_batch(batch)
        return len(batch) + started

    async def _news(self) -> None:
        """Until something arrived, or people who found no room among those in work have it."""
        arrived = asyncio.create_task(self._inbox.wait(WAIT))
        room = asyncio.create_task(self._people.room.wait())
        try:
            await asyncio.wait((arrived, room), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (arrived, room):
                waiting.cancel()
            await asyncio.gather(arrived, room, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until everything that people sent so far was answered."""
        while await self._inbox.pending(1, lane="person"):
            await self.drain()
            await self._people.finish()

    async def _take_batch(self, batch: Sequence[Pending]) -> None:
        try:
            await self._take_together(batch)
        except Exception:  # noqa: BLE001 - which one failed is found by taking each alone
            for pending in batch:
                await self._take_alone(pending)

    async def _take_together(self, batch: Sequence[Pending]) -> None:
        async with self._record.transaction(LOCK) as tx:
            for pending in batch:
                await self._take(tx, pending)
        await self._inbox.handled([pending.id for pending in batch])
        self._observe("handled", len(batch))

    async def _take_alone(self, pending: Pending) -> None:
        try:
            await self._take_together([pending])
        except Exception as error:
            if not await self._record_is_up():
                raise
            log.exception("delivery %s of %s is put aside", pending.id, pending.delivery.door)
            await self._put_aside(pending, error)

    async def _record_is_up(self) -> bool:
        """Whether something could be written just now: reads go on where a disk is full."""
        try:
            await self._record.probe()
        except Exception:  # noqa: BLE001 - any failure means: not now
            return False
        return True

    async def _put_aside(self, pending: Pending, error: Exception) -> None:
        """A delivery that this version cannot take is kept whole, counted and said aloud."""
        self._observe("aside", 1)
        await self._inbox.quarantine(pending.id, type(error).__name__)
        text = (
            f"One delivery from {pending.delivery.door} could not be taken "
            f"({type(error).__name__}). It is kept in the inbox as number {pending.id}; "
            "see the log and `opsbot inbox`."
        )
        async with self._record.transaction(LOCK) as tx:
            await tx.owe(tell_ops(f"aside:{pending.id}", text, self._clock.now()))

    async def _take(self, tx: Transaction, pending: Pending) -> None:
        delivery = pending.delivery
        parse = self._parsers.get(delivery.door)
        if parse is None:
            raise LookupError(f"no parser for door {delivery.door!r}: is its integration off?")
        event = parse(delivery)
        if event is not None:
            await take(tx, event, self._rules, delivery.received_at)
