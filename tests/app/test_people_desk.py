"""People's desk: the form at the door, the answer behind the inbox, and which of them speaks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from opsbot.core.invocation import Caller, Invocation, MemberJoined
from opsbot.core.service import Catalogue, Service
from opsbot.ports import Refused, Unsure
from tests.commands.asked import OURSELVES
from tests.commands.office import ANN, BEN, GUS, TOWN, Office

NOT_NOW = Refused(error="ratelimited", cure="later", retry_after=timedelta(seconds=9))
TOO_LATE = Refused(error="expired_trigger_id", cure="Press it again.")


def _typed(office: Office, line: str, by: str = ANN) -> Invocation:
    asked: Invocation = office.slack.typed(line, by, TOWN, trigger=office.people.new_trigger(by))
    return asked


async def test_a_form_stands_on_the_screen_and_nobody_speaks_of_it():
    office = Office()
    asked = _typed(office, "declare")
    await office.desk.after(asked)
    await office.desk.take(asked)
    assert [user for user, _ in office.people.forms] == [ANN]
    assert office.people.answers == []


async def test_the_answer_waits_for_a_door_that_is_slower():
    """The dispatcher may have the delivery before the door begins to open its form."""
    office = Office()
    asked = _typed(office, "declare")
    answering = asyncio.create_task(office.desk.take(asked))
    await asyncio.sleep(0.05)
    assert not answering.done()
    await office.desk.after(asked)
    await answering
    assert len(office.people.forms) == 1
    assert office.people.answers == []


@pytest.mark.parametrize("outcome", [NOT_NOW, TOO_LATE, Unsure(reason="no answer")])
async def test_a_form_that_did_not_open_is_offered_by_a_button(outcome: Refused | Unsure):
    office = Office()
    office.people.fail("open_form", outcome)
    asked = _typed(office, "declare")
    await office.desk.after(asked)
    await office.desk.take(asked)
    (told,) = office.people.told(ANN)
    assert told.actions == ["declare"]
    await office.press_of(told, "declare")
    assert [form.verb for _, form in office.people.forms] == ["declare"]


async def test_after_a_restart_the_button_comes_soon():
    """Nobody opened the form, and nobody will: its trigger is gone."""
    office = Office()
    began = asyncio.get_running_loop().time()
    await office.desk.take(_typed(office, "declare"))
    assert asyncio.get_running_loop().time() - began < 2.0
    (told,) = office.people.told(ANN)
    assert told.actions == ["declare"]


async def test_a_form_whose_opening_broke_down_is_offered_at_once():
    """Whatever happens at the door, whoever waits for it hears of it."""
    office = Office()
    office.people.fail("standing", NOT_NOW)
    asked = _typed(office, "declare")
    await office.desk.after(asked)
    assert await office.desk.form_opened(asked.id) is False


async def test_no_form_opens_for_who_may_not_use_its_verb():
    office = Office()
    asked = _typed(office, "declare", by=GUS)
    await office.desk.after(asked)
    await office.desk.take(asked)
    assert office.people.forms == []
    (told,) = office.people.told(GUS)
    assert "Guests cannot use opsbot here" in told.words


async def test_what_is_complete_opens_no_form():
    office = Office()
    asked = _typed(office, 'declare "Search is slow"')
    await office.desk.after(asked)
    assert office.people.forms == []
    await office.desk.take(asked)
    assert "INC-1 is open" in office.people.told(ANN)[0].words


async def test_somebody_whom_slack_does_not_name_yet_waits_and_is_not_answered():
    office = Office()
    office.people.break_down("standing")
    asked = _typed(office, 'declare "Search is slow"')
    wait = await office.desk.take(asked)
    assert wait is not None
    assert wait > 0
    assert office.people.answers == []
    office.people.mend()
    assert await office.desk.take(asked) is None
    assert "INC-1 is open" in office.people.told(ANN)[0].words


async def test_our_own_acts_are_nobodys():
    """Slack tells of what we did, too: whoever else comes into a room late is told about it."""
    office = Office()
    office.people.add("bot")
    room = (await office.declared()).surface.channel_id
    office.clock.advance(minutes=10)
    office.people.answers.clear()
    for user in (OURSELVES.bot_user_id, BEN):
        await office.desk.take(MemberJoined(
            id=f"event:{user}", occurred_at=office.clock.now(), caller=Caller(user_id=user),
            channel_id=room,
        ))  # fmt: skip
    assert [told.to for told in office.people.answers] == [BEN]


async def test_home_is_drawn_anew_after_what_was_done_there_and_not_after_anything_else():
    office = Office()
    incident = await office.page()
    await office.pressed("lead:ack=yes", incident.id, at="")
    assert "you lead it" in str(office.people.homes[ANN])
    office.people.homes.clear()
    await office.pressed("impact", incident.id)
    await office.submitted(text="31 % of logins fail")
    assert office.people.homes == {}


async def test_a_page_of_home_that_is_no_number_is_the_first():
    office = Office()
    await office.pressed("home:page=-1", at="")
    await office.pressed("home:page=two", at="")
    assert set(office.people.homes) == {ANN}


async def test_services_are_suggested_by_any_part_of_their_name_first_letters_first():
    names = ("cart-check", "checkout-api", "Check-in", "search")
    many = tuple(f"x{number}" for number in range(200))
    services = tuple(Service(name=name) for name in (*names, *many))
    office, ann = Office(catalogue=Catalogue(services=services)), Caller(user_id=ANN)
    found = [choice.value for choice in office.desk.suggest("service", " CHECK", ann)]
    assert found == ["Check-in", "checkout-api", "cart-check"]
    assert office.desk.suggest("title", "check", ann) == ()
    assert len(office.desk.suggest("service", "", ann)) == 100


async def test_an_apology_reaches_who_asked():
    office = Office()
    await office.desk.apologise(_typed(office, "sev1"), "Nothing was written down.")
    (told,) = office.people.told(ANN)
    assert "Nothing was written down." in told.words
    await office.desk.apologise(office.slack.opened_home(ANN), "Nothing was written down.")
    assert len(office.people.answers) == 1


async def test_only_so_many_openings_are_remembered():
    """Every press with a trigger is one; memory must not grow with them."""
    office = Office()
    first = _typed(office, "declare")
    await office.desk.after(first)
    for _ in range(2_000):
        await office.desk.after(_typed(office, "list"))
    assert await office.desk.form_opened(first.id) is False
