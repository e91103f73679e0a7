"""One step of a run: told as it goes, kept when it has ended, and unknown when it broke.
Whatever executor and record do, no step is begun twice and every run comes to an end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Draft, Entry
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome, StepOutcome
from opsbot.core.runbook import Scalar, Step, Who
from opsbot.engine.plain import PlainSteps
from opsbot.flows.run_step import GRACE, run_step
from opsbot.ports import (
    CallOutcome,
    Obligation,
    Plan,
    Succeeded,
    Ticket,
    Transaction,
)
from opsbot.store.memory import MemoryRecord
from tests.commands.office import BEN
from tests.commands.works import Works, runbook
from tests.fakes.executor import FakeExecutor
from tests.fakes.ticking import TickingClock

EVERYBODY = Policy(approvers=Who(everybody=True))
ACT = Step(name="act", executor="fake", call={"do": "act"}, timeout=timedelta(hours=2))

Acting = Callable[[Callable[[str], None]], Any]


class Doing(FakeExecutor):
    """An executor whose act is a function of the test; it may raise, hang, or never let go."""

    def __init__(self, acting: Acting) -> None:
        super().__init__()
        self._acting = acting

    async def act(
        self, call: Mapping[str, Any], binding: Mapping[str, Scalar], ticket: Ticket,
        tell: Callable[[str], None],
    ) -> CallOutcome:  # fmt: skip
        await super().act(call, binding, ticket, tell)
        found: CallOutcome = await self._acting(tell)
        return found


class FailingRecord(MemoryRecord):
    """A record that cannot be written for a while; `fails` says which entries it refuses."""

    def __init__(self, of: MemoryRecord, fails: type[Any], times: int) -> None:
        vars(self).update(vars(of))
        self._fails, self.left = fails, times

    async def append(self, incident_id: str, drafts: Sequence[Draft]) -> Sequence[Entry]:
        if self.left and any(isinstance(draft.body, self._fails) for draft in drafts):
            self.left -= 1
            raise OSError("the disk is full")
        return await super().append(incident_id, drafts)

    @asynccontextmanager
    async def transaction(self, lock: str = "") -> AsyncGenerator[Transaction]:
        async with super().transaction(lock):
            yield self


def failing(office: Works, fails: type[Any], times: int) -> FailingRecord:
    """Let the office's record fail to take these entries, so many times."""
    record = FailingRecord(office.record, fails, times)
    office.record = record
    office.wire(record=record)
    return record


async def approved(*shelf: Any, **parts: Any) -> tuple[Works, Incident, Run, Obligation]:
    """A run that Ben approved, and the first step that it owes."""
    office = Works(*(shelf or (runbook(verification=None, steps=(ACT,)),)), policy=EVERYBODY)
    incident = await office.paged()
    run = await office.asked_for(incident)
    office.wire(**parts)
    await office.approve_quietly(incident, run, BEN)
    return office, incident, run, await owed(office, "run_step")


async def owed(office: Works, purpose: str) -> Obligation:
    """The one thing of a kind that the record owes."""
    due = await office.record.due(office.clock.now() + timedelta(days=1))
    (found,) = [one for one in due if one.purpose == purpose]
    return found


def arguments(one: Obligation) -> dict[str, str]:
    return {**one.arguments, "incident_id": one.incident_id, "key": one.key}


# --- as it goes -----------------------------------------------------------------------------------


async def minutes_of(office: Works, incident: Incident, first: Obligation, length: float) -> None:
    """The step runs for so many seconds and says a line every second."""
    clock = TickingClock(office.clock.now())

    async def talk(tell: Callable[[str], None]) -> CallOutcome:
        for second in range(int(length)):
            tell(f"second {second}")
            await clock.sleep(1.0)
        return Succeeded()

    office.wire(clock=clock, executors={"fake": Doing(talk)})
    await run_step(office.ports, PlainSteps(), arguments(first))


async def test_the_first_lines_are_told_soon_and_the_later_ones_at_growing_distances() -> None:
    office, incident, _, first = await approved()
    await minutes_of(office, incident, first, 120)
    began = (await office.newest(incident)).steps[0].started_at
    told = [one for one in await office.entries(incident) if isinstance(one.body, e.StepProgressed)]
    after = [(one.occurred_at - began).total_seconds() for one in told]
    assert after[0] == 1.5
    distances = [later - earlier for earlier, later in itertools.pairwise(after)]
    assert distances == sorted(distances)
    assert 5 <= len(told) <= 8


async def test_an_hour_of_talking_leaves_a_short_record() -> None:
    """And what is told last is the newest that was said."""
    office, incident, _, first = await approved()
    await minutes_of(office, incident, first, 3600)
    told = await office.bodies(incident, e.StepProgressed)
    assert len(told) <= 80
    assert told[-1].tail.splitlines()[-1] == f"second {told[-1].lines - 1}"
    assert (await office.newest(incident)).steps[0].lines == 3600


async def test_a_step_that_says_nothing_new_writes_nothing() -> None:
    office, incident, _, first = await approved()
    clock = TickingClock(office.clock.now())

    async def quiet(tell: Callable[[str], None]) -> CallOutcome:
        tell("one line")
        await clock.sleep(600)
        return Succeeded()

    office.wire(clock=clock, executors={"fake": Doing(quiet)})
    await run_step(office.ports, PlainSteps(), arguments(first))
    assert len(await office.bodies(incident, e.StepProgressed)) == 1


