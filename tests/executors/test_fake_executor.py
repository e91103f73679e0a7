"""The fake executor that other tests stand on keeps the same contract as the real ones."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from opsbot.ports import Executor, Failed
from tests.executors.contract import Call, HangingContract, TalkingContract
from tests.executors.stage import Acting
from tests.fakes.executor import FakeExecutor, Scripted


class TestFake(TalkingContract, HangingContract):
    name = "fake"

    def setup_method(self) -> None:
        self.fake = FakeExecutor(scripts={"hang": Scripted(hangs=True)})

    @asynccontextmanager
    async def executor(self) -> AsyncGenerator[Executor]:
        yield self.fake

    def good(self) -> Call:
        return {"do": "restart", "service": "cart-api"}

    def never(self) -> Sequence[Call]:
        return [{}, {"do": ""}, {"do": 7}]

    def effects(self) -> int:
        return len(self.fake.acts)

    def talking(self, lines: Sequence[str]) -> Call:
        self.fake.scripts["talk"] = Scripted(lines=tuple(lines))
        return {"do": "talk"}

    def half_done(self) -> Call:
        self.fake.scripts["half"] = Scripted(outcome=Failed(said="it got stuck", acted=True))
        return {"do": "half"}

    def hanging(self) -> Call:
        return {"do": "hang"}


async def test_it_keeps_what_it_was_asked_and_does_what_its_script_says() -> None:
    fake = FakeExecutor("kubernetes", {"restart": Scripted(outcome=Failed(said="no such pod"))})
    call = {"do": "restart", "service": "cart-api"}
    outcome = await Acting(fake).out(call, {"revision": 4}, step="steps:1")
    assert outcome == Failed(said="no such pod")
    (act,) = fake.acts
    assert (act.call, act.binding, act.ticket.step) == (call, {"revision": 4}, "steps:1")
