"""The noop executor keeps the contract, and does nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from opsbot.executors.noop import EXECUTOR
from opsbot.ports import Executor, Succeeded
from tests.executors.contract import Call, TalkingContract
from tests.executors.stage import Acting, made


class TestNoop(TalkingContract):
    name = "noop"
    acts_outside = False

    @asynccontextmanager
    async def executor(self) -> AsyncGenerator[Executor]:
        yield made(EXECUTOR)

    def good(self) -> Call:
        return {"say": "nothing to see", "values": {"pods": 3}}

    def never(self) -> Sequence[Call]:
        return [{"say": ["a", "list"]}, {"shout": "loud"}, {"values": 7}, {"values": {"a": [1]}}]

    def effects(self) -> int:
        return 0

    def talking(self, lines: Sequence[str]) -> Call:
        return {"say": "\n".join(lines)}


async def test_its_values_can_be_looked_up_by_later_steps() -> None:
    values: dict[str, Any] = {"pods": 3, "image": "cart:1.2", "ready": True}
    outcome = await Acting(made(EXECUTOR)).out({"values": values})
    assert isinstance(outcome, Succeeded)
    assert outcome.values == values


async def test_its_plan_says_what_it_will_say() -> None:
    plan = await made(EXECUTOR).plan({"say": "drop\nthe \x1b[31mcache\u202e"})
    assert plan.shown == "does nothing, and says: drop the cache[U+202E]"
    assert (await made(EXECUTOR).plan({})).shown == "does nothing"


async def test_it_is_there_without_any_settings() -> None:
    """Drills and examples need nothing configured."""
    assert EXECUTOR.always
    assert EXECUTOR.settings.model_validate({}).model_dump() == {}
