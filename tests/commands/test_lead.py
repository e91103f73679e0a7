"""Who leads: by one press, by name, by form; people as Slack knows them, not as somebody typed."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Status
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.ports import Refused
from tests.commands.office import ADA, ANN, BEN, Office
from tests.core.story import event


async def room() -> tuple[Office, Incident, str]:
    office = Office()
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def lead_of(office: Office, incident: Incident) -> tuple[str, str] | None:
    lead = (await office.incident(incident)).lead
    return (lead.slack_id, lead.name) if lead else None


async def test_ack_and_lead_is_one_press_on_the_card() -> None:
    """The first button of the card: leads, investigates, acknowledges; then it is gone."""
    office, incident, at = await room()
    card = next(m.card for m in office.room.messages(at) if m.slot == "card")
    first = card.buttons[0]
    assert (first.action, first.label, first.primary) == ("lead:ack=yes", "Ack and lead", True)
    told = await office.pressed(first.action, incident.id, at=at)
    assert told is not None
    assert "You lead INC-1" in told.words
    assert (await office.incident(incident)).status is Status.INVESTIGATING
    assert [one.act for one in office.pager.acts] == ["acknowledge"]
    card = next(m.card for m in office.room.messages(at) if m.slot == "card")
    assert "lead:ack=yes" not in [button.action for button in card.buttons]


async def test_what_is_acknowledged_is_not_acknowledged_again() -> None:
    """Only alerts that still page are asked for."""
    office, incident, at = await room()
    office.clock.advance(minutes=1)
    await office.hear(event(Transition.ACKNOWLEDGED, 1))
    await office.pressed("lead:ack=yes", incident.id, at=at)
    assert office.pager.acts == []
    assert await lead_of(office, incident) == (ANN, "Ann")


@pytest.mark.parametrize(
    "line",
    ["lead <@U0BEN>", "lead <@U0BEN|bens.old.handle>", "ic <@U0BEN>", "lead <@U0BEN> please"],
)
async def test_somebody_is_named_as_slack_knows_them(line: str) -> None:
    """Whatever stood in the mention; words around it are said not to be understood."""
    office, incident, at = await room()
    told = await office.typed(line, at=at)
    assert told is not None
    if "please" in line:
        assert "`please` was not understood" in told.words
        return
    assert await lead_of(office, incident) == (BEN, "Ben")


async def test_a_name_alone_is_nobody() -> None:
    """`@ben` that Slack did not make a mention of: pick the person."""
    office, incident, at = await room()
    told = await office.typed("lead @ben", at=at)
    assert told is not None
    assert "type @ and pick the person" in told.words
    assert await lead_of(office, incident) is None


@pytest.mark.parametrize(
    ("who", "why"),
    [("U0GUS", "guests cannot"), ("U0SAM", "people from outside"),
     ("U0DEE", "this account is deactivated"), ("U0HAL", "bots cannot")],
)  # fmt: skip
async def test_who_may_do_nothing_here_cannot_lead(who: str, why: str) -> None:
    """Typed, by form or by button; the one who asked hears why."""
    office, incident, at = await room()
    office.people.add("hal", bot=True)
    typed = await office.typed(f"lead <@{who}>", at=at)
    await office.pressed("lead", incident.id, at=at)
    form = await office.submitted(person=who)
    pressed = await office.pressed(f"lead:person={who}", incident.id, at=at)
    for told in (typed, form, pressed):
        assert told is not None
        assert "cannot be named" in told.words
        assert why in told.words
    assert await lead_of(office, incident) is None


async def test_while_slack_does_not_say_who_is_named_the_mention_counts() -> None:
    """Handing over must not wait for a name; the account is what counts."""
    office, incident, at = await room()
    ben = office.people.standings.pop(BEN)
    await office.typed("lead <@U0BEN|ben>", at=at)
    assert await lead_of(office, incident) == (BEN, "ben")
    office.people.standings[BEN] = ben


async def test_handing_over_is_said_with_who_had_it() -> None:
    office, incident, at = await room()
    await office.typed("lead", at=at)
    await office.typed("lead <@U0BEN>", at=at)
    assert office.lines(incident, "said:")[-1] == "Ann made Ben the lead (from Ann)"
    await office.typed("lead --nobody", by=BEN, at=at)
    assert office.lines(incident, "said:")[-1] == "Ben gave up the lead; nobody leads now"


async def test_a_responder_is_not_invited_a_second_time_for_leading() -> None:
    """Ada was paged, and is in the room."""
    office, incident, at = await room()
    invitations = office.room.moves.count(("invite", at))
    await office.typed("lead", by=ADA, at=at)
    assert office.room.moves.count(("invite", at)) == invitations
    assert office.lines(incident, "card")[0].count("Ada") >= 1


async def test_a_lead_who_cannot_be_brought_in_leads_all_the_same() -> None:
    """The card says who is not here, and why."""
    office, incident, at = await room()
    office.room.people[BEN] = "they are a guest"
    await office.typed("lead <@U0BEN>", at=at)
    assert await lead_of(office, incident) == (BEN, "Ben")
    assert "they are a guest" in office.lines(incident, "card")[0]


async def test_leading_twice_is_leading() -> None:
    office, incident, at = await room()
    await office.typed("lead", at=at)
    again = await office.typed("lead", at=at)
    assert again is not None
    assert "You lead INC-1 already" in again.words
    assert len(await office.bodies(incident, e.RoleAssigned)) == 1


async def test_a_pager_that_refuses_keeps_nobody_from_leading() -> None:
    office, incident, at = await room()
    office.pager.fail("acknowledge", Refused(error="no", cure="set from_email"))
    await office.pressed("lead:ack=yes", incident.id, at=at)
    assert await lead_of(office, incident) == (ANN, "Ann")
    assert "set from_email" in office.lines(incident, "card")[0]
