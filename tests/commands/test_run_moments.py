"""What may happen between the request of a run and its first step: the runbook is edited, the
incident ends, its words are redacted, another run takes the target. Then it does not begin."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.policy import Freeze, Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome, StepOutcome
from opsbot.core.runbook import Condition, Guard, Risk, Step, Who
from opsbot.ports import Unclear
from tests.commands.forged import click
from tests.commands.office import ANN, BEN, START, TOWN
from tests.commands.test_run_attacks import value
from tests.commands.works import SERVICE, Works, runbook
from tests.core.story import details, event
from tests.fakes.executor import Scripted

EVERYBODY = Policy(approvers=Who(everybody=True))


async def waiting(*shelf: Any, **changes: Any) -> tuple[Works, Incident, Run]:
    """A run that Ann asked for."""
    office = Works(*shelf, policy=EVERYBODY, **changes)
    incident = await office.paged()
    return office, incident, await office.asked_for(incident)


async def approved(office: Works, incident: Incident, run: Run) -> Run:
    """Ben says yes, and what is owed is done."""
    await office.press_run(incident, run, "approve", BEN)
    return await office.newest(incident)


# --- the runbook ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shelf", [(runbook(version="edited"),), (runbook("another"),)],
                         ids=["edited", "removed"])  # fmt: skip
async def test_a_runbook_that_changed_after_the_request_is_not_approved(shelf: Any) -> None:
    office, incident, run = await waiting()
    office.edit(*shelf)
    told = await office.press_run(incident, run, "approve", BEN)
    assert told is not None
    assert "edited" in told.words
    assert not office.executor.acts


@pytest.mark.parametrize(
    ("shelf", "said"),
    [((runbook(version="edited"),), "edited since"), ((runbook("another"),), "not there any more"),
     ((runbook(guard=Guard(target="elsewhere")),), "has changed"),
     ((runbook(parameters=(SERVICE, replace(SERVICE, name="more"))),), "do not fit")],
    ids=["edited", "removed", "another meaning under the same version", "another parameter"],
)  # fmt: skip
async def test_a_runbook_that_changed_after_the_approval_does_not_begin(
    shelf: Any, said: str
) -> None:
    """opsbot is started with other files between the click and the first step."""
    office, incident, run = await waiting()
    await office.approve_quietly(incident, run, BEN)
    office.edit(*shelf)
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.DENIED
    assert said in run.said
    assert not office.executor.acts


async def test_a_rule_that_stopped_it_at_the_start_is_asked_again_in_one_press() -> None:
    office, incident, run = await waiting()
    await office.approve_quietly(incident, run, BEN)
    office.edit(runbook(version="edited"))
    await office.settle()
    _, message = office.message_of(incident, run)
    assert [button.label for button in message.card.buttons] == ["Ask again"]


# --- the incident --------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["resolve fixed", 'cancel "a load test"'])
async def test_nothing_is_approved_in_an_incident_that_is_over(line: str) -> None:
    office, incident, run = await waiting()
    await office.typed(line, at=incident.surface.channel_id)
    assert (await office.incident(incident)).status.is_over
    told = await office.press_run(incident, run, "approve", BEN)
    assert told is not None
    assert "is over" in told.words
    assert (await office.newest(incident)).waits
    assert not office.executor.acts


@pytest.mark.parametrize("line", ["resolve fixed", 'cancel "a load test"'])
async def test_what_was_approved_does_not_begin_in_an_incident_that_ended_first(line: str) -> None:
    office, incident, run = await waiting()
    yes = click(office, "approve", value(incident.id, run=run.run_id, digest=run.plan.digest), BEN,
                channel=incident.surface.channel_id)  # fmt: skip
    assert yes is not None
    await office.desk.take(yes)
    await office.desk.take(office.slack.typed(line, ANN, incident.surface.channel_id,
                                              trigger=office.people.new_trigger(ANN)))  # fmt: skip
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.DENIED
    assert "over before it could begin" in run.said
    assert not office.executor.acts


async def test_a_run_of_an_incident_that_comes_back_can_be_approved_again_in_time() -> None:
    office, incident, run = await waiting()
    await office.typed("resolve fixed", at=incident.surface.channel_id)
    await office.hear(event(Transition.TRIGGERED, 2, said=details()))
    assert not (await office.incident(incident)).status.is_over
    assert (await approved(office, incident, run)).outcome is RunOutcome.SUCCEEDED


async def test_nobody_is_paged_for_the_approval_of_a_run_in_an_incident_that_is_over() -> None:
    office, incident, _ = await waiting()
    await office.typed("resolve fixed", at=incident.surface.channel_id)
    office.clock.advance(minutes=6)
    await office.settle()
    assert office.staffing.pages == []
    assert not await office.bodies(incident, e.PageAsked)


async def test_a_run_that_is_under_way_goes_on_when_the_incident_ends() -> None:
    """What has begun is brought to its end: half of a change is worse."""
    office, incident, run = await waiting(
        runbook(steps=(Step(name="one", executor="fake", call={"do": "one"}),
                       Step(name="two", executor="fake", call={"do": "two"})))
    )  # fmt: skip
    yes = click(office, "approve", value(incident.id, run=run.run_id, digest=run.plan.digest), BEN,
                channel=incident.surface.channel_id)  # fmt: skip
    assert yes is not None
    await office.desk.take(yes)
    flows = office.flows()
    (owed,) = [o for o in await office.record.due(office.clock.now()) if o.purpose == "run_step"]
    await office.do(owed, flows)
    await office.typed("resolve fixed", at=incident.surface.channel_id)
    assert [act.call["do"] for act in office.executor.acts] == ["one", "two"]


# --- its words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [(SERVICE,), ()], ids=["with arguments", "without any"])
@pytest.mark.parametrize("when", ["before the approval", "after it"])
async def test_a_redacted_request_never_runs(when: str, parameters: Any) -> None:
    """What stands on the record is what would be done; without its words there is nothing to do."""
    book = runbook(parameters=parameters, verification=None, guard=Guard(target="x"),
                   steps=(Step(name="act", executor="fake", call={"do": "act"}),))  # fmt: skip
    office = Works(book, policy=EVERYBODY)
    incident = await office.paged()
    line = "run restart service=checkout-api" if parameters else "run restart"
    run = await office.asked_for(incident, line)
    yes = click(office, "approve", value(incident.id, run=run.run_id, digest=run.plan.digest), BEN,
                channel=incident.surface.channel_id)  # fmt: skip
    assert yes is not None
    if when == "after it":
        await office.desk.take(yes)
    redact = office.slack.typed(f"redact #{run.seq} it names a customer", ANN,
                                incident.surface.channel_id,
                                trigger=office.people.new_trigger(ANN))  # fmt: skip
    await office.desk.take(redact)
    if when != "after it":
        await office.desk.take(yes)
        assert "redacted" in office.people.told(BEN)[-1].words
    await office.settle()
    assert not office.executor.acts
    assert (await office.newest(incident)).outcome is not RunOutcome.SUCCEEDED


async def test_what_is_redacted_while_it_runs_is_not_done_without_its_words() -> None:
    book = runbook(verification=None, steps=(
        Step(name="one", executor="fake", call={"do": "one"}),
        Step(name="two", executor="fake", call={"do": "two"}, when=Condition(value="no")),
    ))  # fmt: skip
    office, incident, run = await waiting(book)
    yes = click(office, "approve", value(incident.id, run=run.run_id, digest=run.plan.digest), BEN,
                channel=incident.surface.channel_id)  # fmt: skip
    assert yes is not None
    await office.desk.take(yes)
    (owed,) = [o for o in await office.record.due(office.clock.now()) if o.purpose == "run_step"]
    await office.do(owed, office.flows())
    await office.desk.take(office.slack.typed(
        f"redact #{run.seq} words", ANN, incident.surface.channel_id,
        trigger=office.people.new_trigger(ANN)))  # fmt: skip
    await office.settle()
    assert [act.call for act in office.executor.acts] == [{"do": "one"}]
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.FAILED
    assert "redacted" in run.said


# --- its target ----------------------------------------------------------------------------------


async def test_two_runs_of_one_target_that_are_approved_at_once_do_not_both_begin() -> None:
    """Asked under the lock, at the first step: the second finds the first at work."""
    slow = runbook("slow", guard=Guard(target="db", cooldown=timedelta(minutes=5)))
    other = runbook("other", guard=Guard(target="db", cooldown=timedelta(minutes=5)))
    office = Works(slow, other, policy=EVERYBODY)
    incident = await office.paged()
    runs = [await office.asked_for(incident, f"run {name} service=checkout-api")
            for name in ("slow", "other")]  # fmt: skip
    for run in runs:
        carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
        yes = click(office, "approve", carried, BEN, channel=incident.surface.channel_id)
        assert yes is not None
        await office.desk.take(yes)
    due = [o for o in await office.record.due(office.clock.now()) if o.purpose == "run_step"]
    await asyncio.gather(*(office.do(owed, office.flows()) for owed in due))
    await office.settle()
    ends = [run.outcome for run in (await office.incident(incident)).runs.values()]
    assert sorted(map(str, ends)) == ["denied", "succeeded"]
    assert len(office.executor.acts) == 1


async def test_a_first_step_that_is_skipped_asks_what_is_in_the_way_as_well() -> None:
    """A condition on the first step is no way around a freeze."""
    steps = (
        Step(name="first", executor="fake", call={"do": "first"}, when=Condition(value="no",
                                                                                equals="yes")),
        Step(name="second", executor="fake", call={"do": "second"}),
    )  # fmt: skip
    office, incident, run = await waiting(runbook(steps=steps))
    await office.approve_quietly(incident, run, BEN)
    frozen = Freeze(name="sales", start=START, end=START + timedelta(days=1))
    office.rules = replace(office.rules, policy=replace(EVERYBODY, freezes=(frozen,)))
    office.wire(rules=office.rules)
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.DENIED
    assert not office.executor.acts


async def test_a_first_step_that_is_skipped_is_followed_by_the_second() -> None:
    steps = (
        Step(name="first", executor="fake", call={"do": "first"}, when=Condition(value="no",
                                                                                equals="yes")),
        Step(name="second", executor="fake", call={"do": "second"}),
    )  # fmt: skip
    office, incident, run = await waiting(runbook(steps=steps))
    run = await approved(office, incident, run)
    assert [step.outcome for step in run.steps] == [StepOutcome.SKIPPED, StepOutcome.SUCCEEDED]
    assert run.outcome is RunOutcome.SUCCEEDED


async def test_asking_again_and_again_pushes_no_other_run_out_of_sight() -> None:
    """What a rule denies is kept on the record; a run that somebody has to look at stays."""
    office, incident, run = await waiting()
    office.executor.scripts["restart"] = Scripted(outcome=Unclear(said="no answer"))
    unknown = await approved(office, incident, run)
    frozen = Freeze(name="sales", start=START, end=START + timedelta(days=1))
    office.rules = replace(office.rules, policy=replace(EVERYBODY, freezes=(frozen,)))
    office.wire(rules=office.rules)
    for _ in range(45):
        await office.typed("run restart service=auth-api", BEN, incident.surface.channel_id)
    assert len((await office.incident(incident)).runs) <= 42
    await office.press_run(incident, unknown, "judge:found=done", BEN)
    assert (await office.incident(incident)).runs[unknown.run_id].judged is True


@pytest.mark.parametrize("risk", [Risk.NONE, Risk.MEDIUM])
async def test_a_request_that_is_delivered_twice_is_one_run(risk: Risk) -> None:
    """The run's id is of the press, so that a repeat is known again even once it has ended."""
    office = Works(runbook(risk=risk), policy=EVERYBODY)
    incident = await office.paged()
    shown = await office.previewed(incident)
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    press = click(office, ask.action, value(incident.id, **dict(ask.carries)), ANN,
                  channel=incident.surface.channel_id, ephemeral=True)  # fmt: skip
    assert press is not None
    for _ in range(3):
        await office.ask(press)
    assert len((await office.incident(incident)).runs) == 1
    assert len(office.executor.acts) == (risk is Risk.NONE)


async def test_two_incidents_never_share_the_id_of_a_run() -> None:
    """Whatever a click claims: the id is made of the incident as well."""
    office = Works(policy=EVERYBODY)
    incident, other = await office.paged(), await office.declared()
    ts = office.slack.ts()
    for one in (incident, other):
        again = await office.previewed(one)
        (ask,) = (b for b in again.card.buttons if b.action == "run:do-way=ask")
        press = click(office, ask.action, value(one.id, **dict(ask.carries)), ANN,
                      channel=TOWN, ts=ts, ephemeral=True)  # fmt: skip
        assert press is not None
        await office.ask(press)
    ids = {(await office.newest(one)).run_id for one in (incident, other)}
    assert len(ids) == 2
