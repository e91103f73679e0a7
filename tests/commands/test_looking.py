"""Evidence that people ask for: what is known at once, what is old anew, and below the card."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from tests.commands.office import START, Office

POOL = Finding(
    at=shifted(START, -timedelta(minutes=2)), kind=FindingKind.LOG_PATTERN, service="auth-api",
    summary="connection pool exhausted, 412 lines", link="https://loki.example.com/q",
)  # fmt: skip
VERBS = {"metrics": 0, "logs": 1, "traces": 2, "changes": 3}


async def staged() -> tuple[Office, Incident, str]:
    office = Office()
    office.sources[1].findings = (POOL,)
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def test_what_is_known_and_fresh_is_shown_and_nobody_is_asked() -> None:
    office, incident, room = await staged()
    told = await office.typed("logs", at=room)
    assert told is not None
    assert "connection pool exhausted, 412 lines" in told.words
    assert "loki" in told.words
    assert [len(source.asked) for source in office.sources] == [1, 1, 1, 1]
    assert (await office.incident(incident)).asks[-1].by.is_person is False


@pytest.mark.parametrize("verb", VERBS)
async def test_each_verb_asks_its_own_kind_when_what_is_known_is_old(verb: str) -> None:
    """After two minutes, and what comes stands on the card."""
    office, incident, room = await staged()
    office.clock.advance(minutes=3)
    told = await office.typed(verb, at=room)
    assert told is not None
    assert "asking" in told.words
    asked = [len(source.asked) - 1 for source in office.sources]
    assert asked == [int(place == VERBS[verb]) for place in range(4)]
    assert office.lines(incident, "look:") == []


@pytest.mark.parametrize("verb", VERBS)
async def test_a_look_of_ones_own_stands_below_the_card(verb: str) -> None:
    """With who asked; the card stays the incident's."""
    office, incident, room = await staged()
    card = office.lines(incident, "card")
    office.clock.advance(minutes=3)
    await office.typed(f"{verb} auth-api since -5m", at=room)
    assert office.lines(incident, "card") == card
    (look,) = office.lines(incident, "look:")
    assert look.startswith("Ann asked")
    threads = {m.thread_ts for m in office.room.channels[room].messages if "look" in m.slot}
    assert threads == {(await office.incident(incident)).surface.messages["card"].ts}


async def test_all_evidence_asks_every_source() -> None:
    office, _, room = await staged()
    office.clock.advance(minutes=3)
    await office.typed("evidence", at=room)
    assert [len(source.asked) for source in office.sources] == [2, 2, 2, 2]


async def test_a_service_that_nobody_looked_at_is_looked_at() -> None:
    """About that one alone, and the card's other findings stay."""
    office, incident, room = await staged()
    await office.typed("metrics auth-api", at=room)
    assert office.sources[0].asked[-1].services == ("auth-api",)
    assert "connection pool exhausted" in office.lines(incident, "card")[0]


async def test_five_who_ask_at_once_ask_once() -> None:
    """While the answer is on its way, nobody else's question goes to the sources."""
    office, incident, room = await staged()
    office.clock.advance(minutes=3)
    for number in range(5):
        asked = office.slack.typed("logs", "U0ANN", room, trigger=f"t{number}")
        await office.desk.take(asked)
    assert all("asking loki" in answer.words for answer in office.people.told("U0ANN"))
    await office.settle()
    assert len(office.sources[1].asked) == 2
    persons = [ask for ask in (await office.incident(incident)).asks if ask.by.is_person]
    assert len(persons) == 1


async def test_a_question_that_was_lost_can_be_asked_again() -> None:
    """Whatever became of the first one, a minute later it is asked anew."""
    office, _, room = await staged()
    office.clock.advance(minutes=3)
    await office.desk.take(office.slack.typed("logs", "U0ANN", room, trigger="t1"))
    office.clock.advance(minutes=1)
    await office.desk.take(office.slack.typed("logs", "U0ANN", room, trigger="t2"))
    await office.settle()
    assert len(office.sources[1].asked) == 3


async def test_without_a_source_it_says_that_nobody_looked() -> None:
    """Not that nothing was found; and how to have one."""
    office = Office(evidence_kinds=(("prometheus", "metrics"),), evidence_sources=("prometheus",))
    incident = await office.page()
    told = await office.typed("traces", at=incident.surface.channel_id)
    assert told is not None
    assert "nobody looked" in told.words
    assert "opsbot.yaml" in told.words


async def test_of_what_is_over_what_is_known_is_shown_and_nothing_asked() -> None:
    office, incident, room = await staged()
    await office.typed("resolve", at=room)
    office.clock.advance(hours=1)
    told = await office.typed("logs --again", at=room)
    assert told is not None
    assert "connection pool exhausted" in told.words
    assert await office.bodies(incident, e.EvidenceAsked) != []
    assert len(office.sources[1].asked) == 1


async def test_only_the_last_few_looks_stay_below_the_card() -> None:
    """An hour of asking is no hour of scrolling."""
    office, incident, room = await staged()
    for _ in range(5):
        office.clock.advance(minutes=3)
        await office.typed("logs auth-api --again", at=room)
    state = await office.incident(incident)
    assert len(state.asks) <= 6
    assert office.lines(incident, "look:")[-1].count("connection pool exhausted") == 1


async def test_why_gives_the_reasons_and_what_the_word_means() -> None:
    """Before anything is ranked it says so."""
    office = Office(evidence_sources=(), evidence_kinds=())
    incident = await office.page()
    told = await office.typed("why", at=incident.surface.channel_id)
    assert told is not None
    assert "Nothing is ranked yet" in told.words
    office, _, room = await staged()
    ranked = await office.typed("why", at=room)
    assert ranked is not None
    assert "Suspects of INC-1" in ranked.words
