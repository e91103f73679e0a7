"""What people are told before they say yes to a run: what its steps and its way back warn of, and
that nobody could verify it."""

from __future__ import annotations

import pytest

from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Risk, Step
from opsbot.ports import Plan
from tests.commands.office import ADA
from tests.commands.works import Works, runbook

ACT = Step(name="act", executor="fake", call={"do": "act"})
BACK = Step(name="back", executor="fake", call={"do": "back"})
UNVERIFIED = "prometheus is not configured"


async def test_a_metric_that_nobody_reads_here_is_said_before_anybody_says_yes() -> None:
    """In the preview, on the message that asks for approval; and so it comes, once it is run."""
    office = Works(runbook(risk=Risk.LOW))
    office.wire(gauges={})
    incident = await office.paged()
    shown = await office.previewed(incident, by=ADA)
    assert UNVERIFIED in shown.words
    assert "the outcome of the run would be unknown" in shown.words
    run = await office.asked_for(incident)
    _, message = office.message_of(incident, run)
    assert run.waits
    assert UNVERIFIED in "\n".join(run.warnings)
    assert any(UNVERIFIED in str(line.pieces) for line in message.card.lines)
    await office.press_run(incident, run, "approve", ADA)
    ended = await office.newest(incident)
    assert ended.outcome is RunOutcome.UNKNOWN


@pytest.mark.parametrize("gauge", [True, False])
async def test_what_is_not_verified_needs_no_metric(gauge: bool) -> None:
    office = Works(runbook(verification=None))
    office.wire(gauges={"prometheus": office.gauge} if gauge else {})
    shown = await office.previewed(await office.paged())
    assert "prometheus" not in shown.words


async def test_a_metric_that_is_read_here_is_no_warning() -> None:
    office = Works()
    incident = await office.paged()
    assert (await office.asked_for(incident)).warnings == ()


async def test_the_way_back_warns_too_and_says_that_it_does() -> None:
    """Who says yes to a run says yes to its rollback."""
    office = Works(runbook(verification=None, steps=(ACT,), rollback=(BACK,)))
    office.executor.planned["act"] = Plan(shown="acts", warnings=("one", "both"))
    office.executor.planned["back"] = Plan(shown="goes back", warnings=("two", "both"))
    incident = await office.paged()
    run = await office.asked_for(incident)
    assert run.warnings == ("one", "both", "the rollback: two", "the rollback: both")


async def test_what_is_left_out_of_many_warnings_is_counted() -> None:
    """What nobody could read is not passed over in silence."""
    office = Works(runbook(verification=None, steps=(ACT,), rollback=(BACK,)))
    many = tuple(f"warning {number}" for number in range(20))
    office.executor.planned["act"] = Plan(shown="acts", warnings=many)
    office.executor.planned["back"] = Plan(shown="goes back", warnings=("two",))
    incident = await office.paged()
    run = await office.asked_for(incident)
    assert len(run.warnings) == 12
    assert run.warnings[0] == "warning 0"
    assert run.warnings[-1] == "10 more warnings have no room here"
