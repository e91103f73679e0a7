"""Follow-ups: set with owner and date or without, listed, settled; what is missing is shown."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from opsbot.core.incident import Incident
from opsbot.core.living import FollowUp
from tests.commands.office import BEN, TOWN, Office
from tests.fakes.people import Answered


async def paged() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def asked(office: Office, line: str, at: str, by: str = "U0ANN") -> Answered:
    told = await office.typed(line, at=at, by=by)
    assert told is not None
    return told


async def said(office: Office, line: str, at: str, by: str = "U0ANN") -> str:
    return " ".join((await asked(office, line, at, by)).words.split())


async def items(office: Office, incident: Incident) -> tuple[FollowUp, ...]:
    return (await office.incident(incident)).living.follow_ups


async def test_owner_and_date_are_taken_in_the_typists_own_zone_and_said_back() -> None:
    """It is Sunday; Friday is the 27th. Ann sits in Berlin."""
    office, incident, room = await paged()
    answered = await said(office, 'followup "alert on memory" <@U0BEN> by friday', room)
    assert "Follow-up 1 is set: owner Ben, due Fri 27 Nov 2026." in answered
    (one,) = await items(office, incident)
    assert (one.text, one.owner_slack_id, one.due) == ("alert on memory", BEN, date(2026, 11, 27))
    assert office.lines(incident, "said:") == [
        "Ann set follow-up 1: “alert on memory”, for Ben, by Fri 27 Nov 2026"
    ]


async def test_what_is_missing_is_said_to_be_missing() -> None:
    office, incident, room = await paged()
    assert "no owner yet, no date yet" in await said(office, "followup alert on memory", room)
    assert "1. alert on memory (no owner, no date)" in await said(office, "followup list", room)
    answered = await said(office, "followup #1 @me by 2026-12-01", room)
    assert "owner Ann, due Tue 1 Dec 2026" in answered
    (one,) = await items(office, incident)
    assert (one.text, one.owner) == ("alert on memory", "Ann")


@pytest.mark.parametrize("line", ["followup", "followup list", "actions list", "followup --list"])
async def test_the_list_shows_what_is_open_first(line: str) -> None:
    office, _, room = await paged()
    if line == "actions list":
        line = "action list"
    for text in ("one", "two", "three"):
        await said(office, f"followup {text}", room)
    await said(office, "followup 1 done", room)
    told = await asked(office, line, room)
    words = told.words
    assert words.index("2. two") < words.index("3. three") < words.index("1. one")
    assert "done" in words
    assert told.actions == ["followup", "followup:item=2&done=yes", "followup:item=3&done=yes"]


async def test_nothing_to_do_is_said() -> None:
    office, _, room = await paged()
    assert "Nothing is left to do yet" in await said(office, "followup list", room)


@pytest.mark.parametrize(
    ("line", "done", "dropped"),
    [("followup 1 done", True, False), ("followup #1 done", True, False),
     ("followup 1 drop", False, True), ("followup #1 --done", True, False),
     ("task 1 dropped", False, True)],
)  # fmt: skip
async def test_it_is_settled_by_its_number(line: str, done: bool, dropped: bool) -> None:
    office, incident, room = await paged()
    await said(office, "followup alert on memory", room, by=BEN)
    await said(office, line, room)
    (one,) = await items(office, incident)
    assert (one.done, one.dropped) == (done, dropped)
    end = "done" if done else "dropped"
    told = f"Ann says follow-up 1 is {end}: “alert on memory”"
    assert told in office.lines(incident, "said:")


async def test_settled_by_mistake_it_is_open_again_by_undo_or_by_name() -> None:
    office, incident, room = await paged()
    await said(office, "followup alert on memory", room)
    told = await asked(office, "followup 1 done", room)
    await office.press_of(told, "undo:")
    assert [one.is_open for one in await items(office, incident)] == [True]
    await said(office, "followup 1 drop", room)
    await said(office, "followup 1 reopen", room)
    assert [one.is_open for one in await items(office, incident)] == [True]


async def test_a_button_of_the_list_settles_it() -> None:
    office, incident, room = await paged()
    await said(office, "followup alert on memory", room)
    told = await asked(office, "followup list", room)
    await office.press_of(told, "followup:item=1")
    assert [one.done for one in await items(office, incident)] == [True]


async def test_taking_back_a_new_one_leaves_none() -> None:
    office, incident, room = await paged()
    told = await asked(office, "followup alert on memory", room)
    await office.press_of(told, "undo:")
    assert await items(office, incident) == ()
    assert office.lines(incident, "said:") == ["(taken back)"]


async def test_one_can_be_taken_back_though_another_was_set_since() -> None:
    office, incident, room = await paged()
    told = await asked(office, "followup one", room)
    await said(office, "followup two", room, by=BEN)
    await office.press_of(told, "undo:")
    assert [one.text for one in await items(office, incident)] == ["two"]


@pytest.mark.parametrize(
    ("line", "words"),
    [("followup 7 done", "There is no follow-up 7"), ("followup #7", "There is no follow-up 7"),
     ("followup x @somebody", "I do not know who"),
     ('followup "x" due=2020-01-01', "has passed")],
)  # fmt: skip
async def test_what_makes_no_sense_changes_nothing(line: str, words: str) -> None:
    office, incident, room = await paged()
    assert words in await said(office, line, room)
    assert await items(office, incident) == ()


async def test_a_number_inside_the_words_is_no_number_of_a_follow_up() -> None:
    office, incident, room = await paged()
    await said(office, "followup add 3 replicas to search", room)
    (one,) = await items(office, incident)
    assert one.text == "add 3 replicas to search"


async def test_once_it_is_over_the_card_counts_what_is_left_and_what_is_nobodys() -> None:
    office, incident, room = await paged()
    for line in ("one", "two @me", "three @me by friday", "four"):
        await said(office, f"followup {line}", room)
    assert "follow-ups" not in office.card(incident)
    await said(office, "resolve", room)
    assert "4 follow-ups open: 2 without owner, 3 without date" in office.card(incident)
    for number in (1, 2, 3, 4):
        await said(office, f"followup {number} done INC-1", TOWN)
    assert "all 4 follow-ups are settled" in office.card(incident)


async def test_hostile_words_are_inert_wherever_they_are_shown() -> None:
    office, incident, room = await paged()
    answered = await said(office, "followup <!channel> \u202eevil", room)
    assert "\u202e" not in answered
    assert "\u202e" not in await said(office, "followup list", room)
    assert "\u202e" not in "".join(office.lines(incident, "said:"))


async def test_a_delivery_that_comes_once_more_is_told_the_same_number() -> None:
    """The process died after it was written: asked again it is no second one, and says so."""
    office, incident, room = await paged()
    trigger = office.people.new_trigger("U0ANN")
    line = 'followup "alert on memory" <@U0BEN> by friday'
    delivery = office.slack.typed(line, "U0ANN", room, trigger=trigger)
    told = [await office.ask(delivery) for _ in range(3)]
    assert {one.words for one in told if one} == {told[0].words if told[0] else ""}
    assert [one.item for one in await items(office, incident)] == [1]


async def test_who_sets_them_at_once_gets_a_number_each() -> None:
    office, incident, room = await paged()
    asked_for = [
        office.slack.typed(f"followup {n}-x", by, room, trigger=office.people.new_trigger(by))
        for n, by in enumerate(("U0ANN", BEN) * 6)
    ]
    await asyncio.gather(*(office.desk.take(one) for one in asked_for))
    assert [one.item for one in await items(office, incident)] == [*range(1, 13)]


async def test_what_a_list_has_no_place_for_is_named() -> None:
    office, _, room = await paged()
    for number in range(25):
        await office.desk.take(
            office.slack.typed(f"followup todo-{number}", BEN, room, trigger=f"t{number}")
        )
    assert "and 5 more follow-ups: followup #21 shows one" in await said(
        office, "followup list", room
    )


async def test_an_owner_who_may_not_know_of_a_private_incident_is_named_to_who_asked() -> None:
    """Ben is told nothing and sees nothing: whoever counts on him has to know that."""
    office = Office()
    incident = await office.declared('"Zebra-Quux leaks" --private')
    room = incident.surface.channel_id
    answered = await said(office, "followup rotate the keys <@U0BEN>", room)
    assert "Ben is not in this private incident and does not see it." in answered
    assert "does not see it" not in await said(office, "followup rotate more @me", room)
    await office.looked_home(BEN)
    assert "rotate" not in repr(office.people.homes[BEN])
