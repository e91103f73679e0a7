"""The Home tab: what waits for this person first, then the open incidents, a page at a time."""

from __future__ import annotations

import json
from datetime import timedelta

from opsbot.cards.form import render_form
from opsbot.cards.home import MOST_BLOCKS, render_home
from opsbot.cards.plain import as_text
from opsbot.core.card import Card
from opsbot.core.entry import Severity
from opsbot.core.event import Transition
from opsbot.core.home import ON_A_PAGE
from opsbot.core.waiting import MOST_WAITING
from tests.commands.office import ADA, ANN, BEN, Office
from tests.core.story import details, event


def tab(office: Office, by: str = ANN) -> str:
    return "\n".join(as_text(card) for card, _ in office.people.homes[by])


def actions(office: Office, by: str = ANN) -> list[tuple[str, str]]:
    """(action, incident its button carries) of every button on the tab."""
    return [
        (button.action, incident_id)
        for card, incident_id in office.people.homes[by]
        for button in card.buttons
    ]


async def with_incidents(number: int) -> Office:
    """So many incidents that Ben declared, one after the other."""
    office = Office()
    for one in range(number):
        await office.declared(f'"Trouble number {one}" sev{one % 5 + 1}', by=BEN)
        office.clock.advance(minutes=1)
    return office


async def test_without_incidents_it_says_so_and_offers_to_declare_one() -> None:
    office = Office()
    await office.looked_home()
    assert "Nothing waits for you" in tab(office)
    assert "No open incidents" in tab(office)
    assert actions(office) == [("declare", "")]


async def test_what_waits_for_somebody_comes_first_with_its_button() -> None:
    """Ada was paged and nobody leads; then she leads and nobody said the impact."""
    office = Office()
    incident = await office.page()
    await office.looked_home(ADA)
    assert "you were paged, and nobody leads it" in tab(office, ADA)
    assert ("lead:ack=yes", incident.id) in actions(office, ADA)
    await office.pressed("lead:ack=yes", incident.id, by=ADA, at="")
    await office.looked_home(ADA)
    assert "nobody has said what users notice" in tab(office, ADA)
    assert ("impact", incident.id) in actions(office, ADA)
    assert (await office.incident(incident)).lead is not None


async def test_a_lead_to_take_over_waits_first_and_is_taken_from_there() -> None:
    """Ben reads what Ann wrote, and one press makes him the lead."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("lead", at=room)
    await office.typed('handover <@U0BEN> "the rollback runs"', at=room)
    await office.looked_home(BEN)
    words = tab(office, BEN)
    assert "1 hand-over" in words
    assert "Ann asks you to take over the lead: “the rollback runs”" in words
    accept = next(action for action, _ in actions(office, BEN) if "accept" in action)
    await office.pressed(accept, incident.id, by=BEN, at="")
    lead = (await office.incident(incident)).lead
    assert lead is not None
    assert lead.name == "Ben"
    assert "hand-over" not in tab(office, BEN)
    await office.looked_home(ANN)
    assert "asks you" not in tab(office, ANN)


async def test_my_follow_ups_wait_for_me_though_the_incident_is_over() -> None:
    """The one that is due first comes first, what is overdue says so; done is one press."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    for line in ("one @me by 2026-12-01", "two @me", "three <@U0BEN>", "four @me by tomorrow"):
        await office.typed(f"followup {line}", at=room)
    await office.typed("resolve", at=room)
    office.clock.advance(days=3)
    await office.looked_home()
    words = tab(office)
    assert "3 follow-ups" in words
    assert words.index("4. four") < words.index("1. one") < words.index("2. two")
    assert "by Mon 23 Nov 2026), overdue" in words
    assert "by Tue 1 Dec 2026), overdue" not in words
    assert "three" not in words
    await office.pressed("followup:item=4&done=yes", incident.id, at="")
    assert "four" not in tab(office)
    assert "2 follow-ups" in tab(office)


async def test_follow_ups_of_long_ago_are_not_looked_for() -> None:
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    await office.typed("followup one @me", at=room)
    await office.typed("resolve", at=room)
    office.clock.advance(days=31)
    await office.looked_home()
    assert "Nothing waits for you" in tab(office)


async def test_an_update_that_is_due_waits_for_the_lead() -> None:
    office = Office(cadence=((Severity.SEV1, timedelta(minutes=30)),))
    incident = await office.page(said=details(priority="P1"))
    room = incident.surface.channel_id
    await office.typed("lead", at=room)
    await office.typed('impact "logins fail"', at=room)
    office.clock.advance(minutes=31)
    await office.settle()
    await office.looked_home()
    assert "an update is due" in tab(office)
    assert ("update", incident.id) in actions(office)
    await office.typed("update we look into it", at=room)
    await office.looked_home()
    assert "an update is due" not in tab(office)


async def test_follow_ups_of_a_private_incident_are_shown_to_nobody_who_may_not_know() -> None:
    office = Office()
    incident = await office.declared('"Zebra-Quux leaks" --private')
    await office.typed("followup Zebra-Quux <@U0BEN>", at=incident.surface.channel_id)
    await office.looked_home(BEN)
    assert "Zebra-Quux" not in tab(office, BEN)


async def test_the_question_whether_it_is_over_is_answered_from_there() -> None:
    """By its lead, and by those who were brought in; nobody else is asked."""
    office = Office()
    incident = await office.page()
    await office.typed("lead", by=BEN, at=incident.surface.channel_id)
    office.clock.advance(minutes=1)
    await office.hear(event(Transition.RESOLVED, 1))
    for by in (ADA, BEN):
        await office.looked_home(by)
        assert "is the incident over?" in tab(office, by)
    await office.looked_home(ANN)
    assert "is the incident over?" not in tab(office, ANN)
    await office.pressed("keep", incident.id, by=ADA, at="")
    assert (await office.incident(incident)).questions["alert_cleared"].answer == "keep_open"


async def test_the_worst_come_first() -> None:
    office = await with_incidents(4)
    await office.looked_home()
    words = tab(office)
    places = [words.index(f"Trouble number {one}") for one in range(4)]
    assert places == sorted(places)


async def test_many_are_shown_a_page_at_a_time() -> None:
    """Forward and back, within Slack's limit of blocks, each incident once."""
    office = await with_incidents(2 * ON_A_PAGE + 1)
    seen: list[int] = []
    await office.looked_home()
    for page in range(3):
        words = tab(office)
        assert f"page {page + 1} of 3" in words
        drawn = render_home(office.people.homes[ANN])["blocks"]
        assert isinstance(drawn, list)
        assert len(drawn) <= MOST_BLOCKS  # type: ignore[arg-type] # blocks
        seen += [one for one in range(2 * ON_A_PAGE + 1) if f"Trouble number {one}\n" in words]
        forward = [action for action, _ in actions(office) if action == f"home:page={page + 1}"]
        if page < 2:
            await office.pressed(forward[0], at="")
    assert sorted(seen) == list(range(2 * ON_A_PAGE + 1))
    await office.pressed("home:page=0", at="")
    assert "page 1 of 3" in tab(office)


async def test_a_page_that_is_no_more_shows_the_last() -> None:
    """Incidents end while somebody looks."""
    office = await with_incidents(ON_A_PAGE + 1)
    await office.pressed("home:page=7", at="")
    assert "page 2 of 2" in tab(office)
    await office.pressed("home:page=nonsense", at="")
    assert "page 1 of 2" in tab(office)


