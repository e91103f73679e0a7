"""Clicks on a run that should do nothing: replayed, doubled, late, forged, from another room.
Nothing begins without the yes of enough people who may, once each, to exactly what was shown."""

from __future__ import annotations

import asyncio
import json

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.policy import Policy
from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from opsbot.core.runbook import Approval, Guard, Risk, Who
from tests.commands.forged import click
from tests.commands.office import ADA, ANN, BEN, TOWN
from tests.commands.works import Works, runbook

EVERYBODY = Policy(approvers=Who(everybody=True))
TWO = runbook(approval=Approval(approvals=2))
READS = runbook("look", risk=Risk.NONE, verification=None)
GARBAGE = (
    "", "x", "{", "{}", "[]", "null", "{\"i\":", "{\"i\":1,\"v\":2}", "{\"v\":[[1]]}", "\x00",
    "{\"i\":\"\",\"v\":{\"run\":{}}}", "{" * 4_000, "[" * 100_000, "9" * 1_000_000, "\u202e",
    "{\"i\":\"ops\",\"v\":{}}", "{\"i\":\"inc-nobody\",\"v\":{\"run\":\"x\"}}",
)  # fmt: skip


async def waiting(*shelf: object, policy: Policy = EVERYBODY) -> tuple[Works, Incident, Run]:
    """A run that Ann asked for in an incident's room."""
    office = Works(*shelf, policy=policy)  # type: ignore[arg-type] # runbooks
    incident = await office.paged()
    return office, incident, await office.asked_for(incident)


def value(incident_id: str, **carried: str) -> str:
    """What a button of ours carries."""
    return json.dumps({"i": incident_id, "v": carried})


def begun(office: Works) -> int:
    """How many steps were begun."""
    return len(office.executor.acts)


# --- twice ---------------------------------------------------------------------------------------


async def test_an_approval_that_is_delivered_twice_counts_once() -> None:
    """A replay is the same delivery: nothing is appended for it."""
    office, incident, run = await waiting(TWO)
    room = incident.surface.channel_id
    yes = click(office, "approve", value(incident.id, run=run.run_id, digest=run.plan.digest), BEN,
                channel=room)  # fmt: skip
    assert yes is not None
    for _ in range(3):
        await office.ask(yes)
    run = await office.newest(incident)
    assert [one.by.id for one in run.approvals] == ["slack:U0BEN"]
    assert run.waits
    assert not begun(office)


async def test_an_approval_pressed_twice_begins_it_once() -> None:
    office, incident, run = await waiting()
    room = incident.surface.channel_id
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    clicks = [click(office, "approve", carried, BEN, channel=room) for _ in range(2)]
    for one in clicks:
        assert one is not None
        await office.desk.take(one)
    await office.settle()
    assert begun(office) == 1
    assert len((await office.newest(incident)).approvals) == 1


async def test_two_who_approve_at_once_make_a_quorum_and_one_run() -> None:
    """Whoever comes second sees the first: the record is locked while it is decided."""
    office, incident, run = await waiting(TWO)
    room = incident.surface.channel_id
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    clicks = [click(office, "approve", carried, who, channel=room) for who in (BEN, ADA, BEN, ADA)]
    await asyncio.gather(*(office.desk.take(one) for one in clicks if one is not None))
    await office.settle()
    run = await office.newest(incident)
    assert {one.by.id for one in run.approvals} == {"slack:U0BEN", "slack:U0ADA"}
    assert run.outcome is RunOutcome.SUCCEEDED
    assert begun(office) == 1


async def test_run_it_now_pressed_twice_runs_it_once() -> None:
    """Both presses are of one preview; what needs no approval is done by the first of them."""
    office = Works(READS)
    incident = await office.paged()
    shown = await office.previewed(incident, "run look service=checkout-api")
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    carried = value(incident.id, **dict(ask.carries))
    room, ts = incident.surface.channel_id, office.slack.ts()
    for _ in range(2):
        yes = click(office, ask.action, carried, ANN, channel=room, ts=ts, ephemeral=True)
        assert yes is not None
        await office.ask(yes)
    assert begun(office) == 1
    assert "asked for already" in office.people.told(ANN)[-1].words


