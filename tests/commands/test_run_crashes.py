"""A run killed at every call that it makes, before and after it: approving, claiming, acting,
watching, taking back, paging. What was begun is begun once, and every run comes to a true end."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.invocation import PersonEvent
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome, StepOutcome
from opsbot.core.runbook import Step, Verification, Who
from tests.commands.forged import click
from tests.commands.office import BEN
from tests.commands.test_run_attacks import value
from tests.commands.works import Works, runbook
from tests.fakes.executor import Scripted
from tests.fakes.fuse import Fuse, Fused, Killed

EVERYBODY = Policy(approvers=Who(everybody=True))
UNDO = Step(name="undo", executor="fake", call={"do": "undo"})
SOON = Verification(signal="error_share", below=0.05, unit="share", every=timedelta(seconds=5),
                    within=timedelta(seconds=10))  # fmt: skip
STEPS = tuple(Step(name=n, executor="fake", call={"do": n}) for n in ("drain", "restart"))


async def waiting() -> tuple[Works, Incident, Run]:
    """A run of two steps, a metric to watch and a way back, that Ann asked for."""
    book = runbook(steps=STEPS, verification=SOON, rollback=(UNDO,))
    office = Works(book, policy=EVERYBODY)
    incident = await office.paged()
    return office, incident, await office.asked_for(incident)


def approval(office: Works, incident: Incident, run: Run) -> PersonEvent:
    """Ben's press, as the inbox keeps it until it is done."""
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    press = click(office, "approve", carried, BEN, channel=incident.surface.channel_id)
    assert press is not None
    return press


async def killed_at(
    office: Works, fuse: Fuse, press: PersonEvent | None = None, **more: Any
) -> None:
    """Do what is owed in a process that ends when the fuse blows; then start it again."""
    alive = office.ports
    office.wire(
        record=Fused(office.record, fuse), staffing=Fused(office.staffing, fuse),
        executors={"fake": Fused(office.executor, fuse)},
        gauges={"prometheus": Fused(office.gauge, fuse)}, **more,
    )  # fmt: skip
    with suppress(Killed):
        if press is not None:
            await office.desk.take(press)
        await office.settle()
    office.ports = alive
    office.wire(boot="boot-2")
    if press is not None:
        await office.desk.take(press)
    await office.settle()


def check(office: Works, run: Run) -> None:
    """Nothing was begun twice, nothing went on behind a step that nobody knows the end of."""
    begun = [str(act.call["do"]) for act in office.executor.acts]
    assert max(Counter(begun).values(), default=0) <= 1, begun
    assert begun == ["drain", "restart", "undo"][: len(begun)]
    states = [*run.steps, *run.rollback]
    assert len(states) - len(begun) in (0, 1), "what is claimed has begun, but for the last"
    if run.outcome is RunOutcome.UNKNOWN:
        assert states[-1].outcome is StepOutcome.UNKNOWN
        assert "opsbot was stopped while it ran" in run.said
    else:
        assert run.outcome is RunOutcome.ROLLED_BACK, run.said
        assert begun == ["drain", "restart", "undo"]


@pytest.mark.timeout(120)
async def test_killed_anywhere_no_step_is_begun_twice_and_the_run_ends() -> None:
    """From the press that approves it to the end of its way back; the metric never gets better."""
    at, ends = 0, Counter[tuple[str, int]]()
    while True:
        at += 1
        office, incident, run = await waiting()
        office.gauge.says(0.31)
        fuse = Fuse(at)
        await killed_at(office, fuse, approval(office, incident, run))
        run = await office.newest(incident)
        check(office, run)
        assert len(await office.bodies(incident, e.RunApproved)) == 1
        assert len(await office.bodies(incident, e.RunFinished)) == 1
        ends[str(run.outcome), len(run.steps) + len(run.rollback)] += 1
        if not fuse.blew:
            break
    assert at > 60, "the fuse counts what a run asks of record, executor, metric and pager"
    assert set(ends) == {("unknown", 1), ("unknown", 2), ("unknown", 3), ("rolled_back", 3)}


@pytest.mark.timeout(120)
async def test_killed_anywhere_while_nobody_answers_the_next_on_call_is_paged_once() -> None:
    """Where nobody knows whether the page went out, the room says so, and no second one goes."""
    at, doubts = 0, 0
    while True:
        at += 1
        office, incident, _ = await waiting()
        office.clock.advance(minutes=5)
        fuse = Fuse(at)
        await killed_at(office, fuse)
        assert len(office.staffing.pages) <= 1
        assert len(await office.bodies(incident, e.PageAsked)) == 1
        (said,) = office.lines(incident, "page:")
        if not office.staffing.pages or "Ada was paged" not in said:
            doubts += 1
            assert "not known" in said, said
        if not fuse.blew:
            break
    assert at > 10
    assert doubts <= 4, "between the claim and what the record says of it"


@pytest.mark.timeout(120)
async def test_killed_anywhere_around_its_output_one_message_stands_and_one_file_at_most() -> None:
    """Sharing cannot be asked about afterwards: where nobody knows, it is not done again."""
    at, files = 0, Counter[int]()
    while True:
        at += 1
        office = Works(runbook(steps=STEPS[:1], verification=None), policy=EVERYBODY)
        lines = tuple(f"line {number}" for number in range(40))
        office.executor.scripts["drain"] = Scripted(lines=lines)
        incident = await office.paged()
        run = await office.asked_for(incident)
        fuse = Fuse(at)
        press = approval(office, incident, run)
        await killed_at(office, fuse, press, room=Fused(office.room, fuse))
        run = await office.newest(incident)
        _, message = office.message_of(incident, run)
        assert str(run.outcome) in message.words
        assert not message.card.buttons or run.outcome is RunOutcome.UNKNOWN
        if run.outcome is RunOutcome.SUCCEEDED:
            files[len(office.room.shared)] += 1
            (said,) = await office.bodies(incident, e.RunOutputShared)
            stands = "may or may not be in Slack" if said.unsure else ""
            assert said.unsure == bool(said.problem), "nothing was refused"
            assert stands in message.words
            assert said.unsure or office.room.shared
        if not fuse.blew:
            break
    assert set(files) == {0, 1}
    assert files[0] <= 2, "between the claim and what the record says of it"
