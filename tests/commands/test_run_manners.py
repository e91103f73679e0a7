"""What people see of a run in every state it can be in: its words, its buttons, and Slack's limits
whatever anybody has written into it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from opsbot.cards import limits
from opsbot.cards.fitting import json_size
from opsbot.cards.render import Rendered, render
from opsbot.core import entry as e
from opsbot.core.card import Card
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.run import Checked, Run, StepState
from opsbot.core.run_card import run_card
from opsbot.core.run_entry import Phase, RunOutcome, StepOutcome
from opsbot.core.runbook import Approval, Step, Who
from opsbot.ports import Failed, Plan, Refused, Succeeded, Unclear
from opsbot.sandbox.slack.blocks import check_message_blocks
from tests.cards.hostile import dangers_in, strings
from tests.commands.office import ADA, ANN, BEN
from tests.commands.works import Works, runbook
from tests.fakes.executor import Scripted

EVERYBODY = Policy(approvers=Who(everybody=True))
TWO = runbook(approval=Approval(approvals=2))
UNDO = Step(name="undo", executor="fake", call={"do": "undo"})
LATER = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=3))
NASTY = ("<!channel> @here <@U0ANN> `x` ```y``` \x1b[31mred\x1b[0m \x1b]0;title\x07 \u202etxt "
         "<https://evil.example|Approve> *b* _i_ ~s~ &amp; \x00")  # fmt: skip


async def waiting(*shelf: Any) -> tuple[Works, Incident, Run]:
    """A run that Ann asked for."""
    office = Works(*shelf, policy=EVERYBODY)
    incident = await office.paged()
    return office, incident, await office.asked_for(incident)


def seen(office: Works, incident: Incident, run: Run) -> tuple[str, list[str]]:
    """The words on the run's message, and its buttons."""
    _, message = office.message_of(incident, run)
    return message.words, [button.label for button in message.card.buttons]


async def ended(outcome: Any = None, *, gauge: Any = None, **changes: Any) -> tuple[str, list[str]]:
    """The message of an approved run whose step came to this."""
    office, incident, run = await waiting(runbook(**changes))
    if outcome is not None:
        office.executor.scripts["restart"] = Scripted(outcome=outcome)
    if gauge is not None:
        office.gauge.readings = [gauge]
    await office.press_run(incident, run, "approve", BEN)
    return seen(office, incident, run)


# --- every state ----------------------------------------------------------------------------------


async def test_while_it_waits_everything_that_matters_is_said() -> None:
    """What exactly, who asked, who may say yes, by which rule, until when, under which hash."""
    office, incident, run = await waiting()
    words, buttons = seen(office, incident, run)
    for said in (
        "Restart (service checkout-api): waits for approval", "1. fake: restart (at most 60 s)",
        "then error share of checkout-api has to be below 5 %, within 60 s",
        "Ann asked for it, risk medium", "1 approval wanted: any full member of this workspace",
        "It may break something else", "rule “medium risk”", "expires at 14:16 UTC",
        f"this run {run.plan.digest[:12]}",
    ):  # fmt: skip
        assert said in words
    assert buttons == ["Approve", "Deny..."]


async def test_the_incidents_card_says_that_it_waits_and_until_when() -> None:
    office, incident, _ = await waiting()
    assert "Restart (service checkout-api): waits for approval until 14:16 UTC" in office.card(
        incident
    )


async def test_half_a_quorum_is_told_with_who_is_in_it() -> None:
    office, incident, run = await waiting(TWO)
    await office.press_run(incident, run, "approve", BEN)
    words, buttons = seen(office, incident, run)
    assert "approved by Ben, full member of this workspace, 14:01 UTC" in words
    assert "1 approval wanted" in words
    assert buttons == ["Approve", "Deny..."]


async def test_while_it_runs_it_shows_the_step_its_newest_lines_and_what_comes_next() -> None:
    names = ("drain", "restart")
    book = runbook(steps=tuple(Step(name=n, executor="fake", call={"do": n}) for n in names))
    office, incident, run = await waiting(book)
    await office.append(
        incident, e.RunStarted(run_id=run.run_id),
        e.StepStarted(run_id=run.run_id, phase=Phase.STEPS, step=0, name="drain", boot="b"),
        e.StepProgressed(run_id=run.run_id, phase=Phase.STEPS, step=0, tail="one\npod 2", lines=2),
    )  # fmt: skip
    await office.settle()
    words, buttons = seen(office, incident, run)
    assert ": running" in words
    assert "… drain" in words
    assert "pod 2" in words
    assert "restart" in words.split("pod 2")[1]
    assert buttons == []


