"""A runbook from the typed line to its verdict: previewed, asked for, approved by somebody else,
done once, verified, and on the record at every step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.policy import Policy
from opsbot.core.run_entry import CheckOutcome, Phase, RunOutcome, StepOutcome
from opsbot.core.runbook import Condition, Guard, Risk, Step, Who
from opsbot.ports import Done, Failed, Plan, Refused, Succeeded, Unclear
from tests.commands.office import ANN, BEN, GUS, SAM
from tests.commands.works import Works, runbook
from tests.fakes.executor import Scripted

EVERYBODY = Policy(approvers=Who(everybody=True), break_glass=Who(everybody=True))
UNDO = Step(name="undo", executor="fake", call={"do": "undo"})


def works(*shelf: object, **changes: object) -> Works:
    return Works(*shelf, policy=EVERYBODY, **changes)  # type: ignore[arg-type] # runbooks


async def test_the_preview_says_exactly_what_would_run_and_records_nothing() -> None:
    office = works()
    incident = await office.paged()
    shown = await office.previewed(incident)
    assert "fake: restart" in shown.words
    assert "error share of checkout-api has to be below 5 %" in shown.words
    assert not await office.run_entries(incident)
    assert not office.executor.acts


async def test_a_run_goes_from_its_line_to_its_verdict() -> None:
    """Ann asks, Ben approves, the step runs once, and the metric says that it helped."""
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    assert run.waits
    assert not office.executor.acts
    await office.press_run(incident, run, "approve", BEN)
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.SUCCEEDED
    assert [act.call for act in office.executor.acts] == [{"do": "restart", "of": "checkout-api"}]
    assert "error share of checkout-api" in run.said
    assert "(was 31 %)" in run.said
    _, message = office.message_of(incident, run)
    assert "succeeded" in message.words
    assert not message.card.buttons


async def test_who_asked_cannot_approve() -> None:
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    told = await office.press_run(incident, run, "approve", ANN)
    assert told is not None
    assert "somebody else has to say yes" in told.words
    assert (await office.newest(incident)).waits


@pytest.mark.parametrize("who", [GUS, SAM])
async def test_guests_and_strangers_cannot_approve(who: str) -> None:
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", who)
    assert (await office.newest(incident)).waits
    assert not office.executor.acts


async def test_an_approval_pressed_twice_counts_once() -> None:
    """A quorum of two needs two people."""
    book = runbook(approval=runbook().approval.__class__(approvals=2))
    office = works(book)
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    told = await office.press_run(incident, run, "approve", BEN)
    assert told is not None
    assert "counts once" in told.words
    assert (await office.newest(incident)).waits


async def test_an_edited_runbook_is_not_what_was_approved() -> None:
    """Between card and click: the press says so. Between click and first step: the run does."""
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    office.edit(runbook(version="edited"))
    told = await office.press_run(incident, run, "approve", BEN)
    assert told is not None
    assert "edited" in told.words
    assert not office.executor.acts


async def test_a_world_that_changed_since_the_approval_stops_the_run() -> None:
    """The revision that "the one before" means is part of what is approved."""
    office = works()
    office.executor.planned["restart"] = Plan(shown="back to 7", binding={"to": 7})
    incident = await office.paged()
    run = await office.asked_for(incident)
    office.executor.planned["restart"] = Plan(shown="back to 8", binding={"to": 8})
    await office.press_run(incident, run, "approve", BEN)
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.DENIED
    assert "back to 8" in run.said
    assert not office.executor.acts


async def test_a_run_that_nobody_approves_expires_and_is_asked_again_in_one_click() -> None:
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    office.clock.advance(minutes=16)
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.EXPIRED
    await office.press_run(incident, run, "run", ANN)
    again = await office.newest(incident)
    assert again.waits
    assert (again.again, again.plan.digest) == (run.run_id, run.plan.digest)


async def test_a_denied_run_says_who_and_why() -> None:
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "deny", BEN)
    await office.submitted(BEN, reason="wrong service")
    run = await office.newest(incident)
    assert (run.outcome, run.said) == (RunOutcome.DENIED, "wrong service")
    _, message = office.message_of(incident, run)
    assert "Ben" in message.words


async def test_a_failed_verification_is_followed_by_the_rollback() -> None:
    office = works(runbook(rollback=(UNDO,)))
    office.gauge.says(0.31)
    incident = await office.paged()
    await office.asked_for(incident)
    await office.press_run(incident, await office.newest(incident), "approve", BEN)
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.ROLLED_BACK
    assert [act.call["do"] for act in office.executor.acts] == ["restart", "undo"]
    assert "31 %" in run.said


async def test_a_metric_that_cannot_be_read_is_no_success() -> None:
    """Nothing is rolled back blindly either: a person is asked."""
    office = works(runbook(rollback=(UNDO,)))
    office.gauge.readings = [Refused(error="down", cure="prometheus does not answer")]
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert run.check is not None
    assert run.check.outcome is CheckOutcome.UNREADABLE
    assert [act.call["do"] for act in office.executor.acts] == ["restart"]


@pytest.mark.parametrize(
    ("outcome", "end"),
    [(Failed(said="no"), RunOutcome.FAILED), (Unclear(said="no answer"), RunOutcome.UNKNOWN)],
)
async def test_a_step_that_did_not_work_is_not_tried_again(
    outcome: Failed | Unclear, end: RunOutcome
) -> None:
    office = works()
    office.executor.scripts["restart"] = Scripted(outcome=outcome)
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    assert (await office.newest(incident)).outcome is end
    assert len(office.executor.acts) == 1


async def test_an_unknown_outcome_asks_a_person_once() -> None:
    office = works()
    office.executor.scripts["restart"] = Scripted(outcome=Unclear(said="no answer"))
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    await office.press_run(incident, run, "judge:found=not-done", BEN)
    run = await office.newest(incident)
    assert run.judged is False
    _, message = office.message_of(incident, run)
    assert "it was not done" in message.words


async def test_a_claimed_step_without_an_end_is_never_run_again() -> None:
    """opsbot was killed in the middle: what is owed again finds the claim."""
    office = works()
    incident = await office.paged()
    run = await office.asked_for(incident)
    started = [
        e.RunStarted(run_id=run.run_id),
        e.StepStarted(run_id=run.run_id, phase=Phase.STEPS, step=0, name="restart", boot="old"),
    ]
    await office.approve_quietly(incident, run, BEN)
    await office.append(incident, *started)
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.UNKNOWN
    assert run.steps[0].outcome is StepOutcome.UNKNOWN
    assert not office.executor.acts


async def test_two_runs_never_share_a_target() -> None:
    """The second is denied while the first runs; the guard is asked under the lock."""
    office = works(runbook(guard=Guard(target="${service}", cooldown=timedelta(minutes=10))))
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    office.gauge.says(0.31, 0.002)
    shown = await office.previewed(incident)
    assert "Denied" in shown.words
    assert len(office.executor.acts) == 1


async def test_values_of_a_step_reach_the_next_and_conditions_are_kept() -> None:
    book = runbook(
        steps=(
            Step(name="look", executor="fake", call={"do": "look"}, register=("pods",)),
            Step(name="act", executor="fake",
                 call={"do": "act", "pods": {"$from": "look.pods"}}),
            Step(name="never", executor="fake", call={"do": "never"},
                 when=Condition(value="no", equals="yes")),
        )
    )  # fmt: skip
    office = works(book)
    office.executor.scripts["look"] = Scripted(outcome=Succeeded(values={"pods": 3}))
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    assert [act.call["do"] for act in office.executor.acts] == ["look", "act"]
    assert (await office.newest(incident)).steps[2].outcome is StepOutcome.SKIPPED


async def test_breaking_the_glass_needs_no_approval_and_is_loud() -> None:
    office = works()
    incident = await office.paged()
    shown = await office.previewed(incident)
    await office.press_in(shown, "run:do-way=glass")
    told = await office.submitted(ANN, **{"do-why": "nobody answers and logins are down"})
    assert told is not None
    await office.press_in(told, "run:do-way=ask")
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.SUCCEEDED
    _, message = office.message_of(incident, run)
    assert "The glass was broken" in message.words
    assert "nobody answers" in message.words


async def test_reading_needs_nobodys_approval() -> None:
    office = Works(runbook("look", risk=Risk.NONE, verification=None))
    incident = await office.paged()
    await office.asked_for(incident, "run look service=checkout-api")
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED


async def test_a_wrong_argument_opens_nothing_and_says_what_to_type() -> None:
    office = works()
    incident = await office.paged()
    shown = await office.previewed(incident, "run restart service=chekout-api")
    assert "checkout-api" in shown.words
    assert not await office.run_entries(incident)


async def test_a_baseline_that_cannot_be_read_does_not_stop_the_run() -> None:
    office = works()
    office.gauge.readings = [Refused(error="down", cure="later"), Done(value=0.001)]
    incident = await office.paged()
    run = await office.asked_for(incident)
    await office.press_run(incident, run, "approve", BEN)
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED
