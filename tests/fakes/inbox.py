"""The inbox in memory, with a bound and a switch for being away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from opsbot.ports import Delivery, InboxFull, InboxUnavailable, Pending


class MemoryInbox:
    """Keeps the promises of ports.Inbox but durability."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit, self.away = limit, False
        self.rows: dict[int, Pending] = {}
        self.aside: dict[int, str] = {}
        self._keys: set[str] = set()
        self._next = 1
        self._news = asyncio.Event()

    async def put(self, delivery: Delivery) -> bool:
        if self.away:
            raise InboxUnavailable("switched off")
        if len(self.rows) >= self.limit:
            raise InboxFull("full")
        key = f"{delivery.door}:{delivery.key}"
        if key in self._keys:
            return False
        self._keys.add(key)
        self.rows[self._next] = Pending(id=self._next, delivery=delivery)
        self._next += 1
        self._news.set()
        return True

    async def pending(self, limit: int = 100, lane: str = "") -> Sequence[Pending]:
        waiting = [
            row
            for row in self.rows.values()
            if row.id not in self.aside and lane in ("", row.delivery.lane)
        ]
        return sorted(waiting, key=lambda p: (p.delivery.lane != "person", p.id))[:limit]

    async def handled(self, ids: Sequence[int], note: str = "") -> None:
        for row in ids:
            self.rows.pop(row, None)

    async def quarantine(self, id: int, note: str) -> None:
        self.aside[id] = note

    async def quarantined(self, limit: int = 100) -> Sequence[tuple[Pending, str]]:
        return [(self.rows[row], note) for row, note in self.aside.items()][:limit]

    async def release(self, ids: Sequence[int]) -> int:
        return len([self.aside.pop(row) for row in ids if row in self.aside])

    async def backlog(self) -> int:
        return len(self.rows)

    async def forget(self, before: datetime) -> int:
        return 0

    async def probe(self) -> None:
        if self.away:
            raise InboxUnavailable("switched off")

    async def wait(self, timeout: float) -> None:
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return
