"""The metric watched after a run: what it says, what it does not say, and a deadline that a restart
does not move. Every watching comes to a verdict."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from opsbot.core.incident import Incident
from opsbot.core.run import Run
from opsbot.core.run_entry import CheckOutcome, RunOutcome
from opsbot.core.runbook import Verification
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.engine.plain import PlainSteps
from opsbot.flows.run_step import run_step
from opsbot.flows.verify_run import verify_run
from opsbot.ports import Done, Outcome
from tests.commands.works import Works, runbook
from tests.fakes.gauge import FakeGauge
from tests.fakes.ticking import TickingClock
from tests.flows.test_run_step import ACT, approved, arguments, owed

QUICK = Verification(signal="error_share", below=0.05, unit="share", holds=timedelta(seconds=30),
                     every=timedelta(seconds=5), within=timedelta(minutes=2))  # fmt: skip


class OddGauge(FakeGauge):
    """A gauge that raises, or never answers, as often as it is asked."""

    def __init__(self, trouble: str) -> None:
        super().__init__()
        self._trouble = trouble

    async def read(self, check: RenderedCheck) -> Outcome[float | None]:
        if self._trouble == "raises":
            raise RuntimeError("no")
        await asyncio.Event().wait()
        return Done(value=0.0)


@pytest.mark.parametrize("trouble", ["raises", "hangs"])
async def test_a_metric_whose_source_breaks_its_word_ends_the_run_all_the_same(
    trouble: str,
) -> None:
    """A run without an end would keep its target to itself for ever."""
    office, incident, _, first = await approved(runbook())
    office.wire(gauges={})
    await run_step(office.ports, PlainSteps(), arguments(first))
    office.wire(gauges={"prometheus": OddGauge(trouble)})
    watching = await owed(office, "verify_run")
    await verify_run(office.ports, PlainSteps(), arguments(watching), read_within=0.005)
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "could not be read" in run.said


async def test_a_metric_that_no_source_gives_is_told_to_be_unverified() -> None:
    office, incident, _, _ = await approved(runbook())
    office.wire(gauges={})
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "prometheus is not configured" in run.said


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
async def test_a_metric_that_is_no_number_is_no_success(value: float | None) -> None:
    """A share of no requests is no share; the record takes it all the same."""
    office, incident, run, _ = await approved(runbook())
    office.gauge.says(value)
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome in (RunOutcome.UNKNOWN, RunOutcome.FAILED)


async def watched(office: Works, incident: Incident, *, away: timedelta, then: float = 0.31) -> Run:
    """The verification is cut after its first readings, and goes on after opsbot was away; the
    metric says `then` by then."""
    office.gauge.says(0.31)
    await office.settle_only("run_step")
    watching = await owed(office, "verify_run")
    clock = TickingClock(office.clock.now())
    office.wire(clock=clock)
    task = asyncio.create_task(verify_run(office.ports, PlainSteps(), arguments(watching)))
    while len(office.gauge.asked) < 4:  # noqa: ASYNC110 - the clock is no real one
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    office.gauge.says(then)
    later = TickingClock(clock.now() + away)
    office.clock = later
    office.wire(clock=later, boot="boot-2")
    await verify_run(office.ports, PlainSteps(), arguments(watching))
    return await office.newest(incident)


async def test_a_restart_keeps_the_deadline() -> None:
    """Two minutes from the first reading, whoever reads."""
    office, incident, _, _ = await approved(runbook(verification=QUICK))
    run = await watched(office, incident, away=timedelta(seconds=40))
    assert run.outcome is RunOutcome.FAILED
    assert run.check is not None
    assert run.check.since is not None
    assert 120 <= run.check.took_s <= 126


async def test_a_deadline_that_passed_while_opsbot_was_away_is_read_once() -> None:
    office, incident, _, _ = await approved(runbook(verification=QUICK))
    run = await watched(office, incident, away=timedelta(hours=3))
    assert run.outcome is RunOutcome.FAILED
    assert len(office.gauge.asked) == 5


async def test_a_metric_that_got_well_while_nobody_watched_is_not_rolled_back() -> None:
    """It is good now, and nobody knows for how long: a person looks."""
    book = runbook(verification=QUICK, rollback=(ACT,))
    office, incident, _, _ = await approved(book)
    run = await watched(office, incident, away=timedelta(hours=3), then=0.002)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "opsbot was away" in run.said
    assert run.rollback == ()


async def test_a_metric_that_was_good_too_briefly_is_told_as_that() -> None:
    """And not as one that is still bad."""
    office, incident, _, _ = await approved(runbook(verification=QUICK))
    office.gauge.says(*[0.31] * 22, 0.002)
    await office.settle()
    run = await office.newest(incident)
    assert run.check is not None
    assert run.check.outcome is CheckOutcome.FAILED
    assert "but it was not below 5 % for 30 s" in run.said
