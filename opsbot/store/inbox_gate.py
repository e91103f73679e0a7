"""What both inboxes share: the bound on the backlog, the wake-up call, how a delivery is kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass

from opsbot.core.codec import stored_text
from opsbot.core.moment import from_micros
from opsbot.ports import Delivery, InboxFull, InboxUnavailable, Pending
from opsbot.store.column import bounded, readable, storable
from opsbot.store.entry_row import micros

PENDING, HANDLED, ASIDE = "pending", "handled", "aside"
# A row that was never pending, written again and again to see whether writing works.
PROBE = (
    "INSERT INTO inbox"
    " (door, key, lane, received_at, headers, body, body_sha256, state, settled_at, note)"
    " VALUES ('opsbot.probe', '', 'machine', :now, '{}', :body, '', 'handled', :now, '')"
    " ON CONFLICT (door, key) DO UPDATE SET settled_at = excluded.settled_at"
)
LARGEST_ANSWER = 8_000_000  # bytes of bodies that `pending` answers at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A delivery as it is stored."""

    door: str
    key: str
    lane: str
    received_at: int
    headers: str
    body: bytes

    @property
    def body_sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def kept(delivery: Delivery) -> Kept:
    """Everything of a delivery in a form that no database refuses."""
    return Kept(
        door=storable(delivery.door),
        key=storable(bounded(delivery.key)),
        lane=storable(delivery.lane),
        received_at=micros(delivery.received_at),
        headers=stored_text(dict(delivery.headers)) if delivery.headers else "{}",
        body=delivery.body,
    )


def pending_of(number: int, row: Kept) -> Pending:
    """What `kept` stored, as the dispatcher takes it."""
    delivery = Delivery(
        door=readable(row.door),
        key=readable(row.key),
        received_at=from_micros(row.received_at),
        body=bytes(row.body),
        headers=json.loads(row.headers),
        lane=readable(row.lane),
    )
    return Pending(id=number, delivery=delivery)


class Gate:
    """Counts what waits, so that a full inbox refuses at once and without asking the database."""

    def __init__(self, max_backlog: int, max_queue: int) -> None:
        self._max_backlog, self._max_queue = max_backlog, max_queue
        self.unhandled = 0
        self.closed = False
        self._arrived = asyncio.Event()

    def admit(self, queued: int) -> None:
        """Let one more delivery in. Raises InboxFull, or InboxUnavailable after closing."""
        if self.closed:
            raise InboxUnavailable("the inbox is closed")
        if queued >= self._max_queue:
            raise InboxFull(f"{queued:,} deliveries are waiting to be written")
        if self.unhandled + queued >= self._max_backlog:
            raise InboxFull(f"{self.unhandled + queued:,} deliveries are waiting to be handled")

    def came(self, count: int) -> None:
        """So many new deliveries were committed."""
        if count:
            self.unhandled += count
            self._arrived.set()

    def went(self, count: int) -> None:
        """So many deliveries are no longer pending."""
        self.unhandled = max(self.unhandled - count, 0)

    async def wait(self, timeout: float) -> None:
        """Return when something was committed since the last call, or after `timeout` seconds."""
        try:
            await asyncio.wait_for(self._arrived.wait(), timeout)
        except TimeoutError:
            return
        self._arrived.clear()
