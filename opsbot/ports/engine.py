"""Durable flows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from opsbot.ports.outcome import T


class Steps(Protocol):
    """How a flow does something that must not be done twice without need: as a named step whose
    small JSON result survives a restart."""

    async def run(self, name: str, step: Callable[[], Awaitable[T]]) -> T: ...


# A flow answers None when what it owed is done, or after how many seconds to owe it again.
Flow = Callable[[Steps, Mapping[str, str]], Awaitable[float | None]]


class Engine(Protocol):
    """Runs short flows durably. Starting an id that is finished runs nothing; its database is
    disposable, because whatever is still owed stands in the record."""

    async def start(self) -> None: ...
    async def run(self, flow_id: str, flow: str, arguments: Mapping[str, str]) -> float | None: ...
    async def stop(self) -> None: ...
