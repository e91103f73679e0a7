"""A kill -9 as far as one process can play it: everything behind a fuse stops when it blows."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any


class Killed(BaseException):
    """kill -9, as far as one process can play it."""


class Fuse:
    """Blows at the n-th step; nothing that comes after it is done any more."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed

    @property
    def blew(self) -> bool:
        return self.left <= 0


class Fused:
    """Anything whose every call has two steps: before it is made, and after it was."""

    def __init__(self, real: Any, fuse: Fuse) -> None:
        self._real, self._fuse = real, fuse

    def __getattr__(self, name: str) -> Any:
        held: Any = getattr(self._real, name)
        if name == "transaction":
            return self._transaction
        if not inspect.iscoroutinefunction(held):
            return held

        async def call(*given: Any, **more: Any) -> Any:
            self._fuse.step()
            done = await held(*given, **more)
            self._fuse.step()
            return done

        return call

    @asynccontextmanager
    async def _transaction(self, lock: str = "") -> AsyncGenerator[Any]:
        self._fuse.step()
        async with self._real.transaction(lock) as tx:
            yield Fused(tx, self._fuse)
            self._fuse.step()  # before the commit
        self._fuse.step()