async def test_asked_for_again_twice_by_one_press_each_waits_once() -> None:
    office, incident, run = await waiting()
    office.clock.advance(minutes=16)
    await office.settle()
    for _ in range(2):
        await office.press_run(incident, run, "run", ANN)
    runs = (await office.incident(incident)).runs.values()
    assert [one.waits for one in runs] == [False, True]


# --- late ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [15, 16, 60 * 24 * 9])
async def test_an_approval_after_the_expiry_begins_nothing(minutes: int) -> None:
    """Even when opsbot was away, and nothing has said yet that it expired."""
    office, incident, run = await waiting()
    office.clock.advance(minutes=minutes)
    told = await office.press_run(incident, run, "approve", BEN)
    assert told is not None
    assert "expired" in told.words
    assert not begun(office)
    assert (await office.newest(incident)).outcome is RunOutcome.EXPIRED


async def test_an_approval_after_the_end_changes_nothing() -> None:
    """Of a run that is over, whichever way: the button was still on somebody's screen."""
    office, incident, run = await waiting()
    _, message = office.message_of(incident, run)
    (button,) = (b for b in message.card.buttons if b.action == "approve")
    await office.press_run(incident, run, "approve", BEN)
    entries = len(await office.run_entries(incident))
    office.clock.advance(days=3)
    room = incident.surface.channel_id
    for who in (ADA, BEN, ANN):
        await office.pressed("approve", incident.id, who, room, carries=button.carries)
        await office.pressed("deny", incident.id, who, room, carries=(("run", run.run_id),
                                                                     ("reason", "no")))  # fmt: skip
    assert begun(office) == 1
    assert len(await office.run_entries(incident)) == entries


async def test_an_approval_that_could_not_be_used_at_once_is_not_used_hours_later() -> None:
    """opsbot was down between the click and the first step: people have moved on since."""
    office, incident, run = await waiting()
    await office.approve_quietly(incident, run, BEN)
    office.clock.advance(hours=5)
    await office.settle()
    run = await office.newest(incident)
    assert run.outcome is RunOutcome.DENIED
    assert "5 h" in run.said
    assert not begun(office)


async def test_what_needs_no_approval_does_not_begin_hours_later_either() -> None:
    office = Works(READS)
    incident = await office.paged()
    shown = await office.previewed(incident, "run look service=checkout-api")
    (ask,) = (b for b in shown.card.buttons if b.action == "run:do-way=ask")
    asked = click(office, ask.action, value(incident.id, **dict(ask.carries)), ANN,
                  channel=incident.surface.channel_id, ephemeral=True)  # fmt: skip
    assert asked is not None
    await office.desk.take(asked)
    office.clock.advance(hours=5)
    await office.settle()
    assert not begun(office)
    assert (await office.newest(incident)).outcome is RunOutcome.DENIED


# --- forged --------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("action", ["approve", "deny", "run:do-way=ask", "judge:found=done"])
async def test_a_button_whose_value_is_garbage_does_nothing(action: str, said: str) -> None:
    office, incident, _ = await waiting()
    before = [one.key for one in await office.run_entries(incident)]
    made_up = click(office, action, said, BEN, channel=TOWN)
    if made_up is not None:
        await office.desk.after(made_up)
        await office.ask(made_up)
    assert [one.key for one in await office.run_entries(incident)] == before
    assert not begun(office)


async def test_an_approval_of_another_hash_is_none() -> None:
    office, incident, run = await waiting()
    room = incident.surface.channel_id
    for digest in ("", "0" * 64, run.plan.digest[:12], run.plan.digest.upper(), "x" * 3_000):
        made_up = click(office, "approve", value(incident.id, run=run.run_id, digest=digest), BEN,
                        channel=room)  # fmt: skip
        assert made_up is not None
        told = await office.ask(made_up)
        assert told is not None
        assert "shows another run" in told.words
    assert (await office.newest(incident)).waits


async def test_a_run_of_another_incident_cannot_be_named() -> None:
    """Nor can this run be approved in the name of another incident."""
    office, incident, run = await waiting()
    other = await office.declared()
    mixed = (value(other.id, run=run.run_id, digest=run.plan.digest),
             value(incident.id, run="0123456789", digest=run.plan.digest))  # fmt: skip
    for carried in mixed:
        for place in (incident.surface.channel_id, other.surface.channel_id):
            made_up = click(office, "approve", carried, BEN, channel=place)
            assert made_up is not None
            told = await office.ask(made_up)
            assert told is not None
            assert "no such run in this incident" in told.words
    assert (await office.newest(incident)).waits


