"""Declaring: at once, once, from a message, with what the catalogue knows; and what comes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Mode, Placement, Status
from opsbot.core.event import DECLARED
from opsbot.core.rules import Channels
from tests.commands.office import ANN, BEN, START, TOWN, Office, action


async def test_it_opens_a_room_at_once() -> None:
    """In the caller's name, in triage, in a room of its own, told to them alone."""
    office = Office()
    told = await office.typed('declare "Search is slow" sev2')
    assert told is not None
    assert "INC-1 is open" in told.words
    incident = await office.record.incident(told.incident_id)
    assert (incident.title, incident.severity) == ("Search is slow", e.Severity.SEV2)
    assert (incident.status, incident.placement) == (Status.TRIAGE, Placement.ROOM)
    assert incident.declared_by == f"slack:{ANN}"
    assert office.room.channels[incident.surface.channel_id].name == "inc-1-search-is-slow"
    assert office.room.channels[incident.surface.channel_id].members == [ANN]
    assert "Search is slow" in office.room.messages(office.digest)[0].words


async def test_with_a_service_it_has_the_catalogues_key() -> None:
    """So that evidence, links and the pager's own pages of it find each other."""
    office = Office()
    incident = await office.declared("sev2 checkout-api answers 5xx")
    assert incident.title == "checkout-api answers 5xx"
    assert (incident.service.key, incident.service.source_id) == ("checkout-api", "PSVC1")
    assert office.sources[0].asked[-1].services == ("checkout-api", "auth-api")


async def test_since_is_when_it_began_and_is_said_back() -> None:
    """Read in the typist's own zone; opened then, with its evidence from before that."""
    office = Office()
    office.clock.advance(minutes=30)
    told = await office.typed("declare checkout-api is slow since 14:58")
    assert told is not None
    incident = await office.record.incident(told.incident_id)
    began = START - timedelta(minutes=2)
    assert incident.opened_at == began
    assert "14:58 in Europe/Berlin" in told.words
    assert "13:58 UTC" in told.words
    (ask,) = office.sources[0].asked
    assert ask.window.start == began - office.rules.evidence_window


async def test_without_a_service_nothing_is_asked_for() -> None:
    """Nobody said what it is about; who does asks for it."""
    office = Office()
    incident = await office.declared('"Everything is slow"')
    assert office.sources[0].asked == []
    assert "Suspects" not in office.lines(incident, "card")[0]


async def test_lead_is_taken_with_it() -> None:
    office = Office()
    incident = await office.declared('"Search is slow" --lead')
    assert incident.lead is not None
    assert (incident.lead.slack_id, incident.status) == (ANN, Status.INVESTIGATING)


async def test_twice_at_once_the_second_is_shown_the_first() -> None:
    """Two people saw the same; the second may say that it is another."""
    office = Office()
    first = await office.declared('"Search is slow"')
    told = await office.typed('declare "search is SLOW" sev1 --lead since -5m', by=BEN)
    assert told is not None
    assert "INC-1 was opened a moment ago" in told.words
    assert await office.numbers() == [1]
    anyway = await office.press_of(told, "declare:")
    assert anyway is not None
    assert await office.numbers() == [1, 2]
    second = await office.record.incident(anyway.incident_id)
    assert (second.id != first.id, second.severity) == (True, e.Severity.SEV1)
    assert second.lead is not None
    assert (second.lead.slack_id, second.declared_by) == (BEN, f"slack:{BEN}")
    assert second.opened_at == START - timedelta(minutes=5)


async def test_the_same_service_counts_as_the_same_for_a_while() -> None:
    """Also with a page in between; later it is another incident."""
    office = Office()
    await office.page()
    told = await office.typed("declare checkout-api is slow", by=BEN)
    assert told is not None
    assert "INC-1 was opened a moment ago" in told.words
    office.clock.advance(minutes=11)
    later = await office.typed("declare checkout-api is slow", by=BEN)
    assert later is not None
    assert "INC-2 is open" in later.words


async def test_the_same_delivery_declares_once_and_says_so_again() -> None:
    """After a crash between commit and answer: no second room, and no question about a twin."""
    office = Office()
    asked = office.slack.typed('declare "Search is slow"', ANN, TOWN, trigger="t1")
    first = await office.ask(asked)
    again = await office.ask(asked)
    assert first is not None
    assert again is not None
    assert again.words == first.words
    assert again.incident_id == first.incident_id
    assert await office.numbers() == [1]


