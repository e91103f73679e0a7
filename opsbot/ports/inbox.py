"""Deliveries made durable before they are acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One inbound request as it came, verified. `key` is the door's dedupe key."""

    door: str  # "pagerduty", "slack.interaction"
    key: str
    received_at: datetime
    body: bytes
    headers: Mapping[str, str]
    lane: str = "machine"  # person | machine; people go first


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A delivery waiting in the inbox."""

    id: int
    delivery: Delivery


class InboxFull(Exception):
    """The backlog is at its bound; the sender should try again later."""


class InboxUnavailable(Exception):
    """The inbox cannot make anything durable right now: disk full, database gone, or closed."""


class Inbox(Protocol):
    """Deliveries are durable when `put` returns; False means this key was here before.

    `probe` raises InboxUnavailable unless something can be written right now.
    """

    async def put(self, delivery: Delivery) -> bool: ...
    async def pending(self, limit: int = 100, lane: str = "") -> Sequence[Pending]: ...
    async def handled(self, ids: Sequence[int], note: str = "") -> None: ...
    async def quarantine(self, id: int, note: str) -> None: ...
    async def quarantined(self, limit: int = 100) -> Sequence[tuple[Pending, str]]: ...
    async def release(self, ids: Sequence[int]) -> int: ...
    async def backlog(self) -> int: ...
    async def forget(self, before: datetime) -> int: ...
    async def wait(self, timeout: float) -> None: ...
    async def probe(self) -> None: ...
