"""What others refused is told in their words, not only with the cure."""

from __future__ import annotations

from datetime import timedelta

from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.flows.prepare_run import duties_for
from opsbot.ports import Outcome, Refused
from tests.commands.works import Works, runbook
from tests.fakes.gauge import FakeGauge
from tests.flows.test_run_step import approved

BUSY = Refused(
    error="too many requests", cure="opsbot asks again", retry_after=timedelta(seconds=1)
)


class BusyGauge(FakeGauge):
    """A gauge that refuses for now, as often as it is asked."""

    async def read(self, check: RenderedCheck) -> Outcome[float | None]:
        return BUSY


async def test_a_verification_that_nobody_could_read_says_what_was_refused() -> None:
    office, incident, _, _ = await approved(runbook())
    office.wire(gauges={"prometheus": BusyGauge()})
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert "could not be read: too many requests; opsbot asks again" in run.said


async def test_who_is_on_call_that_nobody_says_is_told_with_the_reason() -> None:
    office = Works()
    office.staffing.fail("on_call", BUSY)
    duties, problem = await duties_for(office.ports, "auth-api")
    assert (duties, problem) == ((), "too many requests; opsbot asks again")
