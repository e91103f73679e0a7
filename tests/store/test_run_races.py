"""Races over a run on both databases: two who approve at once, two flows of one step, two runs of
one target. The record's lock decides, and whoever comes second sees what the first has written."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Approval, Guard, Who
from opsbot.engine.plain import PlainSteps
from opsbot.flows.run_step import run_step
from opsbot.ports import Obligation
from opsbot.store.record import SqlRecord
from tests.commands.forged import click
from tests.commands.office import ADA, BEN
from tests.commands.works import Works, runbook

EVERYBODY = Policy(approvers=Who(everybody=True))


def works(record: SqlRecord, *shelf: Any) -> Works:
    """An office whose record lies in a database."""
    office = Works(*shelf, policy=EVERYBODY)
    office.record = record  # type: ignore[assignment] # it passes the same contract suite
    office.wire(record=record)
    return office


async def press(office: Works, incident: Incident, run: Run, who: str) -> None:
    """Somebody presses Approve; what follows from it is left to be done."""
    carried = json.dumps({"i": incident.id, "v": {"run": run.run_id, "digest": run.plan.digest}})
    yes = click(office, "approve", carried, who, channel=incident.surface.channel_id)
    assert yes is not None
    await office.desk.take(yes)


async def owed(office: Works) -> list[Obligation]:
    """The steps that are to be done now."""
    due = await office.record.due(office.clock.now())
    return [one for one in due if one.purpose == "run_step"]


async def step(office: Works, one: Obligation) -> None:
    arguments = {**one.arguments, "incident_id": one.incident_id, "key": one.key}
    await run_step(office.ports, PlainSteps(), arguments)


async def test_two_who_approve_at_once_are_one_quorum(record: SqlRecord) -> None:
    office = works(record, runbook(approval=Approval(approvals=2), verification=None))
    incident = await office.paged()
    run = await office.asked_for(incident)
    await asyncio.gather(*(press(office, incident, run, who) for who in (BEN, ADA) * 3))
    await office.settle()
    run = await office.newest(incident)
    assert {one.by.id for one in run.approvals} == {f"slack:{BEN}", f"slack:{ADA}"}
    assert run.outcome is RunOutcome.SUCCEEDED
    assert len(office.executor.acts) == 1


async def test_an_approval_and_a_no_at_once_come_to_one_end(record: SqlRecord) -> None:
    """Whichever is first; the other is told that it came too late."""
    office = works(record, runbook(verification=None))
    incident = await office.paged()
    run = await office.asked_for(incident)
    said = json.dumps({"i": incident.id, "v": {"run": run.run_id, "reason": "no"}})
    no = click(office, "deny", said, ADA, channel=incident.surface.channel_id)
    assert no is not None
    await asyncio.gather(press(office, incident, run, BEN), office.desk.take(no))
    await office.settle()
    run = await office.newest(incident)
    began = run.outcome is RunOutcome.SUCCEEDED
    assert began or run.outcome is RunOutcome.DENIED
    assert len(office.executor.acts) == began
    assert bool(await office.bodies(incident, e.RunDenied)) is not began


@pytest.mark.parametrize("flows", [2, 5])
async def test_flows_of_one_step_at_once_do_it_once(record: SqlRecord, flows: int) -> None:
    """An engine may run a flow twice; only one of them makes the claim."""
    office = works(record, runbook(verification=None))
    incident = await office.paged()
    run = await office.asked_for(incident)
    await press(office, incident, run, BEN)
    (one,) = await owed(office)
    await asyncio.gather(*(step(office, one) for _ in range(flows)))
    assert len(office.executor.acts) == 1
    assert len(await office.bodies(incident, e.StepStarted)) == 1


async def test_two_runs_of_one_target_at_once_do_not_both_begin(record: SqlRecord) -> None:
    guard = Guard(target="db", cooldown=timedelta(minutes=5))
    office = works(record, *(runbook(n, guard=guard, verification=None) for n in ("a", "b")))
    incident = await office.paged()
    runs = [await office.asked_for(incident, f"run {n} service=checkout-api") for n in ("a", "b")]
    for run in runs:
        await press(office, incident, run, BEN)
    both = await owed(office)
    assert len(both) == 2
    await asyncio.gather(*(step(office, one) for one in both))
    await office.settle()
    ends = sorted(str(run.outcome) for run in (await office.incident(incident)).runs.values())
    assert ends == ["denied", "succeeded"]
    assert len(office.executor.acts) == 1
