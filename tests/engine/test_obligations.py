"""Obligations: run once, owed again when a flow asks, found again when one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from opsbot.engine.obligations import ObligationRunner
from opsbot.engine.plain import PlainEngine
from opsbot.engine.stopping import Stopping
from opsbot.ports import Flow, Obligation, Steps
from opsbot.store.memory import MemoryRecord
from tests.fakes.clock import ManualClock


class Rig:
    """A runner over a memory record, with flows that say what they did."""

    def __init__(self, **flows: Flow) -> None:
        self.clock = ManualClock()
        self.record = MemoryRecord(self.clock)
        self.runner = ObligationRunner(
            record=self.record, engine=PlainEngine(flows), clock=self.clock
        )

    async def owe(self, key: str, purpose: str, incident: str = "i", seconds: float = 0) -> None:
        due_at = self.clock.now() + timedelta(seconds=seconds)
        async with self.record.transaction() as tx:
            await tx.owe(Obligation(key=key, incident_id=incident, purpose=purpose, due_at=due_at))

    async def run(self, seconds: float = 0.15) -> None:
        """Let the runner work for a moment of real time."""
        stopping = Stopping()
        task = asyncio.create_task(self.runner.run(stopping))
        await asyncio.sleep(seconds)
        stopping.begin()
        await task


async def test_an_obligation_runs_once_and_is_settled():
    ran: list[str] = []

    async def flow(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        ran.append(arguments["key"])
        return None

    rig = Rig(collect=flow)
    await rig.owe("a", "collect")
    await rig.run()
    await rig.run()
    assert ran == ["a"]
    assert await rig.record.next_due() is None


async def test_what_is_not_due_waits():
    ran: list[str] = []

    async def flow(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        ran.append(arguments["key"])
        return None

    rig = Rig(archive=flow)
    await rig.owe("later", "archive", seconds=3600)
    await rig.run()
    assert ran == []
    rig.clock.advance(hours=2)
    await rig.run()
    assert ran == ["later"]


async def test_one_look_at_the_newest_state_settles_all_earlier_ones():
    ran: list[str] = []

    async def flow(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        ran.append(arguments["key"])
        return None

    rig = Rig(converge=flow)
    for number in range(5):
        await rig.owe(f"c{number}", "converge")
    await rig.run()
    assert ran == ["c4"]
    assert await rig.record.next_due() is None


async def test_a_flow_that_asks_is_owed_again_and_its_age_is_remembered():
    async def flow(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        return 30.0

    rig = Rig(converge=flow)
    await rig.owe("old", "converge")
    await rig.owe("new", "converge")
    await rig.run()
    rig.clock.advance(minutes=10)
    late = await rig.record.overdue("converge", rig.clock.now())
    assert [o.attempt for o in late] == [1]


async def test_a_flow_that_fails_is_found_again_and_stops_nothing_else():
    ran: list[str] = []

    async def flow(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        ran.append(arguments["key"])
        if arguments["key"] == "bad":
            raise ZeroDivisionError
        return None

    rig = Rig(collect=flow)
    await rig.owe("bad", "collect")
    await rig.owe("good", "collect")
    await rig.run()
    assert sorted(ran) == ["bad", "good"]
    assert await rig.record.next_due() is not None
