"""One delivery acted upon twice, after a crash or by two processes, has one effect."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.incident import Incident
from opsbot.core.invocation import Invocation
from tests.commands.office import ANN, TOWN, Office, action
from tests.commands.test_same_record import WAYS, Way, staged

TOLD = ("MessageShown", "SurfaceChanged", "ChannelOpened", "PeopleInvited")


async def everything(office: Office) -> dict[str, Sequence[Entry]]:
    """All records but what converging adds to them."""
    ids = [await office.record.by_number(number) for number in range(1, 9)]
    return {
        one: [x for x in await office.record.entries(one) if type(x.body).__name__ not in TOLD]
        for one in ids
        if one
    }


async def asked_for(way: Way, by: str) -> tuple[Office, Invocation]:
    """The same delivery, typed or pressed."""
    office, incident, entry = await staged(way)
    at = incident.surface.channel_id or TOWN
    trigger = office.people.new_trigger(ANN)
    if by == "typed":
        line = f"{way.verb} {way.typed}".format(entry=entry)
        return office, office.slack.typed(line, ANN, at, trigger=trigger)
    values = {**way.values, **({way.entry: entry} if way.entry else {})}
    pressed = action(way.verb, **{name: value for name, value in values.items() if value})
    claimed = incident.id if incident.seq else ""
    return office, office.slack.pressed(pressed, claimed, ANN, at, trigger=trigger)


@pytest.mark.parametrize("by", ["typed", "pressed"])
@pytest.mark.parametrize("way", WAYS, ids=[f"{w.verb}-{n}" for n, w in enumerate(WAYS)])
async def test_the_same_delivery_twice_writes_once(way: Way, by: str) -> None:
    """Every verb that changes something; the second time the asker is still answered."""
    office, asked = await asked_for(way, by)
    assert await office.ask(asked) is not None
    once, acts = await everything(office), list(office.pager.acts)
    assert await office.ask(asked) is not None
    assert await everything(office) == once
    assert office.pager.acts == acts


@pytest.mark.parametrize("way", WAYS, ids=[f"{w.verb}-{n}" for n, w in enumerate(WAYS)])
async def test_before_anything_else_was_done_it_writes_once_too(way: Way) -> None:
    """The process dies after the commit: what is owed is done only after the second time."""
    office, asked = await asked_for(way, "typed")
    for _ in range(2):
        await office.desk.take(asked)
    await office.settle()
    other, same = await asked_for(way, "typed")
    await other.ask(same)
    kinds = [[type(x.body) for x in held] for held in (await everything(office)).values()]
    expected = [[type(x.body) for x in held] for held in (await everything(other)).values()]
    assert sorted(map(str, kinds)) == sorted(map(str, expected))


async def test_a_form_that_is_submitted_twice_counts_once() -> None:
    """A double click on a slow line."""
    office = Office()
    await office.pressed("declare")
    values = {"title": "Search is slow", "lead": "yes"}
    asked = office.slack.submitted(office.form_of(), values, ANN, trigger="t1")
    for _ in range(2):
        await office.ask(asked)
    assert await office.numbers() == [1]


async def test_two_presses_are_two_acts_of_which_the_second_finds_it_done() -> None:
    """Not the same delivery: its own id, its own answer."""
    office = Office()
    incident = await office.page()
    for expected in ("is SEV1 now", "is SEV1 already"):
        told = await office.pressed("severity:severity=SEV1", incident.id)
        assert told is not None
        assert expected in told.words
    assert len(await office.bodies(incident, e.SeverityChanged)) == 1


async def test_two_people_at_once_do_not_both_become_the_lead() -> None:
    """One of them leads, the other hears who."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    asked = [
        office.slack.pressed("lead:ack=yes", incident.id, by, room, trigger=by)
        for by in (ANN, "U0BEN")
    ]
    await asyncio.gather(*(office.desk.take(one) for one in asked))
    await office.settle()
    assert len(await office.bodies(incident, e.RoleAssigned)) == 1
    words = sorted(answer.words for answer in office.people.answers)
    assert len(words) == 2
    assert any("You lead INC-1" in one for one in words)


async def test_an_answer_that_is_lost_changes_nothing() -> None:
    """Slack does not take it; the record stands, and the room says it."""
    office = Office()
    incident = await office.page()
    office.people.lose("answer")
    await office.typed("severity sev1", at=incident.surface.channel_id)
    assert len(office.lines(incident, "said:")) == 1


async def test_a_late_delivery_acts_on_what_is_so_by_then() -> None:
    """Pressed while it was open, taken six minutes after it was over."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    late = office.slack.pressed("severity:severity=SEV1", incident.id, ANN, room, trigger="t1")
    await office.typed("resolve", by="U0BEN", at=room)
    office.clock.advance(minutes=6)
    told = await office.ask(late)
    assert told is not None
    assert "INC-1 is over" in told.words
    assert await _severities(office, incident) == []


async def _severities(office: Office, incident: Incident) -> list[e.SeverityChanged]:
    return await office.bodies(incident, e.SeverityChanged)