@pytest.mark.parametrize(
    ("outcome", "changes", "said", "buttons"),
    [
        (Succeeded(said="3 pods restarted"), {},
         ("succeeded", "✓ restart", ": 3 pods restarted", "(was 31 %)"), []),
        (Succeeded(), {"verification": None}, ("1 step done; nothing was verified",), []),
        (Failed(said="no such pod"), {}, ("failed", "✗ restart", ": no such pod"), ["Ask again"]),
        (Failed(said="no"), {"rollback": (UNDO,)}, ("failed", "step restart failed: no"),
         ["Ask again"]),
        (Unclear(said="no answer"), {},
         ("outcome unknown", "? restart", ": no answer", "nobody knows what came of step 1",
          "Look at the target", "It is not tried again by itself"),
         ["It was done", "It was not done"]),
    ],
)  # fmt: skip
async def test_how_it_ended_is_said_with_what_can_be_done_about_it(
    outcome: Any, changes: dict[str, Any], said: tuple[str, ...], buttons: list[str]
) -> None:
    words, shown = await ended(outcome, **changes)
    assert [one for one in said if one not in words] == []
    assert shown == buttons


async def test_a_rollback_is_told_step_by_step_with_why() -> None:
    office, incident, run = await waiting(runbook(rollback=(UNDO,)))
    office.gauge.says(0.31)
    await office.press_run(incident, run, "approve", BEN)
    words, buttons = seen(office, incident, run)
    assert "failed and was rolled back" in words
    assert "✓ restart" in words
    assert "✓ roll back: undo" in words
    assert "still 31 % after 60 s" in words
    assert "it was rolled back" in words
    assert buttons == ["Ask again"]


async def test_what_a_person_found_out_replaces_the_question() -> None:
    office, incident, run = await waiting()
    office.executor.scripts["restart"] = Scripted(outcome=Unclear(said="no answer"))
    await office.press_run(incident, run, "approve", BEN)
    await office.press_run(incident, run, "judge:found=done", ADA)
    words, buttons = seen(office, incident, run)
    assert "Ada looked: it was done" in words
    assert "Look at the target, then say" not in words
    assert buttons == []


@pytest.mark.parametrize(("by", "said"), [(BEN, "denied"), (ANN, "withdrawn")])
async def test_a_no_is_told_with_its_reason_and_by_whom(by: str, said: str) -> None:
    office, incident, run = await waiting()
    await office.press_run(incident, run, "deny", by)
    await office.submitted(by, reason=f"wrong {NASTY}")
    words, buttons = seen(office, incident, run)
    assert f": {said}" in words
    assert "wrong @channel @here" in words
    assert words.count("1. fake: restart") == 1
    assert buttons == []


async def test_an_expired_request_says_so_and_is_asked_again_in_one_press() -> None:
    office, incident, run = await waiting()
    office.clock.advance(minutes=15)
    await office.settle()
    words, buttons = seen(office, incident, run)
    assert "expired" in words
    assert "nobody approved it within 15 min" in words
    assert buttons == ["Ask again"]
    await office.press_run(incident, run, "run", BEN)
    again = await office.newest(incident)
    assert again.requester.id == f"slack:{BEN}"
    assert again.plan.digest == run.plan.digest
    assert seen(office, incident, again)[1] == ["Approve", "Deny..."]


async def test_a_preview_says_that_the_world_is_another_than_the_one_that_was_looked_at() -> None:
    office, incident, run = await waiting()
    office.clock.advance(minutes=16)
    await office.settle()
    office.executor.planned["restart"] = Plan(shown="back to 8", binding={"to": 8})
    told = await office.press_run(incident, run, "run", ANN)
    assert told is not None
    assert "has changed since you looked" in told.words
    assert "back to 8" in told.words
    assert len((await office.incident(incident)).runs) == 1


# --- who approves has to see all of it ------------------------------------------------------------


def drawn(run: Run) -> Rendered:
    """The run's message as Slack is sent it."""
    return render(run_card(run), button_value=run.plan.incident_id)


def whole_text(rendered: Rendered) -> str:
    """Everything a reader sees, in a row."""
    said = (text for key, text in strings(rendered.blocks) if key == "text")
    return "".join(said).replace("\n", "")


@pytest.mark.parametrize("length", [100, 599, 600, 601, 1_300, 3_000])
async def test_a_long_step_is_shown_to_its_last_word(length: int) -> None:
    """What was cut off could be the part that matters."""
    office = Works(policy=EVERYBODY)
    shown = "x" * length + "--and-the-very-end"
    office.executor.planned["restart"] = Plan(shown=shown)
    incident = await office.paged()
    run = await office.asked_for(incident)
    rendered = drawn(run)
    assert shown in whole_text(rendered)
    assert rendered.cut == ""


