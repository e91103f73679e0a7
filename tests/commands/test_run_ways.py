"""A run is asked for, approved and denied alike, whether it is typed, pressed or filled in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.runbook import Who
from tests.commands.office import ANN, BEN
from tests.commands.works import Works

EVERYBODY = Policy(approvers=Who(everybody=True))


async def asked(way: str) -> tuple[Works, Incident]:
    """Ann asks for the restart of checkout-api."""
    office = Works(policy=EVERYBODY)
    incident = await office.paged()
    room = incident.surface.channel_id
    if way == "typed":
        shown = await office.typed("run restart service=checkout-api", at=room)
    elif way == "in any words":
        shown = await office.typed("run Restart checkout-api INC-1", at=room)
    elif way == "mention":
        shown = await office.mentioned("run restart service=checkout-api", at=room)
    else:
        carries = (("do-form", "yes"), ("runbook", "restart"))
        await office.pressed("run", incident.id, at=room, carries=carries)
        shown = await office.submitted(service="checkout-api")
    assert shown is not None
    await office.press_in(shown, "run:do-way=ask")
    return office, incident


@pytest.mark.parametrize("way", ["typed", "in any words", "mention", "form"])
async def test_it_is_asked_for_alike(way: str) -> None:
    """But for the run's own id, the record is the same."""
    office, incident = await asked(way)
    (typed,) = await _requests(*await asked("typed"))
    (found,) = await _requests(office, incident)
    assert replace(found, run_id="", expires_at=None) == replace(typed, run_id="", expires_at=None)


async def _requests(office: Works, incident: Incident) -> list[e.RunRequested]:
    return await office.bodies(incident, e.RunRequested)


@pytest.mark.parametrize("typed", [True, False])
async def test_it_is_approved_alike(typed: bool) -> None:
    office, incident = await asked("typed")
    run = await office.newest(incident)
    if typed:
        await office.typed("approve", by=BEN, at=incident.surface.channel_id)
    else:
        await office.press_run(incident, run, "approve", BEN)
    (approved,) = await office.bodies(incident, e.RunApproved)
    assert (approved.run_id, approved.digest) == (run.run_id, run.plan.digest)
    assert len(office.executor.acts) == 1


@pytest.mark.parametrize("typed", [True, False])
async def test_it_is_denied_alike(typed: bool) -> None:
    office, incident = await asked("typed")
    run = await office.newest(incident)
    if typed:
        await office.typed('deny "not now"', by=BEN, at=incident.surface.channel_id)
    else:
        await office.press_run(incident, run, "deny", BEN)
        await office.submitted(BEN, reason="not now")
    (denied,) = await office.bodies(incident, e.RunDenied)
    assert denied == e.RunDenied(run_id=run.run_id, reason="not now")


async def test_who_asked_takes_it_back_with_the_same_word() -> None:
    office, incident = await asked("typed")
    await office.typed('deny "a mistake"', by=ANN, at=incident.surface.channel_id)
    assert (await office.newest(incident)).outcome == "withdrawn"
