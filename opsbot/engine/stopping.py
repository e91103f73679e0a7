"""Stopping in order: loops end between two pieces of work, never in the middle of one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Stopping:
    """A flag that loops look at, and that ends their waiting early."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def begin(self) -> None:
        """Ask every loop to end."""
        self._event.set()

    async def or_wait(self, waiting: Coroutine[Any, Any, Any]) -> None:
        """Wait for `waiting`, or until stopping begins; only the waiting is cancelled then."""
        stop = asyncio.ensure_future(self._event.wait())
        wait = asyncio.ensure_future(waiting)
        try:
            await asyncio.wait((stop, wait), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stop, wait):
                task.cancel()
            await asyncio.gather(stop, wait, return_exceptions=True)