async def test_a_confirmed_hash_that_was_never_shown_asks_for_nothing() -> None:
    """`Ask for approval` carries the hash of the preview; another one gets a preview."""
    office = Works(policy=EVERYBODY)
    incident = await office.paged()
    carried = {"runbook": "restart", "service": "checkout-api", "do-confirm": "0" * 64}
    made_up = click(office, "run:do-way=ask", value(incident.id, **carried), ANN,
                    channel=incident.surface.channel_id, ephemeral=True)  # fmt: skip
    assert made_up is not None
    told = await office.ask(made_up)
    assert told is not None
    assert "has changed since you looked" in told.words
    assert not await office.run_entries(incident)


# --- elsewhere -----------------------------------------------------------------------------------


async def test_a_click_on_a_message_of_another_room_does_nothing() -> None:
    office, incident, run = await waiting()
    other = await office.declared()
    carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
    for place in (other.surface.channel_id, TOWN, office.digest):
        elsewhere = click(office, "approve", carried, BEN, channel=place)
        assert elsewhere is not None
        told = await office.ask(elsewhere)
        assert told is not None
        assert "does not belong to this run" in told.words
    assert (await office.newest(incident)).waits


async def test_the_home_tab_shows_it_whole_and_can_approve_it() -> None:
    """By whoever may; the card there is the run's own, with the same hash on its button."""
    office, incident, run = await waiting()
    await office.looked_home(BEN)
    cards = [card for card, about in office.people.homes[BEN] if about == incident.id]
    (button,) = (b for card in cards for b in card.buttons if b.action == "approve")
    assert run.preview[0] in str(cards)
    on_home = click(office, "approve", value(incident.id, **dict(button.carries)), BEN)
    assert on_home is not None
    await office.desk.take(on_home)
    await office.settle()
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED


@pytest.mark.parametrize("way", ["home", "typed", "mentioned", "form", "named"])
async def test_who_asked_cannot_approve_by_any_other_way(way: str) -> None:
    office, incident, run = await waiting()
    room = incident.surface.channel_id
    match way:
        case "home":
            carried = value(incident.id, run=run.run_id, digest=run.plan.digest)
            mine = click(office, "approve", carried, ANN)
            assert mine is not None
            await office.desk.take(mine)
        case "typed":
            await office.typed("approve", ANN, room)
        case "mentioned":
            await office.mentioned("approve", ANN, room)
        case "named":
            await office.typed(f"approve {run.run_id} INC-{incident.number}", ANN, TOWN)
        case _:
            await office.pressed("approve:do-form=yes", incident.id, ANN, room)
    await office.settle()
    assert (await office.newest(incident)).waits
    assert not begun(office)


async def test_a_typed_approval_means_the_run_that_the_room_shows() -> None:
    """With two that wait, it has to be named."""
    office, incident, run = await waiting(runbook(), runbook("reboot", guard=Guard(target="b")))
    await office.asked_for(incident, "run reboot service=auth-api")
    room = incident.surface.channel_id
    told = await office.typed("approve", BEN, room)
    assert told is not None
    assert "Several runs wait" in told.words
    await office.typed(f"approve {run.run_id}", BEN, room)
    approved = [r for r in (await office.incident(incident)).runs.values() if r.approvals]
    assert [one.run_id for one in approved] == [run.run_id]


async def test_a_finding_is_taken_of_an_unknown_outcome_alone() -> None:
    """`judge` on a run that waits, or that has ended well, says nothing on the record."""
    office, incident, run = await waiting()
    room = incident.surface.channel_id
    for _ in range(2):
        made_up = click(office, "judge:found=done", value(incident.id, run=run.run_id), BEN,
                        channel=room)  # fmt: skip
        assert made_up is not None
        await office.ask(made_up)
        await office.press_run(incident, run, "approve", BEN) if run.waits else None
        run = await office.newest(incident)
    assert not await office.bodies(incident, e.RunJudged)
