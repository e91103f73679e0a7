"""Who may say yes to a run is looked up at the click, with nothing remembered: groups, duties,
guests and bots, and whoever asked for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.permission import Permission
from opsbot.core.policy import Policy, PolicyRule, Ruling, When
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Approval, Risk, Who
from opsbot.ports import Refused, Unsure
from tests.commands.forged import click
from tests.commands.forgetful import forgetful
from tests.commands.office import ADA, ANN, BEN, DEE, GUS, SAM
from tests.commands.test_run_attacks import value
from tests.commands.works import Works, runbook

EVERYBODY = Policy(approvers=Who(everybody=True))
GROUP = Policy(approvers=Who(groups=("S0SRE",), group_names=("@sre",)))
ON_CALL = Policy(approvers=Who(on_call=True))
LATER = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=3))


async def waiting(policy: Policy, *shelf: Any, **changes: Any) -> tuple[Works, Incident, Run]:
    """A run that Ann asked for, under a policy."""
    office = Works(*shelf, policy=policy, **changes)
    incident = await office.paged()
    return office, incident, await office.asked_for(incident)


async def pressed(office: Works, incident: Incident, run: Run, by: str) -> str:
    """What somebody is told who presses Approve; nothing when nobody is told anything."""
    told = await office.press_run(incident, run, "approve", by)
    return told.words if told is not None else ""


async def test_whoever_left_the_group_between_card_and_click_is_refused() -> None:
    """What was remembered of them would still have let them."""
    office, incident, run = await waiting(GROUP)
    office.people.standings[BEN] = replace(
        office.people.standings[BEN], groups=frozenset({"S0SRE"})
    )
    people, _ = forgetful(office)
    people.change(BEN, groups=frozenset[str]())
    told = await pressed(office, incident, run, BEN)
    assert "You cannot approve this one" in told
    assert "a member of @sre" in told
    assert people.asked_fresh == [BEN]
    assert (await office.newest(incident)).waits


async def test_whoever_joined_the_group_since_may() -> None:
    """The other way round: a look that remembers too long would refuse them."""
    office, incident, run = await waiting(GROUP)
    people, _ = forgetful(office)
    people.change(BEN, groups=frozenset({"S0SRE"}))
    assert "Approved" in await pressed(office, incident, run, BEN)
    (approver,) = (await office.newest(incident)).approvals
    assert approver.standing == "member of @sre"


@pytest.mark.parametrize("change", ["guest", "stranger", "deactivated", "bot"])
async def test_an_account_that_lost_its_standing_since_is_refused(change: str) -> None:
    office, incident, run = await waiting(EVERYBODY)
    people, _ = forgetful(office)
    people.change(BEN, **{change: True})
    await pressed(office, incident, run, BEN)
    assert (await office.newest(incident)).waits
    assert not office.executor.acts


async def test_whoever_went_off_call_between_card_and_click_is_refused() -> None:
    office, incident, run = await waiting(ON_CALL)
    _, staffing = forgetful(office)
    staffing.duties["PPOL1"] = [one for one in staffing.duties["PPOL1"] if one.person.name != "Ada"]
    told = await pressed(office, incident, run, ADA)
    assert "whoever is on call for checkout-api" in told
    assert staffing.asked_fresh == 1
    assert (await office.newest(incident)).waits


async def test_whoever_is_on_call_says_yes_and_why_they_may_is_recorded() -> None:
    office, incident, run = await waiting(ON_CALL)
    assert "Approved" in await pressed(office, incident, run, ADA)
    (approved,) = await office.bodies(incident, e.RunApproved)
    assert approved.standing == "on call for checkout-api"


@pytest.mark.parametrize("who", [GUS, SAM, DEE, "U0NOBODY"])
async def test_nobody_from_outside_approves_whatever_lets_guests_in(who: str) -> None:
    """`guests: allow` lets guests use opsbot; to say yes to a run takes a full member."""
    office, incident, run = await waiting(EVERYBODY, guests=True)
    for verb in ("approve", "deny"):
        carried = value(incident.id, run=run.run_id, digest=run.plan.digest, reason="no")
        made_up = click(office, verb, carried, who, channel=incident.surface.channel_id)
        assert made_up is not None
        await office.ask(made_up)
    assert (await office.newest(incident)).waits


async def test_a_bot_approves_nothing() -> None:
    office, incident, run = await waiting(EVERYBODY, guests=True)
    office.people.add("robot", bot=True)
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    made_up = click(office, "approve", carried, "U0ROBOT", channel=incident.surface.channel_id)
    assert made_up is not None
    await office.ask(made_up)
    assert (await office.newest(incident)).waits


async def test_somebody_of_another_workspace_with_a_members_id_is_nobody() -> None:
    """An id says nothing without the workspace it is of."""
    office, incident, run = await waiting(EVERYBODY)
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    made_up = click(office, "approve", carried, BEN, channel=incident.surface.channel_id,
                    team="T0THEIRS")  # fmt: skip
    assert made_up is not None
    await office.ask(made_up)
    assert (await office.newest(incident)).waits


# --- a guest who is let in asks ------------------------------------------------------------------


async def test_a_guest_on_call_is_pre_approved_for_nothing() -> None:
    """A low risk is for whoever is near; what a guest asks for waits for a full member."""
    office = Works(runbook(risk=Risk.LOW), policy=ON_CALL, guests=True)
    office.staffing.put_on_call("PPOL1", office.staffing.add_user("PGUS", "Gus"))
    incident = await office.paged()
    run = await office.asked_for(incident, by=GUS)
    assert run.waits
    assert not office.executor.acts


async def test_what_everybody_may_a_guest_may_not() -> None:
    """`everybody` are the full members of the workspace, whoever is let in besides."""
    free = PolicyRule(
        name="free", ruling=Ruling.ALLOWED, when=When(requester=Who(everybody=True))
    )  # fmt: skip
    office = Works(policy=Policy(rules=(free,), approvers=Who(everybody=True)), guests=True)
    incident = await office.paged()
    assert (await office.asked_for(incident, by=GUS)).waits
    assert not office.executor.acts
    member = await office.asked_for(incident, "run restart service=auth-api", by=BEN)
    assert member.outcome is RunOutcome.SUCCEEDED


async def test_a_group_that_a_rule_names_lets_its_guests_run() -> None:
    vendors = Who(groups=("S0VENDORS",), group_names=("@vendors",))
    free = PolicyRule(name="free", ruling=Ruling.ALLOWED, when=When(requester=vendors))
    office = Works(policy=Policy(rules=(free,)), guests=True)
    of_them = replace(office.people.standings[GUS], groups=frozenset({"S0VENDORS"}))
    office.people.standings[GUS] = of_them
    incident = await office.paged()
    assert (await office.asked_for(incident, by=GUS)).outcome is RunOutcome.SUCCEEDED


async def test_a_guest_breaks_no_glass() -> None:
    policy = Policy(approvers=Who(everybody=True), break_glass=Who(everybody=True))
    office = Works(policy=policy, guests=True)
    incident = await office.paged()
    shown = await office.previewed(incident, by=GUS)
    assert "run:do-way=glass" not in shown.actions
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    carried = dict(ask.carries) | {"do-glass": "nobody answers and logins are down"}
    made_up = click(office, ask.action, value(incident.id, **carried), GUS,
                    channel=incident.surface.channel_id, ephemeral=True)  # fmt: skip
    assert made_up is not None
    told = await office.ask(made_up)
    assert told is not None
    assert "full members" in told.words
    assert not await office.run_entries(incident)


# --- pre-approved ---------------------------------------------------------------------------------


async def test_low_risk_is_pre_approved_for_whoever_is_on_call_now() -> None:
    office = Works(runbook(risk=Risk.LOW))
    incident = await office.paged()
    await office.asked_for(incident, by=ADA)
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED


async def test_whoever_went_off_call_since_the_preview_is_pre_approved_no_more() -> None:
    """`Run it now` is a yes like any other: duties are asked for anew."""
    office = Works(runbook(risk=Risk.LOW))
    incident = await office.paged()
    office.staffing.put_on_call("PPOL1", office.staffing.users["ben@example.com"])
    _, staffing = forgetful(office)
    shown = await office.previewed(incident, by=BEN)
    assert "Run it now" in [button.label for button in shown.card.buttons]
    staffing.duties["PPOL1"] = []
    await office.press_in(shown, "run:do-way=ask")
    assert not office.executor.acts
    assert (await office.newest(incident)).waits


# --- who asks ------------------------------------------------------------------------------------


async def test_who_asked_cannot_be_one_of_the_two() -> None:
    book = runbook(approval=Approval(approvals=2))
    office, incident, run = await waiting(EVERYBODY, book)
    for who in (ANN, BEN, ANN, BEN):
        await pressed(office, incident, run, who)
    run = await office.newest(incident)
    assert [one.by.id for one in run.approvals] == [f"slack:{BEN}"]
    assert run.waits


async def test_who_asked_may_take_it_back_and_nobody_else_denies_without_standing() -> None:
    office, incident, run = await waiting(GROUP)
    await office.press_run(incident, run, "deny", BEN)
    await office.submitted(BEN, reason="I do not like it")
    assert (await office.newest(incident)).waits
    await office.press_run(incident, run, "deny", ANN)
    await office.submitted(ANN, reason="the wrong one")
    assert (await office.newest(incident)).outcome is RunOutcome.WITHDRAWN


async def test_a_permission_for_the_verb_narrows_the_policy() -> None:
    """`permissions:` may keep people from the verb; then no policy lets them in."""
    rows = (Permission(verbs=("approve",), groups=("S0CHIEFS",)),)
    office, incident, run = await waiting(EVERYBODY, permissions=rows)
    assert "limited here" in await pressed(office, incident, run, BEN)
    assert (await office.newest(incident)).waits


# --- Slack and the pager are down ---------------------------------------------------------------


async def test_while_slack_does_not_say_who_presses_nothing_is_approved() -> None:
    """It is tried again for a while, and the press counts once Slack answers."""
    office, incident, run = await waiting(EVERYBODY)
    office.people.fail("standing", LATER)
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    yes = click(office, "approve", carried, BEN, channel=incident.surface.channel_id)
    assert yes is not None
    assert await office.desk.take(yes) is not None
    await office.settle()
    assert (await office.newest(incident)).waits
    assert await office.desk.take(yes) is None
    await office.settle()
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED


async def test_a_press_that_slack_vouches_for_too_late_counts_for_nothing() -> None:
    office, incident, run = await waiting(EVERYBODY)
    office.people.fail("standing", LATER, times=9)
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    yes = click(office, "approve", carried, BEN, channel=incident.surface.channel_id)
    assert yes is not None
    await office.desk.take(yes)
    office.clock.advance(minutes=6)
    told = await office.ask(yes)
    assert told is not None
    assert "nothing was done" in told.words
    office.people.mend()
    assert (await office.newest(incident)).waits


@pytest.mark.parametrize("outcome", [LATER, Unsure(reason="no answer in time")])
async def test_while_the_pager_is_down_nobody_approves_by_their_duty(
    outcome: Refused | Unsure,
) -> None:
    """They are told that this is why."""
    office, incident, run = await waiting(ON_CALL)
    office.staffing.fail("on_call", outcome)
    told = await pressed(office, incident, run, ADA)
    assert "Who is on call is not known" in told
    assert "Approved" in await pressed(office, incident, run, ADA)
