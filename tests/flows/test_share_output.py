"""What came of giving Slack the whole output of a run: on the record and, where it is not there, on
the run's message and the timeline, with the command that prints it all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.codec import from_data
from opsbot.core.incident import Incident
from opsbot.core.run import Run
from opsbot.core.run_card import run_card
from opsbot.core.timeline import build_timeline
from opsbot.engine.plain import PlainSteps
from opsbot.flows.run_step import run_step
from opsbot.flows.share_output import (
    AGAIN,
    NO_MESSAGE,
    TRIES,
    WAITS_FOR_MESSAGE,
    share_output,
)
from opsbot.ports import Refused, Succeeded, Unsure
from tests.commands.office import BEN
from tests.commands.test_run_manners import waiting
from tests.commands.works import Works
from tests.fakes.executor import Scripted
from tests.flows.test_run_step import approved, arguments

FULL = Refused(error="file_upload_size_restricted", cure="Ask an admin to allow files.")
LATER = Refused(
    error="ratelimited", cure="opsbot sends the file again by itself.",
    retry_after=timedelta(seconds=3),
)  # fmt: skip


async def shared(*answers: Any) -> tuple[Works, Incident, Run]:
    """A run with much to say came to its end while Slack answers like this."""
    office, incident, run = await waiting()
    told = tuple(f"line {n}" for n in range(40))
    office.executor.scripts["restart"] = Scripted(outcome=Succeeded(), lines=told)
    for answer in answers:
        office.room.fail("share", answer)
    await office.press_run(incident, run, "approve", BEN)
    return office, incident, await office.newest(incident)


async def told_of(office: Works, incident: Incident) -> str:
    """What the timeline says of the output."""
    lines = build_timeline(await office.entries(incident))
    return "\n".join(line.text for line in lines if "whole output" in line.text)


async def test_a_file_that_stands_is_on_the_record_and_nothing_more_is_said_of_it() -> None:
    office, incident, run = await shared()
    assert await office.bodies(incident, e.RunOutputShared) == [
        e.RunOutputShared(run_id=run.run_id)
    ]
    assert (run.output_problem, run.output_unsure) == ("", False)
    assert "whole output" not in office.message_of(incident, run)[1].words
    assert await told_of(office, incident) == ""


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([FULL], "is not in Slack: file_upload_size_restricted; Ask an admin to allow files"),
        ([LATER] * TRIES, f"is not in Slack: ratelimited; Slack did not take it {TRIES} times"),
        ([Unsure(reason="the answer was lost")], "may or may not be in Slack: the answer was lost"),
    ],
)
async def test_a_file_that_does_not_stand_is_said_with_the_command_that_prints_it(
    answers: list[Any], said: str
) -> None:
    """Once on the record, on the message of the run and on the timeline."""
    office, incident, run = await shared(*answers)
    assert len(await office.bodies(incident, e.RunOutputShared)) == 1
    words = office.message_of(incident, run)[1].words
    command = f"`opsbot runbook output {incident.number} {run.run_id}` prints it"
    assert f"the whole output {said}; {command}" in " ".join(words.split())
    assert f"the whole output of the run {said}" in await told_of(office, incident)


async def test_a_file_without_a_message_to_stand_below_is_said_after_a_while() -> None:
    """Somebody deleted it, or Slack never took it."""
    office, incident, run, first = await approved()
    told = tuple(f"line {n}" for n in range(40))
    office.executor.scripts["act"] = Scripted(outcome=Succeeded(), lines=told)
    await run_step(office.ports, PlainSteps(), arguments(first))
    await office.append(incident, e.SurfaceChanged(what=f"gone:run:{run.run_id}", value="yes"))
    asked = {"incident_id": incident.id, "run": run.run_id, "key": "k"}
    assert await share_output(office.ports, PlainSteps(), asked) == AGAIN
    assert await office.bodies(incident, e.RunOutputShared) == []
    office.clock.advance(minutes=WAITS_FOR_MESSAGE.total_seconds() / 60)
    assert await share_output(office.ports, PlainSteps(), asked) is None
    (said,) = await office.bodies(incident, e.RunOutputShared)
    assert said == e.RunOutputShared(run_id=run.run_id, problem=NO_MESSAGE)
    assert office.room.shared == []


async def test_a_claim_without_an_end_means_that_nobody_knows_and_is_said_so() -> None:
    """As a process leaves it that ended while Slack was asked; the file is not given twice."""
    office, incident, run = await waiting()
    told = tuple(f"line {n}" for n in range(40))
    office.executor.scripts["restart"] = Scripted(outcome=Succeeded(), lines=told)
    await office.record.claim(f"{incident.id}:output:{run.run_id}", office.clock.now())
    await office.press_run(incident, run, "approve", BEN)
    run = await office.newest(incident)
    assert office.room.shared == []
    assert run.output_unsure
    assert "may or may not be in Slack: opsbot was interrupted" in repr(run_card(run))


async def test_what_was_said_of_the_file_first_stands_when_the_flow_runs_again() -> None:
    office, incident, run = await shared()
    asked = {"incident_id": incident.id, "run": run.run_id, "key": "k"}
    assert await share_output(office.ports, PlainSteps(), asked) is None
    assert await office.bodies(incident, e.RunOutputShared) == [
        e.RunOutputShared(run_id=run.run_id)
    ]
    assert (await office.newest(incident)).output_unsure is False


async def test_an_end_of_sharing_that_comes_before_the_end_of_the_run_changes_nothing() -> None:
    office, incident, run = await waiting()
    said = [e.RunOutputShared(run_id=one, problem="no") for one in (run.run_id, "another")]
    await office.append(incident, *said)
    assert (await office.newest(incident)).output_problem == ""


def test_an_entry_of_before_is_read_as_it_was_written() -> None:
    """A start that says nothing of why no value is known."""
    data = {"run_id": "r1", "before": 0.3}
    assert from_data("run_started", data) == e.RunStarted(run_id="r1", before=0.3)
