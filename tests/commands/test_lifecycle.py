"""Statuses: what may follow what, by which verb; closing, cancelling and reopening, with what they
do to the end, the room and the pager."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Closure, Status
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from tests.commands.office import BEN, START, TOWN, Office
from tests.core.story import event
from tests.fakes.people import Answered

LIVE = ("triage", "investigating", "identified", "monitoring")
ENDS = {"resolve": Status.RESOLVED, 'cancel "a load test"': Status.CANCELLED}


async def paged(*lines: str) -> tuple[Office, Incident, str]:
    """INC-1, in which Ben typed these lines."""
    office = Office()
    incident = await office.page()
    for line in lines:
        await office.typed(line, by=BEN, at=incident.surface.channel_id)
    return office, await office.incident(incident), incident.surface.channel_id


async def asked(office: Office, line: str, at: str) -> Answered:
    told = await office.typed(line, at=at)
    assert told is not None
    return told


async def status(office: Office, incident: Incident) -> Status:
    return (await office.incident(incident)).status


@pytest.mark.parametrize("first", LIVE)
@pytest.mark.parametrize("then", LIVE)
async def test_while_it_is_open_any_live_status_follows_any(first: str, then: str) -> None:
    """Back as well: what was identified may turn out not to be it."""
    office, incident, room = await paged(f"status {first}")
    told = await asked(office, f"status {then}", room)
    assert ("already" in told.words) is (first == then)
    assert await status(office, incident) == then


async def test_the_brief_offers_what_may_come_next() -> None:
    office, incident, room = await paged("status identified")
    told = await asked(office, "status", room)
    assert told.actions == [
        "status:status=triage", "status:status=investigating", "status:status=monitoring", "menu",
    ]  # fmt: skip
    await office.press_of(told, "status:status=monitoring")
    assert await status(office, incident) is Status.MONITORING


async def test_what_is_resolved_can_be_closed_and_nothing_else() -> None:
    """Its end stays when it was, and how it ended too."""
    office, incident, room = await paged("resolve duplicate")
    office.clock.advance(hours=2)
    told = await asked(office, "status", room)
    assert told.actions == ["status:status=closed", "menu"]
    await office.press_of(told, "status:status=closed")
    now = await office.incident(incident)
    assert (now.status, now.closure, now.over_at) == (Status.CLOSED, Closure.DUPLICATE, START)
    assert "Ann set the status to closed (was resolved)" in office.lines(incident, "said:")
    assert (await asked(office, "status", room)).actions == ["menu"]


@pytest.mark.parametrize("line", ["status closed", "status identified", "status cancelled"])
async def test_what_was_cancelled_is_only_reopened(line: str) -> None:
    office, incident, room = await paged('cancel "a load test"')
    await asked(office, line, room)
    assert await status(office, incident) is Status.CANCELLED


async def test_cancelling_says_why_and_leaves_the_pager_alone() -> None:
    office, incident, room = await paged()
    told = await asked(office, 'cancel "a load test"', room)
    assert "no measure counts it" in told.words
    assert "The pager is left alone" in told.words
    assert "1 alert still" in told.words
    now = await office.incident(incident)
    assert (now.status, now.closure) == (Status.CANCELLED, None)
    assert office.pager.acts == []
    assert office.lines(incident, "said:") == ["Ann cancelled the incident: “a load test”"]
    assert "cancelled" in office.room.messages(office.digest)[0].words


async def test_cancelling_answers_the_question_whether_it_is_over() -> None:
    office, incident, room = await paged("note looking")
    office.clock.advance(minutes=1)
    await office.hear(event(Transition.RESOLVED, 1))
    await asked(office, 'cancel "a load test"', room)
    question = (await office.incident(incident)).questions[ALERT_CLEARED]
    assert question.answer == "cancelled"


async def test_cancelling_asks_why() -> None:
    office, incident, room = await paged()
    await office.typed("cancel", at=room)
    assert office.form_of().verb == "cancel"
    await office.submitted(reason="a load test")
    assert await status(office, incident) is Status.CANCELLED


@pytest.mark.parametrize("line", ENDS)
async def test_reopening_brings_everything_back(line: str) -> None:
    """Room, roles and timeline; at the pager nothing."""
    office, incident, room = await paged("lead", "role scribe @me", line)
    assert await status(office, incident) is ENDS[line]
    acts = len(office.pager.acts)
    office.clock.advance(hours=2)
    told = await asked(office, 'reopen "it is back"', room)
    assert "INC-1 is open again: investigating" in told.words
    assert "At the pager nothing is reopened" in told.words
    now = await office.incident(incident)
    assert (now.status, now.closure, now.over_at) == (Status.INVESTIGATING, None, None)
    assert now.lead is not None
    assert "scribe Ben" in office.card(incident)
    assert len(office.pager.acts) == acts
    said = office.lines(incident, "said:")[-1]
    assert said == "Ann reopened the incident, investigating: “it is back”"
    assert office.lines(incident, "post:reopened") == []


async def test_a_closed_incident_is_reopened_too() -> None:
    office, incident, room = await paged("resolve", "status closed")
    await asked(office, "reopen", room)
    assert await status(office, incident) is Status.INVESTIGATING


async def test_an_archived_room_comes_back() -> None:
    office, incident, room = await paged("resolve")
    office.clock.advance(days=1, minutes=1)
    await office.settle()
    assert office.room.channels[room].archived
    await office.typed("reopen INC-1", at=TOWN)
    assert not office.room.channels[room].archived
    assert (await office.incident(incident)).surface.facts["archived"] == "no"


async def test_a_room_that_is_open_again_is_not_archived_for_its_first_end() -> None:
    office, incident, room = await paged("resolve")
    await asked(office, "reopen", room)
    office.clock.advance(days=2)
    await office.settle()
    assert not office.room.channels[room].archived
    assert await status(office, incident) is Status.INVESTIGATING


async def test_what_is_open_or_merged_is_not_reopened() -> None:
    office, incident, room = await paged()
    assert "INC-1 is open already (triage)" in (await asked(office, "reopen", room)).words
    merged = e.StatusChanged(status=Status.MERGED, reason="a duplicate of INC-7")
    draft = e.Draft(
        key="merged", occurred_at=START, actor=OPSBOT, source="opsbot", body=merged
    )  # fmt: skip
    await office.record.append(incident.id, [draft])
    told = await asked(office, "reopen INC-1", TOWN)
    assert "merged into another incident" in told.words
    told = await asked(office, "status identified INC-1", TOWN)
    assert "merged into another incident" in told.words
    assert await status(office, incident) is Status.MERGED


async def test_what_comes_back_no_longer_stands_as_mitigated() -> None:
    """The measures say so, and so does the card, whoever reopened it."""
    office, incident, room = await paged("mitigate", "resolve")
    assert "Mitigated" in office.card(incident)
    assert "no longer stands as mitigated" in (await asked(office, "reopen", room)).words
    assert "Mitigated" not in office.card(incident)
    assert (await office.incident(incident)).living.mitigated is None


async def test_reopening_is_ended_again_and_not_taken_back() -> None:
    """Undoing it would say nothing of how it ended."""
    office, incident, room = await paged("resolve")
    told = await asked(office, "reopen", room)
    assert told.actions == []
    seqs = [x.seq for x in await office.entries(incident) if isinstance(x.body, e.StatusChanged)]
    refused = await asked(office, f"undo #{seqs[-1]}", room)
    assert "end it again with resolve or cancel" in refused.words
    assert await status(office, incident) is Status.INVESTIGATING


async def test_closing_is_taken_back_to_resolved_with_its_old_end() -> None:
    office, incident, room = await paged("resolve")
    office.clock.advance(hours=2)
    told = await asked(office, "status closed", room)
    await office.press_of(told, "undo:")
    now = await office.incident(incident)
    assert (now.status, now.over_at) == (Status.RESOLVED, START)


async def test_help_and_menu_offer_what_makes_sense_now() -> None:
    office, _, room = await paged()
    words = (await asked(office, "help", room)).words
    assert "reopen: INC-1 is open" in words
    menu = (await asked(office, "", room)).actions
    assert "cancel" in menu
    assert "reopen" not in menu
    await asked(office, "resolve", room)
    menu = (await asked(office, "", room)).actions
    assert menu[0] == "followup"
    assert "reopen" in menu
    assert not {"cancel", "resolve", "update", "role"} & set(menu)


async def test_no_form_opens_to_reopen_what_is_open() -> None:
    office, incident, room = await paged()
    told = await office.pressed("reopen", incident.id, at=room)
    assert office.people.forms == []
    assert told is not None
    assert "INC-1 is open" in told.words


async def test_an_alert_that_fires_anew_reopens_what_was_cancelled() -> None:
    office, incident, _ = await paged('cancel "a load test"')
    office.clock.advance(minutes=5)
    await office.hear(event(Transition.RESOLVED, 5))
    office.clock.advance(minutes=5)
    await office.hear(event(Transition.TRIGGERED, 10))
    now = await office.incident(incident)
    assert now.status is Status.TRIAGE
    assert now.living.reopened is not None
    assert now.living.reopened.at - START == timedelta(minutes=10)