async def test_a_responder_of_everything_still_has_a_tab_that_fits() -> None:
    """A storm: all of them wait for Ada; the tab keeps within Slack's limits."""
    office = Office()
    for number in range(30):
        await office.page(f"PINC{number}", dedup_key=f"k{number}")
        office.clock.advance(seconds=30)
    await office.looked_home(ADA)
    assert "30 incidents" in tab(office, ADA)
    waiting = [a for a, _ in actions(office, ADA) if a == "lead:ack=yes"]
    assert len(waiting) == MOST_WAITING
    drawn = render_home(office.people.homes[ADA])["blocks"]
    assert isinstance(drawn, list)
    assert len(drawn) <= MOST_BLOCKS  # type: ignore[arg-type] # blocks


async def test_private_incidents_are_their_own_peoples() -> None:
    office = Office()
    await office.declared('"Zebra-Quux leaks" --private')
    await office.looked_home(BEN)
    assert "Zebra-Quux" not in tab(office, BEN)
    assert "No open incidents" in tab(office, BEN)
    await office.looked_home(ANN)
    assert "Zebra-Quux" in tab(office, ANN)


async def test_declaring_from_the_tab_opens_the_form() -> None:
    """There is no channel to answer in; the form is all that is needed."""
    office = Office()
    await office.looked_home()
    await office.pressed("declare", at="")
    assert render_form(office.form_of())["callback_id"] == "opsbot:declare"
    told = await office.submitted(title="Search is slow")
    assert told is not None
    assert "INC-1 is open" in told.words


async def test_while_slack_does_not_say_who_looks_nothing_is_shown() -> None:
    """An old tab is better than one of somebody else's rights."""
    office = await with_incidents(1)
    office.people.break_down("standing")
    await office.looked_home()
    assert ANN not in office.people.homes


async def test_what_does_not_fit_is_left_out_whole() -> None:
    """Half a card would be another one."""
    cards = [(Card(header=f"card {number}", lines=()), "") for number in range(80)]
    drawn = render_home(cards)["blocks"]
    assert isinstance(drawn, list)
    assert len(drawn) == 99  # type: ignore[arg-type] # fifty headers and what parts them


async def test_however_much_waits_the_open_incidents_are_drawn_below_it() -> None:
    """Twelve hand-overs and thirty follow-ups: the first of each, and how many there are."""
    office = await with_incidents(12)
    for number in range(1, 13):
        await office.typed(f"lead INC-{number}", by=BEN)
        await office.typed(f'handover <@U0ANN> "{"x" * 900}" INC-{number}', by=BEN)
    for number in range(30):
        await office.typed(f'followup "{"todo " * 50}{number}" @me INC-1')
    await office.looked_home()
    assert "12 hand-overs (the first 3 are shown)" in tab(office)
    assert "30 follow-ups (the first 6 are shown)" in tab(office)
    view = render_home(office.people.homes[ANN])
    drawn = json.dumps(view)
    assert len(view["blocks"]) <= MOST_BLOCKS  # type: ignore[arg-type] # a list
    assert "Open incidents" in drawn
    assert drawn.count("open since") == ON_A_PAGE


async def test_what_nobody_paged_for_is_not_acknowledged() -> None:
    """Ben declared it: there is no page to acknowledge."""
    office = await with_incidents(1)
    await office.looked_home(BEN)
    assert "[Take the lead]" in tab(office, BEN)
    assert "Ack" not in tab(office, BEN)


async def test_where_no_update_is_asked_for_any_more_none_is_due() -> None:
    """Ann was reminded at SEV1; at SEV4 nobody waits for one."""
    office = Office(cadence=((Severity.SEV1, timedelta(minutes=30)),))
    incident = await office.page(said=details(priority="P1"))
    for line in ("lead", 'impact "logins fail"'):
        await office.typed(line, at=incident.surface.channel_id)
    office.clock.advance(minutes=31)
    await office.settle()
    await office.looked_home()
    assert "an update is due" in tab(office)
    await office.typed("severity sev4", at=incident.surface.channel_id)
    await office.looked_home()
    assert "an update is due" not in tab(office)