@pytest.mark.parametrize(
    ("steps", "length", "warnings"), [(1, 9_000, 0), (30, 600, 0), (20, 300, 12), (1, 11_900, 0)]
)
async def test_what_has_no_room_in_a_message_cannot_be_asked_for(
    steps: int, length: int, warnings: int
) -> None:
    """Nobody says yes to what they cannot read."""
    todo = tuple(Step(name=f"s{n}", executor="fake", call={"do": f"s{n}"}) for n in range(steps))
    office = Works(runbook(steps=todo), policy=EVERYBODY)
    for step in todo:
        told = tuple(f"{n} {'w' * 390}" for n in range(warnings))
        office.executor.planned[step.call["do"]] = Plan(shown="x" * length, warnings=told)
    incident = await office.paged()
    shown = await office.previewed(incident)
    assert "no room for all that it would do" in shown.words
    assert not await office.run_entries(incident)


@pytest.mark.parametrize("steps", [1, 10, 30])
async def test_whatever_can_be_asked_for_is_shown_whole(steps: int) -> None:
    todo = tuple(Step(name=f"s{n}", executor="fake", call={"do": f"s{n}"}) for n in range(steps))
    office = Works(runbook(steps=todo), policy=EVERYBODY)
    for step in todo:
        office.executor.planned[step.call["do"]] = Plan(shown=f"{step.name} <&> {'y' * 80} end")
    incident = await office.paged()
    run = await office.asked_for(incident)
    rendered = drawn(run)
    assert rendered.cut == ""
    assert whole_text(rendered).count(" end (at most") == steps
    assert "approve" in json.dumps(rendered.blocks)


# --- hostile words --------------------------------------------------------------------------------


def nasty(run: Run, **changes: Any) -> Run:
    """The run with the worst that an executor, a person or a pager can say."""
    state = StepState(
        name=NASTY * 3, started_at=run.requested_at, boot="b", outcome=StepOutcome.UNKNOWN,
        said=NASTY * 50, tail="\n".join([NASTY, "z" * 5_000] * 4), lines=10**9, cut=True,
        took_s=1e9,
    )  # fmt: skip
    base: dict[str, Any] = {
        "title": NASTY * 9, "warnings": tuple(f"{n} {NASTY}" for n in range(50)),
        "preview": tuple(f"{n} {NASTY * 9}" for n in range(30)), "said": NASTY * 90,
        "break_glass": NASTY * 30, "steps": (state,) * 30, "rollback": (state,) * 30,
        "requester": replace(run.requester, name=NASTY), "started_at": run.requested_at,
        "check": Checked(said=NASTY * 30),
    }  # fmt: skip
    return replace(run, **{**base, **changes})


@pytest.mark.parametrize("outcome", [None, *RunOutcome])
@pytest.mark.parametrize("started", [True, False])
async def test_no_words_make_a_message_that_slack_refuses_or_obeys(
    outcome: RunOutcome | None, started: bool
) -> None:
    _, _, run = await waiting()
    begun = run.requested_at if started else None
    hostile = nasty(run, outcome=outcome, finished_at=run.requested_at if outcome else None,
                    denied_by=replace(run.requester, name=NASTY), started_at=begun)  # fmt: skip
    rendered = drawn(hostile)
    check_message_blocks(json.loads(json.dumps(rendered.blocks)))
    assert dangers_in(rendered) == []
    assert json_size(rendered.blocks) <= limits.BLOCKS_SIZE
    actions = [key for key, _ in strings(rendered.blocks) if key == "action_id"]
    assert len(actions) == len(run_card(hostile).buttons)


async def test_output_that_mentions_everybody_mentions_nobody() -> None:
    """From the executor to the message, with terminal escapes and a line of 5,000 characters."""
    office, incident, run = await waiting()
    office.executor.scripts["restart"] = Scripted(
        outcome=Succeeded(said=NASTY), lines=(NASTY, "z" * 5_000, "password=hunter2-hunter2")
    )
    await office.press_run(incident, run, "approve", BEN)
    run = await office.newest(incident)
    rendered = drawn(run)
    assert dangers_in(rendered) == []
    assert "hunter2" not in str(rendered)
    assert "hunter2" not in str(await office.entries(incident))


async def test_the_preview_for_who_asks_is_as_inert() -> None:
    office = Works(policy=EVERYBODY)
    office.executor.planned["restart"] = Plan(shown=NASTY, warnings=(NASTY,) * 50)
    incident = await office.paged()
    shown = await office.previewed(incident)
    card: Card = shown.card
    rendered = render(card, button_value=incident.id)
    check_message_blocks(json.loads(json.dumps(rendered.blocks)))
    assert dangers_in(rendered) == []
    assert [button.label for button in card.buttons] == ["Ask for approval", "Change..."]
