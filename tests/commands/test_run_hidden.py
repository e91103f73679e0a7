"""Runs where less may be done or said: in shadow mode, in a private incident, broken glass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Mode, Visibility
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import Phase, RunOutcome
from opsbot.core.runbook import ParameterKind, Risk, RunParameter, Step, Who
from opsbot.ports import Plan, Succeeded, Unclear
from tests.commands.forged import click
from tests.commands.office import ANN, BEN
from tests.commands.test_run_attacks import value
from tests.commands.works import SERVICE, Works, runbook
from tests.core.story import details
from tests.fakes.executor import Scripted

EVERYBODY = Policy(approvers=Who(everybody=True), break_glass=Who(everybody=True))
REASON = "nobody answers and logins are down"
# Each stands in one thing alone that a run says.
CANARIES = ("zebratitle", "okapiargument", "lemurpreview", "tapirwarning", "gnuoutput", "ibexend",
            "quollglass", "numbatdenied")  # fmt: skip


# --- shadow mode ----------------------------------------------------------------------------------


async def test_in_shadow_mode_nothing_that_changes_anything_is_asked_for() -> None:
    office = Works(policy=EVERYBODY, mode=Mode.SHADOW)
    incident = await office.page()
    told = await office.typed(f"run restart service=checkout-api INC-{incident.number}", ANN)
    assert told is not None
    assert "shadow mode" in told.words
    assert not await office.run_entries(incident)


async def test_in_shadow_mode_a_forged_yes_asks_for_nothing_either() -> None:
    """With the right hash, and with the glass broken."""
    live = Works(policy=EVERYBODY)
    shown = await live.previewed(await live.paged())
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    office = Works(policy=EVERYBODY, mode=Mode.SHADOW)
    incident = await office.page()
    for more in ({}, {"do-glass": REASON}):
        made_up = click(office, ask.action, value(incident.id, **dict(ask.carries), **more), ANN,
                        channel="C0SHADOW")  # fmt: skip
        assert made_up is not None
        await office.ask(made_up)
    assert not await office.run_entries(incident)
    assert not office.executor.acts


async def test_in_shadow_mode_what_only_reads_runs() -> None:
    office = Works(runbook("look", risk=Risk.NONE, verification=None), mode=Mode.SHADOW)
    office.room.lend("C0SHADOW", "shadow")
    incident = await office.page()
    shown = await office.typed(f"run look service=checkout-api INC-{incident.number}")
    assert shown is not None
    await office.press_in(shown, "run:do-way=ask")
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED
    assert len(office.executor.acts) == 1


# --- a private incident ---------------------------------------------------------------------------


def secretive() -> Works:
    """An office whose every run says something that nobody else must read."""
    book = runbook(
        title="Restart zebratitle", parameters=(SERVICE, RunParameter(
            name="why", kind=ParameterKind.STRING)), verification=None,
        steps=(Step(name="act", executor="fake", call={"do": "act", "why": "${why}"}),),
    )  # fmt: skip
    office = Works(book, policy=EVERYBODY, visibility=Visibility.PRIVATE)
    office.executor.planned["act"] = Plan(shown="lemurpreview", warnings=("tapirwarning",))
    told = ("gnuoutput of one", *(f"line {n}" for n in range(20)))
    office.executor.scripts["act"] = Scripted(outcome=Succeeded(said="ibexend"), lines=told)
    return office


async def everything(office: Works, incident: Incident) -> None:
    """Every state that a run can come to, one after the other."""
    line = 'run restart service=checkout-api why="okapiargument"'
    denied = await office.asked_for(incident, line)
    await office.press_run(incident, denied, "deny", BEN)
    await office.submitted(BEN, reason="numbatdenied")
    await office.asked_for(incident, f'{line[:-1]} two"')
    office.clock.advance(minutes=6)
    await office.settle()
    office.clock.advance(minutes=10)
    await office.settle()
    run = await office.asked_for(incident, f'{line[:-1]} three"')
    await office.press_run(incident, run, "approve", BEN)
    office.executor.scripts["act"] = Scripted(outcome=Unclear(said="ibexend"))
    shown = await office.previewed(incident, line)
    await office.press_in(shown, "run:do-way=glass")
    told = await office.submitted(ANN, **{"do-why": f"quollglass {REASON}"})
    assert told is not None
    await office.press_in(told, "run:do-way=ask")


async def test_nothing_of_a_private_incidents_runs_stands_anywhere_but_in_its_room() -> None:
    """Requests, denials, pages, outputs and broken glass; the digest, ops, the pager, Home."""
    office = secretive()
    incident = await office.page(said=details(title="quiet"))
    office.clock.advance(minutes=1)
    await everything(office, incident)
    runs = (await office.incident(incident)).runs.values()
    assert [str(run.outcome) for run in runs] == ["denied", "expired", "succeeded", "unknown"]
    room = incident.surface.channel_id
    inside = repr(office.room.channels[room].messages)
    shared = b"".join(file.image for file in office.room.files.values()).decode()
    assert [word for word in CANARIES if word not in inside + shared] == []
    assert {one.channel_id for one in office.room.shared} == {room}
    paged = [one.paging for one in office.staffing.pages]
    await office.looked_home("U0ADA")
    await office.looked_home("U0KIM")
    outside = [office.public(but=room), repr(paged), repr(office.people.homes.get("U0KIM"))]
    assert [word for word in CANARIES for said in outside if word in said] == []
    assert paged


async def test_what_runs_on_a_target_for_a_private_incident_is_not_named_elsewhere() -> None:
    """Somebody else is told that the target is taken, and not by what."""
    office = secretive()
    incident = await office.page(said=details(title="quiet"))
    await office.asked_for(incident, 'run restart service=checkout-api why="x"')
    private = await office.newest(incident)
    await office.append(
        incident, e.RunStarted(run_id=private.run_id),
        e.StepStarted(run_id=private.run_id, phase=Phase.STEPS, step=0, name="act", boot="b"),
    )  # fmt: skip
    office.rules = replace(office.rules, visibility=Visibility.PUBLIC)
    office.wire(rules=office.rules)
    public = await office.declared()
    shown = await office.previewed(public, 'run restart service=checkout-api why="y"')
    assert "one run a target at a time" in shown.words
    assert private.run_id not in shown.words
    assert private.run_id not in office.public(but=incident.surface.channel_id)


async def test_somebody_who_does_not_know_of_it_approves_nothing_of_it() -> None:
    """The id on a button is a claim; they are answered like for one that does not exist."""
    office = secretive()
    incident = await office.page(said=details(title="quiet"))
    run = await office.asked_for(incident, 'run restart service=checkout-api why="x"')
    answers: list[str] = []
    for about in (incident.id, "inc-" + "0" * 20):
        for action in ("approve", "deny", "run", "judge:found=done"):
            carried = value(about, run=run.run_id, digest=run.plan.digest, reason="x")
            made_up = click(office, action, carried, BEN, channel="C0TOWN")
            assert made_up is not None
            told = await office.ask(made_up)
            answers.append(told.words if told else "")
    assert answers[:4] == answers[4:]
    assert (await office.newest(incident)).waits


# --- broken glass ---------------------------------------------------------------------------------


async def glass(office: Works, why: str, by: str = ANN) -> tuple[Incident, Sequence[Any]]:
    """Somebody breaks it by the form, with these words; what stands on the record of it."""
    incident = await office.paged()
    shown = await office.previewed(incident, by=by)
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    carried = dict(ask.carries) | {"do-glass": why}
    press = click(office, ask.action, value(incident.id, **carried), by,
                  channel=incident.surface.channel_id, ephemeral=True)  # fmt: skip
    assert press is not None
    await office.ask(press)
    return incident, await office.bodies(incident, e.RunRequested)


@pytest.mark.parametrize("why", ["x", "          ", "!!!!!!!!!!!!!!!!", "\x00\u202e\u200b", "down"])
async def test_glass_is_not_broken_without_a_reason_in_words(why: str) -> None:
    office = Works(policy=EVERYBODY)
    _, asked = await glass(office, why)
    assert not office.executor.acts
    assert all(str(body.verdict.ruling) == "denied" for body in asked)


async def test_glass_is_not_broken_by_who_has_no_right_to() -> None:
    """The attempt stands on the record, with the rule that refused it."""
    office = Works(policy=Policy(break_glass=Who(groups=("S0CHIEFS",), group_names=("@chiefs",))))
    _, (asked,) = await glass(office, REASON)
    assert (str(asked.verdict.ruling), asked.verdict.rule) == ("denied", "break glass")
    assert "@chiefs" in asked.verdict.reason
    assert not office.executor.acts


async def test_glass_that_nobody_may_break_is_not_even_offered() -> None:
    office = Works(policy=Policy(approvers=Who(everybody=True)))
    incident = await office.paged()
    shown = await office.previewed(incident)
    assert "run:do-way=glass" not in shown.actions
    _, asked = await glass(office, REASON)
    assert [str(body.verdict.ruling) for body in asked] == ["denied"]


async def test_broken_glass_does_not_carry_over_to_a_request_of_the_same_again() -> None:
    """`Ask again` asks for approval: a reason counts for the moment it was typed in."""
    office = Works(policy=EVERYBODY)
    office.gauge.says(0.31)
    incident, _ = await glass(office, REASON)
    failed = await office.newest(incident)
    assert (failed.outcome, failed.break_glass) == (RunOutcome.FAILED, REASON)
    await office.press_run(incident, failed, "run", ANN)
    again: Run = await office.newest(incident)
    assert again.waits
    assert again.break_glass == ""


async def test_whoever_runs_opsbot_hears_of_broken_glass_once() -> None:
    office = Works(policy=EVERYBODY)
    incident, _ = await glass(office, REASON)
    heard = office.rules.channels.ops or office.rules.channels.digest
    said = [m.words for m in office.room.messages(heard) if "glass" in m.words]
    assert len(said) == 1
    assert f"broke the glass in INC-{incident.number}" in said[0]
    assert REASON not in said[0]
