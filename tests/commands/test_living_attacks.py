"""Clicks on hand-overs, reminders, findings and refusals that should do nothing: doubled, late,
forged, from another room, by somebody who may not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Body
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Who
from opsbot.ports import Unclear
from tests.commands.forged import click
from tests.commands.office import ADA, ANN, BEN, DEE, GUS, SAM, TOWN, Office
from tests.commands.test_run_attacks import GARBAGE, value
from tests.commands.works import Works
from tests.fakes.executor import Scripted

EVERYBODY = Policy(approvers=Who(everybody=True))
ACTIONS = ("handover:accept=yes", "snooze:length=1h", "snooze:reminders=off", "judge:found=done",
           "deny", "undo:", "reopen")  # fmt: skip
LIVING = (e.HandoverAnswered, e.CadenceSnoozed, e.RunJudged, e.RunDenied, e.RoleAssigned)


async def said(office: Office, incident: Incident) -> list[Body]:
    """Every act that a click of these could have put on the record."""
    return [one.body for one in await office.entries(incident) if isinstance(one.body, LIVING)]


async def pressed(office: Office, press: Any) -> str:
    """What comes of a press as it arrives; nothing when our readers find nothing in it."""
    if press is None:
        return ""
    await office.desk.after(press)
    told = await office.ask(press)
    return told.words if told is not None else ""


async def offered(**rules: Any) -> tuple[Works, Incident, str]:
    """Ann leads, and asks Ben to take over; what his button carries."""
    office = Works(policy=EVERYBODY, **rules)
    incident = await office.paged()
    await office.typed("lead", at=incident.surface.channel_id)
    await office.typed("handover <@U0BEN>", at=incident.surface.channel_id)
    offer = (await office.incident(incident)).living.offer
    assert offer is not None
    return office, incident, value(incident.id, offer=str(offer.seq))


async def unknown() -> tuple[Works, Incident, Run]:
    """A run of which nobody knows what came."""
    office = Works(policy=EVERYBODY)
    office.executor.scripts["restart"] = Scripted(outcome=Unclear(said="no answer"))
    incident = await office.paged()
    await office.press_run(incident, await office.asked_for(incident), "approve", BEN)
    return office, incident, await office.newest(incident)


@pytest.mark.parametrize("carried", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_button_whose_value_is_garbage_does_nothing(action: str, carried: str) -> None:
    office, incident, _ = await offered()
    before = await said(office, incident)
    await pressed(office, click(office, action, carried, BEN, channel=TOWN))
    assert await said(office, incident) == before


@pytest.mark.parametrize("who", [GUS, SAM, DEE, "U0NOBODY", "U0ROBOT"])
async def test_nobody_from_outside_takes_over_or_finds_out(who: str) -> None:
    office, incident, run = await unknown()
    office.people.add("robot", bot=True)
    room, before = incident.surface.channel_id, await said(office, incident)
    for action in ("judge:found=done", "snooze:reminders=off", "deny"):
        carried = value(incident.id, run=run.run_id, reason="no")
        await pressed(office, click(office, action, carried, who, channel=room))
    assert await said(office, incident) == before


async def test_an_offer_cannot_be_accepted_in_the_name_of_another_incident() -> None:
    """An offer is an entry of its own record; in another one its number means something else."""
    office, incident, carried = await offered()
    other = await office.declared('"Search is slow" --lead', by=ADA)
    moved = json.dumps({"i": other.id, "v": json.loads(carried)["v"]})
    told = await pressed(office, click(office, "handover:accept=yes", moved, BEN, channel="D0BEN"))
    assert "Nothing was done" in told
    both = [await office.incident(one) for one in (incident, other)]
    assert [one.lead and one.lead.name for one in both] == ["Ann", "Ada"]


@pytest.mark.parametrize("times", [2, 5])
async def test_an_acceptance_that_is_delivered_again_and_again_is_one(times: int) -> None:
    """The same press, all at once: one answer, one lead."""
    office, incident, carried = await offered()
    press = click(office, "handover:accept=yes", carried, BEN, channel="D0BEN")
    assert press is not None
    await asyncio.gather(*(office.desk.take(press) for _ in range(times)))
    await office.settle()
    assert len(await office.bodies(incident, e.HandoverAnswered)) == 1
    lead = (await office.incident(incident)).lead
    assert lead is not None
    assert lead.slack_id == BEN


async def test_a_snooze_that_is_delivered_twice_is_one() -> None:
    """And nobody but the lead can snooze at all."""
    office, incident, _ = await offered()
    room = incident.surface.channel_id
    press = click(office, "snooze:length=1h", value(incident.id), ANN, channel=room)
    for _ in range(3):
        await pressed(office, press)
    assert len(await office.bodies(incident, e.CadenceSnoozed)) == 1
    other = click(office, "snooze:reminders=off", value(incident.id), BEN, channel=room)
    assert "only they can change that" in await pressed(office, other)
    assert len(await office.bodies(incident, e.CadenceSnoozed)) == 1


async def test_a_snooze_after_the_end_snoozes_nothing() -> None:
    office, incident, _ = await offered()
    room = incident.surface.channel_id
    await office.typed("resolve fixed", at=room)
    press = click(office, "snooze:length=1h", value(incident.id), ANN, channel=room)
    assert "is over" in await pressed(office, press)
    assert not await office.bodies(incident, e.CadenceSnoozed)


@pytest.mark.parametrize("others", ["the same", "the opposite"])
async def test_two_who_looked_at_once_are_one_finding(others: str) -> None:
    """Whoever comes second is told that somebody has looked."""
    office, incident, run = await unknown()
    room, carried = incident.surface.channel_id, value(incident.id, run=run.run_id)
    second = "done" if others == "the same" else "not-done"
    presses = [click(office, f"judge:found={found}", carried, who, channel=room)
               for found, who in (("done", BEN), (second, ADA))]  # fmt: skip
    await asyncio.gather(*(office.desk.take(one) for one in presses if one is not None))
    assert len(await office.bodies(incident, e.RunJudged)) == 1
    assert "Somebody has looked already" in office.people.told(ADA)[-1].words
    assert (await office.newest(incident)).judged is True


async def test_a_finding_or_a_refusal_for_a_run_of_another_incident_is_none() -> None:
    office, incident, run = await unknown()
    other = await office.declared()
    for action in ("judge:found=done", "deny"):
        carried = value(other.id, run=run.run_id, reason="no")
        press = click(office, action, carried, BEN, channel=other.surface.channel_id)
        assert "no such run" in await pressed(office, press)
    assert (await office.newest(incident)).judged is None


async def test_a_refusal_that_is_delivered_twice_or_comes_late_is_one() -> None:
    """Two who deny at once deny it once; after the yes there is nothing to deny."""
    office = Works(policy=EVERYBODY)
    incident = await office.paged()
    run = await office.asked_for(incident)
    room = incident.surface.channel_id
    carried = value(incident.id, run=run.run_id, reason="not now")
    presses = [click(office, "deny", carried, who, channel=room) for who in (BEN, BEN, ADA)]
    await asyncio.gather(*(office.desk.take(one) for one in presses if one is not None))
    await office.settle()
    assert len(await office.bodies(incident, e.RunDenied)) == 1
    yes = value(incident.id, run=run.run_id, digest=run.plan.digest)
    await pressed(office, click(office, "approve", yes, BEN, channel=room))
    assert (await office.newest(incident)).outcome is RunOutcome.DENIED
    assert not office.executor.acts


async def test_a_refusal_that_comes_after_the_yes_stops_nothing_and_says_so() -> None:
    office = Works(policy=EVERYBODY)
    incident = await office.paged()
    run = await office.asked_for(incident)
    room = incident.surface.channel_id
    await office.press_run(incident, run, "approve", BEN)
    carried = value(incident.id, run=run.run_id, reason="too late")
    told = await pressed(office, click(office, "deny", carried, ADA, channel=room))
    assert told
    assert not await office.bodies(incident, e.RunDenied)
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED


@pytest.mark.parametrize("place", ["another room", "a public channel", "home of nobody"])
async def test_a_refusal_from_elsewhere_does_nothing(place: str) -> None:
    """As an approval does: the run's own message is where it is seen."""
    office = Works(policy=EVERYBODY)
    incident = await office.paged()
    run = await office.asked_for(incident)
    other = await office.declared()
    at = {"another room": other.surface.channel_id, "a public channel": TOWN}.get(place, "D0X")
    carried = value(incident.id, run=run.run_id, reason="no")
    await pressed(office, click(office, "deny", carried, BEN, channel=at))
    assert (await office.newest(incident)).waits


async def test_a_confirmation_is_of_the_incident_it_was_shown_in() -> None:
    """The hash holds the incident: the same press in another one shows a preview, and asks for
    nothing."""
    office = Works(policy=EVERYBODY)
    incident, other = await office.paged(), await office.declared()
    shown = await office.previewed(incident)
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    moved = click(office, ask.action, value(other.id, **dict(ask.carries)), ANN,
                  channel=other.surface.channel_id, ephemeral=True)  # fmt: skip
    assert "has changed since you looked" in await pressed(office, moved)
    assert not (await office.incident(other)).runs
