"""Handing over the lead: offered with the brief, accepted by one click of theirs alone, and nothing
changes before."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from opsbot.cards.render import render
from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.permission import Permission
from opsbot.core.role_guide import GUIDE
from opsbot.ports import Refused
from tests.commands.office import ADA, ANN, BEN, TOWN, Office
from tests.fakes.people import Whispered

LATER = Refused(error="ratelimited", cure="wait", retry_after=timedelta(seconds=3))


async def led(**rules: object) -> tuple[Office, Incident, str]:
    """Ann leads INC-1 and has said the impact."""
    office = Office(**rules)
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("lead", at=room)
    await office.typed('impact "31 % of logins fail"', at=room)
    return office, incident, room


async def said(office: Office, line: str, at: str, by: str = ANN) -> str:
    told = await office.typed(line, at=at, by=by)
    assert told is not None
    return told.words


async def offered(**rules: object) -> tuple[Office, Incident, str, Whispered]:
    """And asks Ben to take over."""
    office, incident, room = await led(**rules)
    await said(office, 'handover <@U0BEN> "the rollback runs"', room)
    (told,) = office.people.whispered(BEN)
    return office, incident, room, told


async def leads(office: Office, incident: Incident) -> str:
    lead = (await office.incident(incident)).lead
    return lead.name if lead else ""


async def pressed(office: Office, told: Whispered, begins: str, by: str) -> str:
    (chosen,) = (one for one in told.actions if one.startswith(begins))
    answered = await office.pressed(chosen, told.incident_id, by=by, at="D0BEN")
    assert answered is not None
    return answered.words


async def test_they_get_everything_they_have_to_know_and_one_click() -> None:
    """What the lead wrote, the brief, and Accept; the room hears one line."""
    office, incident, _, told = await offered()
    for words in ("Ann asks you to take over the lead: “the rollback runs”",
                  "31 % of logins fail", "INC-1"):  # fmt: skip
        assert words in told.words
    assert [one.partition(":")[0] for one in told.actions] == ["handover", "handover", "menu"]
    assert "Ann asks Ben to take over the lead: “the rollback runs”" in office.lines(
        incident, "said:"
    )
    assert "Hand-over Ann asked Ben" in office.card(incident)
    assert await leads(office, incident) == "Ann"


async def test_one_click_makes_them_the_lead() -> None:
    """Both facts at once; they read what is asked of them, the room hears who leads."""
    office, incident, _, told = await offered()
    answered = await pressed(office, told, "handover:accept", BEN)
    assert "You lead INC-1 now" in answered
    assert GUIDE[e.Role.LEAD][0] in answered
    assert await leads(office, incident) == "Ben"
    assert office.lines(incident, "said:")[-1] == "Ben leads (from Ann)"
    assert "Hand-over" not in office.card(incident)
    (one,) = await office.bodies(incident, e.HandoverAnswered)
    assert one.accepted
    assert (await office.bodies(incident, e.RoleAssigned))[-1].slack_id == BEN
    assert office.people.whispered(BEN) == [told]


@pytest.mark.parametrize("by", [ANN, ADA])
async def test_nobody_else_can_answer(by: str) -> None:
    """Not who asked, and not a third, by button or typed."""
    office, incident, room, told = await offered()
    for line in ("handover --accept", "handover --decline"):
        assert "Ben was asked, and only they can answer" in await said(office, line, room, by=by)
    assert "only they can answer" in await pressed(office, told, "handover:accept", by)
    assert await leads(office, incident) == "Ann"


async def test_declining_leaves_the_lead_where_it_is() -> None:
    office, incident, _, told = await offered()
    assert "You declined" in await pressed(office, told, "handover:decline", BEN)
    assert await leads(office, incident) == "Ann"
    assert "Ben declined to take over" in office.lines(incident, "said:")[-1]
    assert "does not stand any more; Ann leads" in await pressed(
        office, told, "handover:accept", BEN
    )


async def test_a_click_counts_once_however_often_it_is_pressed() -> None:
    office, incident, _, told = await offered()
    await pressed(office, told, "handover:accept", BEN)
    seq = (await office.incident(incident)).seq
    assert "does not stand any more; Ben leads" in await pressed(
        office, told, "handover:accept", BEN
    )
    assert (await office.incident(incident)).seq == seq


async def test_a_new_offer_replaces_the_old_one() -> None:
    """The first person's button is worth nothing any more."""
    office, incident, room, told = await offered()
    await said(office, "handover <@U0ADA>", room)
    assert "does not stand any more" in await pressed(office, told, "handover:accept", BEN)
    (second,) = office.people.whispered(ADA)
    await pressed(office, second, "handover:accept", ADA)
    assert await leads(office, incident) == "Ada"


async def test_it_never_expires_by_itself() -> None:
    office, incident, _, told = await offered()
    office.clock.advance(hours=30)
    await pressed(office, told, "handover:accept", BEN)
    assert await leads(office, incident) == "Ben"


async def test_an_offer_of_a_lead_who_leads_no_more_is_worth_nothing() -> None:
    office, incident, room, told = await offered()
    await said(office, "lead @me", room, by=ADA)
    assert "does not stand any more; Ada leads" in await pressed(
        office, told, "handover:accept", BEN
    )
    assert await leads(office, incident) == "Ada"


