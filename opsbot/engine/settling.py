"""Settling obligations together: whatever ended while one commit ran shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from opsbot.ports import Record


class Settling:
    """`done` answers when the keys are settled for good; calls at the same time share a commit."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._waiting: list[tuple[Sequence[str], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def done(self, keys: Sequence[str]) -> None:
        """Settle these keys. Raises what the store raised."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        await answer

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._record.settle([key for keys, _ in batch for key in keys])
            except Exception as error:  # noqa: BLE001 - handed to everybody who waits for it
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for _, answer in batch:
                if not answer.done():
                    answer.set_result(None)