async def test_progress_that_cannot_be_recorded_stops_neither_the_step_nor_later_progress() -> None:
    office, incident, _, first = await approved()
    failing(office, e.StepProgressed, times=2)
    await minutes_of(office, incident, first, 60)
    assert len(await office.bodies(incident, e.StepProgressed)) >= 2
    assert (await office.newest(incident)).steps[0].outcome is StepOutcome.SUCCEEDED


# --- its result -----------------------------------------------------------------------------------


async def test_a_result_is_kept_although_the_record_fails_for_a_moment() -> None:
    """It is known nowhere else: at the first hiccup it would be unknown for ever."""
    office, incident, _, first = await approved()
    record = failing(office, e.StepFinished, times=4)
    await run_step(office.ports, PlainSteps(), arguments(first))
    assert record.left == 0
    (step,) = (await office.newest(incident)).steps
    assert step.outcome is StepOutcome.SUCCEEDED
    assert len(office.executor.acts) == 1


async def test_a_result_that_is_lost_for_good_is_unknown_and_not_done_again() -> None:
    """The flow fails, is owed again, and finds its own claim."""
    office, incident, _, first = await approved()
    failing(office, e.StepFinished, times=9)
    with pytest.raises(OSError, match="disk"):
        await run_step(office.ports, PlainSteps(), arguments(first))
    await run_step(office.ports, PlainSteps(), arguments(first))
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "could not be put on the record" in run.said
    assert len(office.executor.acts) == 1


async def test_a_claim_that_cannot_be_written_begins_nothing() -> None:
    office, _, _, first = await approved()
    failing(office, e.StepStarted, times=1)
    with pytest.raises(OSError, match="disk"):
        await run_step(office.ports, PlainSteps(), arguments(first))
    assert not office.executor.acts
    await run_step(office.ports, PlainSteps(), arguments(first))
    assert len(office.executor.acts) == 1


async def test_two_flows_of_one_step_do_it_once() -> None:
    office, incident, _, first = await approved()
    both = (run_step(office.ports, PlainSteps(), arguments(first)) for _ in range(2))
    await asyncio.gather(*both)
    assert len(office.executor.acts) == 1
    assert len(await office.bodies(incident, e.StepStarted)) == 1


# --- executors that break their word --------------------------------------------------------------


async def broken(acting: Acting, timeout_s: float = 60.0) -> tuple[Works, Run]:
    """What comes of a run whose executor does this."""
    limit = timedelta(seconds=timeout_s)
    step = Step(name="act", executor="fake", call={"do": "act"}, timeout=limit)
    office, incident, _, first = await approved(
        runbook(verification=None, steps=(step,), rollback=(ACT,)),
        executors={"fake": Doing(acting)},
    )
    await run_step(office.ports, PlainSteps(), arguments(first), grace=0.05)
    return office, await office.newest(incident)


async def test_an_executor_that_raises_leaves_an_unknown_outcome() -> None:
    """It must not; if it does, it may have acted. Nothing is rolled back blindly."""

    async def raises(tell: Callable[[str], None]) -> CallOutcome:
        tell("half of it is done")
        raise KeyError("token=hunter2")

    _, run = await broken(raises)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "broke off (KeyError)" in run.said
    assert "hunter2" not in run.said
    assert run.rollback == ()


async def test_an_executor_that_hangs_beyond_its_timeout_is_given_up() -> None:
    async def hangs(tell: Callable[[str], None]) -> CallOutcome:
        await asyncio.Event().wait()
        return Succeeded()

    _, run = await broken(hangs, timeout_s=0.05)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "did not end by itself" in run.said


async def test_an_executor_that_will_not_even_be_cancelled_is_given_up() -> None:
    let_go = asyncio.Event()

    async def clings(tell: Callable[[str], None]) -> CallOutcome:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                tell("no")
        return Succeeded()

    _, run = await broken(clings, timeout_s=0.05)
    assert run.outcome is RunOutcome.UNKNOWN
    let_go.set()
    await asyncio.sleep(0)


async def test_there_is_time_for_an_executor_to_clean_up_after_its_timeout() -> None:
    """The bound is belt and braces: an executor keeps its own, and ends what it started."""
    assert GRACE >= 5


async def test_a_plan_that_raises_refuses_the_run() -> None:
    class Raising(FakeExecutor):
        async def plan(self, call: Mapping[str, Any]) -> Plan:
            raise ValueError("secret=hunter2")

    office = Works(policy=EVERYBODY)
    office.wire(executors={"fake": Raising()})
    incident = await office.paged()
    shown = await office.previewed(incident)
    assert "cannot say what it would do (ValueError)" in shown.words
    assert "hunter2" not in shown.words


async def test_an_executor_that_is_gone_when_its_step_comes_fails_the_step() -> None:
    """opsbot was restarted without it between two steps."""
    office, incident, _, first = await approved(
        runbook(verification=None, steps=(ACT, Step(name="two", executor="fake", call={"do": "b"})))
    )
    await run_step(office.ports, PlainSteps(), arguments(first))
    office.wire(executors={})
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.FAILED
    assert "fake is not configured" in run.said


async def test_a_stop_of_opsbot_leaves_the_claim_and_tells_the_executor_to_end() -> None:
    """The next start finds it, and asks a person."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def works_on(tell: Callable[[str], None]) -> CallOutcome:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Succeeded()

    office, incident, _, first = await approved(executors={"fake": Doing(works_on)})
    running = asyncio.create_task(run_step(office.ports, PlainSteps(), arguments(first)))
    await began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
    assert (await office.newest(incident)).steps[0].outcome is None
    office.wire(boot="boot-2")
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "opsbot was stopped while it ran" in run.said