async def test_only_the_lead_hands_over_and_only_what_there_is() -> None:
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    assert "Nobody leads INC-1" in await said(office, "handover <@U0BEN>", room)
    await said(office, "lead", room, by=ADA)
    words = await said(office, "handover <@U0BEN>", room)
    assert "Ada leads, and only they hand it over" in words
    assert "lead @name" in words
    assert "You lead INC-1 already" in await said(office, "handover @me", room, by=ADA)
    assert "Say to whom" in await said(office, "handover", room, by=ADA)
    assert await office.bodies(incident, e.HandoverOffered) == []


async def test_asking_the_same_again_asks_once() -> None:
    office, _, room, told = await offered()
    again = await said(office, 'handover <@U0BEN> "the rollback runs"', room)
    assert "has not answered yet" in again
    assert "Ben has been asked" in await said(office, "handover", room)
    assert office.people.whispered(BEN) == [told]


async def test_an_offer_is_taken_back_by_who_made_it() -> None:
    office, incident, room = await led()
    answered = await office.typed("handover <@U0BEN>", at=room)
    assert answered is not None
    (told,) = office.people.whispered(BEN)
    await office.press_of(answered, "undo:")
    assert (await office.incident(incident)).living.offer is None
    assert "does not stand any more" in await pressed(office, told, "handover:accept", BEN)


async def test_who_may_not_lead_here_cannot_accept() -> None:
    sre = Permission(verbs=("lead",), roles=("declarer",))
    office = Office(permissions=(sre,))
    incident = await office.declared("--lead search is slow")
    room = incident.surface.channel_id
    await said(office, "handover <@U0BEN>", room)
    assert "You may not lead here" in await said(office, "handover --accept", room, by=BEN)
    assert await leads(office, incident) == "Ann"


async def test_an_incident_that_is_over_is_handed_over_no_more() -> None:
    office, _, room, told = await offered()
    await said(office, "resolve", room)
    assert "is over" in await pressed(office, told, "handover:accept", BEN)


async def test_who_could_not_be_told_stands_on_the_timeline_and_is_tried_again() -> None:
    """For now it is waited for; for good it is said, with the cure."""
    office, _, room = await led()
    office.people.fail("whisper", LATER, times=2)
    await said(office, "handover <@U0BEN>", room)
    assert len(office.people.whispered(BEN)) == 1
    office.people.fail("whisper", Refused(error="messages_tab_disabled", cure="Switch it on."))
    await said(office, "handover <@U0ADA>", room)
    assert office.people.whispered(ADA) == []
    assert "Switch it on." in await said(office, "timeline", room)


async def test_a_private_incident_is_shown_to_whoever_is_asked_to_lead_it() -> None:
    office = Office()
    incident = await office.declared('"Zebra-Quux leaks" --private --lead')
    await said(office, "handover <@U0BEN>", incident.surface.channel_id)
    (told,) = office.people.whispered(BEN)
    assert "Zebra-Quux" in told.words
    await pressed(office, told, "handover:accept", BEN)
    assert await leads(office, incident) == "Ben"
    assert "Zebra-Quux" not in await said(office, "list", TOWN, by=ADA)


async def test_accepted_from_home_and_in_the_message_at_once_it_counts_once() -> None:
    office, incident, _, told = await offered()
    await office.looked_home(BEN)
    (home,) = [b.action for card, _ in office.people.homes[BEN] for b in card.buttons
               if b.action.startswith("handover:accept")]  # fmt: skip
    presses = [
        office.slack.pressed(one, incident.id, BEN, at, trigger=office.people.new_trigger(BEN))
        for one, at in ((home, ""), (told.actions[0], "D0BEN"))
    ]
    await asyncio.gather(*(office.desk.take(one) for one in presses))
    assert len(await office.bodies(incident, e.HandoverAnswered)) == 1
    words = sorted(one.words for one in office.people.told(BEN)[-2:])
    assert "this offer does not stand any more; Ben leads" in words[0]
    assert "You lead INC-1 now." in words[1]


async def test_accepted_while_somebody_takes_the_lead_deposes_nobody() -> None:
    """Whoever of both comes first, the other is told."""
    office, incident, room, told = await offered()
    took = office.slack.typed("lead @me", ADA, room, trigger=office.people.new_trigger(ADA))
    click = office.slack.pressed(
        told.actions[0], incident.id, BEN, "D0BEN", trigger=office.people.new_trigger(BEN)
    )
    await asyncio.gather(office.desk.take(took), office.desk.take(click))
    bodies = await office.bodies(incident, e.HandoverAnswered)
    assert await leads(office, incident) == "Ada"
    assert len(bodies) <= 1


async def test_everything_that_the_lead_wrote_is_read_by_whoever_takes_over() -> None:
    """A line of a card ends after 1,000 characters."""
    office, _, room = await led()
    words = [f"word{number}" for number in range(160)]
    await said(office, f'handover <@U0BEN> "{" ".join(words)}"', room)
    (told,) = office.people.whispered(BEN)
    drawn = json.dumps(render(told.card).blocks)
    assert [one for one in words if one not in drawn] == []