async def test_from_a_message_a_form_comes_first() -> None:
    """Its words are a proposal; the message is linked from the incident."""
    office = Office()
    said = office.said(TOWN, "checkout &amp; search answer 500 for <@U0BEN>")
    assert await office.chose_declare(said) is None
    form = office.form_of()
    title = next(field.value for field in form.fields if field.name == "title")
    assert title == "checkout & search answer 500 for @U0BEN"
    assert await office.numbers() == []
    told = await office.submitted(severity="SEV2")
    assert told is not None
    incident = await office.record.incident(told.incident_id)
    assert incident.title == title
    assert incident.origin is not None
    assert incident.origin.source == DECLARED
    assert incident.origin.url.endswith(f"/{TOWN}/p{said.ts.replace('.', '')}")


async def test_a_message_of_pictures_alone_can_be_declared_from() -> None:
    office = Office()
    await office.chose_declare(office.said(TOWN, "", files=2))
    assert "(a message with 2 files)" in str(office.form_of())


async def test_without_words_a_form_asks_for_them() -> None:
    """Typed or pressed; nothing is opened before it is submitted."""
    office = Office()
    for ask in (office.typed("declare"), office.pressed("declare")):
        assert await ask is None
    assert [form.verb for _, form in office.people.forms] == ["declare", "declare"]
    assert await office.numbers() == []


async def test_a_form_that_came_too_late_is_offered_again() -> None:
    """The trigger lives three seconds; what waited six minutes is still answered."""
    office = Office()
    asked = office.slack.typed("declare", ANN, TOWN, trigger="spent")
    told = await office.ask(asked)
    assert told is not None
    assert told.actions == ["declare"]
    await office.press_of(told, "declare")
    assert office.form_of().verb == "declare"


async def test_a_title_with_a_mistyped_flag_is_asked_about() -> None:
    """`--pirvate` must not become a part of a public title."""
    office = Office()
    told = await office.typed('declare "Merger leaks" --pirvate')
    assert told is not None
    assert "--private" in told.words
    assert await office.numbers() == []


@pytest.mark.parametrize(
    "title", ["<!channel> is down", "a" * 400, "*bold* `code` <https://x.y|z>"]
)
async def test_a_hostile_title_is_a_title(title: str) -> None:
    """Inert and short enough wherever it stands."""
    office = Office()
    await office.pressed("declare")
    told = await office.submitted(title=title)
    assert told is not None
    incident = await office.record.incident(told.incident_id)
    assert 0 < len(incident.title) <= 150
    assert len(office.room.channels[incident.surface.channel_id].name) <= 80


async def test_a_declared_incident_is_ended_by_people_only() -> None:
    """No alert can clear; resolving asks nothing of the pager."""
    office = Office()
    incident = await office.declared()
    await office.typed("resolve duplicate", at=incident.surface.channel_id)
    after = await office.incident(incident)
    assert (after.status, after.closure) == (Status.RESOLVED, Closure.DUPLICATE)
    assert office.pager.acts == []


async def test_in_shadow_mode_no_room_is_promised() -> None:
    """Everything stays in one private channel, and the answer says so."""
    office = Office(mode=Mode.SHADOW)
    told = await office.typed('declare "Search is slow"')
    assert told is not None
    assert "room for it is on its way" not in told.words
    assert len(office.room.channels) == 1


async def test_an_offer_to_declare_carries_the_words() -> None:
    """Words that begin with no verb: one press, and they are a title."""
    office = Office()
    told = await office.typed("checkout is down for everybody")
    assert told is not None
    assert await office.numbers() == []
    await office.press_of(told, "declare:")
    (number,) = await office.numbers()
    assert number == 1
    incident = await office.record.incident((await office.record.open_incidents())[0])
    assert incident.title == "checkout is down for everybody"


async def test_a_button_cannot_declare_under_a_claimed_incident() -> None:
    """`declare` needs no incident, so the one on the button is not touched."""
    office = Office()
    page = await office.page()
    seq = page.seq
    told = await office.pressed(action("declare", title="Another one"), page.id)
    assert told is not None
    assert told.incident_id != page.id
    assert (await office.incident(page)).seq == seq


async def test_without_a_digest_channel_it_has_its_room_all_the_same() -> None:
    office = Office(channels=Channels())
    incident = await office.declared()
    assert incident.surface.channel_id
