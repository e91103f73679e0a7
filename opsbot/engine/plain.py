"""Flows without checkpoints: the one-step flows of a running bot, and an engine for unit tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from opsbot.ports import Flow

T = TypeVar("T")


class PlainSteps:
    """Steps that simply run."""

    async def run(self, name: str, step: Callable[[], Awaitable[T]]) -> T:
        return await step()


class PlainEngine:
    """For unit tests; the obligations in the record still carry restarts."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = dict(flows)
        self._finished: dict[str, float | None] = {}

    async def start(self) -> None:
        """Nothing to open."""

    async def run(self, flow_id: str, flow: str, arguments: Mapping[str, str]) -> float | None:
        """Run a flow once per id."""
        if flow_id not in self._finished:
            self._finished[flow_id] = await self._flows[flow](PlainSteps(), arguments)
        return self._finished[flow_id]

    async def stop(self) -> None:
        """Nothing to close."""
