"""When nobody answers a run that waits, the next on-call is paged; and what it has said at its end
is one file below its message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.runbook import Approval, Guard, Who
from opsbot.ports import Refused, Succeeded, Unsure
from tests.commands.office import ADA, ANN, BEN
from tests.commands.test_run_manners import TWO, seen, waiting
from tests.commands.works import Works, runbook
from tests.fakes.executor import Scripted

EVERYBODY = Policy(approvers=Who(everybody=True))
LATER = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=3))


def paged(office: Works) -> list[list[str]]:
    """Who was really paged, page by page."""
    return [[person.name for person in page.people] for page in office.staffing.pages]


async def unanswered(by: str = ANN, *shelf: Any, minutes: float = 5) -> tuple[Works, Incident]:
    """Nobody has said anything to a run for so long."""
    office = Works(*shelf, policy=EVERYBODY)
    incident = await office.paged()
    await office.asked_for(incident, by=by)
    office.clock.advance(minutes=minutes)
    await office.settle()
    return office, incident


async def test_when_nobody_answers_the_next_on_call_is_paged_once() -> None:
    office, incident = await unanswered()
    assert paged(office) == [["Ada"]]
    assert "Restart waits for approval, asked for by Ann" in office.staffing.pages[0].paging.message
    assert any("Ada was paged" in said for said in office.lines(incident, "page:"))
    office.clock.advance(minutes=5)
    await office.settle()
    assert paged(office) == [["Ada"]]


async def test_who_asked_is_not_the_one_who_is_paged() -> None:
    """Ada is on call herself: behind her, it is Kim."""
    office, _ = await unanswered(ADA)
    assert paged(office) == [["Kim Vale"]]


async def test_who_asked_is_known_by_a_configured_account_as_well() -> None:
    """slack.people joins somebody whose addresses differ."""
    office = Works(policy=EVERYBODY, accounts={"ada@example.com": "U0BEN"})
    incident = await office.paged()
    await office.asked_for(incident, by=BEN)
    office.clock.advance(minutes=5)
    await office.settle()
    assert paged(office) == [["Kim Vale"]]


async def test_who_has_approved_already_is_not_paged_for_the_second_approval() -> None:
    office, incident, run = await waiting(TWO)
    await office.press_run(incident, run, "approve", ADA)
    office.clock.advance(minutes=5)
    await office.settle()
    assert paged(office) == [["Kim Vale"]]


@pytest.mark.parametrize("press", ["approve", "deny"])
async def test_nobody_is_paged_once_somebody_has_answered(press: str) -> None:
    office, incident, run = await waiting()
    await office.press_run(incident, run, press, BEN)
    if press == "deny":
        await office.submitted(BEN, reason="not now")
    office.clock.advance(minutes=9)
    await office.settle()
    assert paged(office) == []


@pytest.mark.parametrize("outcome", [LATER, Unsure(reason="no answer in time")])
async def test_a_pager_that_is_down_for_a_moment_is_asked_again_whom_to_page(
    outcome: Refused | Unsure,
) -> None:
    office, incident, _ = await waiting()
    office.clock.advance(minutes=5)
    office.staffing.fail("on_call", outcome, times=2)
    await office.settle()
    assert paged(office) == [["Ada"]]
    assert len(await office.bodies(incident, e.PageAsked)) == 1


async def test_a_runbook_may_have_somebody_paged_sooner() -> None:
    soon = runbook(approval=Approval(page_after=timedelta(minutes=1)), guard=Guard(target="x"))
    office, _ = await unanswered(ANN, soon, minutes=1)
    assert paged(office) == [["Ada"]]


async def test_with_nobody_else_on_call_nobody_is_paged() -> None:
    office, incident, _ = await waiting()
    office.staffing.duties["PPOL1"] = []
    office.clock.advance(minutes=5)
    await office.settle()
    assert paged(office) == []
    assert (await office.newest(incident)).waits


# --- its output -----------------------------------------------------------------------------------


async def test_the_whole_output_is_one_file_below_the_message_and_shared_once() -> None:
    office, incident, run = await waiting()
    told = tuple(f"line {n}" for n in range(40))
    office.executor.scripts["restart"] = Scripted(outcome=Succeeded(), lines=told)
    await office.press_run(incident, run, "approve", BEN)
    channel, message = office.message_of(incident, run)
    (shared,) = office.room.shared
    assert (shared.channel_id, shared.thread_ts) == (channel, message.ts)
    assert shared.name == f"restart-{run.run_id}.txt"
    text = office.room.files[shared.file_id].image.decode()
    assert "== restart: succeeded" in text
    assert "line 0\n" in text
    assert "line 39" in text
    await office.typed("note later", at=channel)
    assert len(office.room.shared) == 1


async def test_a_few_lines_of_output_are_on_the_message_and_in_no_file() -> None:
    office, incident, run = await waiting()
    office.executor.scripts["restart"] = Scripted(outcome=Succeeded(), lines=("a", "b", "c"))
    await office.press_run(incident, run, "approve", BEN)
    assert office.room.shared == []
    assert "c" in seen(office, incident, run)[0]


@pytest.mark.parametrize("times", [1, 4])
async def test_a_file_that_slack_does_not_take_right_now_is_shared_a_little_later(
    times: int,
) -> None:
    office, incident, run = await waiting()
    told = tuple(f"line {n}" for n in range(40))
    office.executor.scripts["restart"] = Scripted(outcome=Succeeded(), lines=told)
    office.room.fail("share", LATER, times=times)
    await office.press_run(incident, run, "approve", BEN)
    assert len(office.room.shared) == 1


async def test_secrets_in_the_output_are_in_no_file_either() -> None:
    office, incident, run = await waiting()
    told = (*(f"line {n}" for n in range(40)), "Authorization: Bearer hunter2hunter2hunter2")
    office.executor.scripts["restart"] = Scripted(outcome=Succeeded(), lines=told)
    await office.press_run(incident, run, "approve", BEN)
    (shared,) = office.room.shared
    assert b"hunter2" not in office.room.files[shared.file_id].image
