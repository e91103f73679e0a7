"""Times as people type them: in their own zone, as the nearest past, said back with UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.card import At
from opsbot.core.incident import Incident
from tests.commands.office import BEN, START, Office
from tests.fakes.people import Answered

NOW = START + timedelta(minutes=30)  # 14:30 UTC, 15:30 in Berlin


async def typed(line: str, by: str = "U0ANN") -> tuple[Office, Incident, Answered]:
    office = Office()
    incident = await office.page()
    office.clock.advance(minutes=30)
    told = await office.typed(line, by=by, at=incident.surface.channel_id)
    assert told is not None
    return office, incident, told


def at(hour: int, minute: int, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "by", "when"),
    [
        ("note -20m rolled back", "U0ANN", NOW - timedelta(minutes=20)),
        ("note rolled back -20m", "U0ANN", NOW - timedelta(minutes=20)),
        ("note 14:02 rolled back", "U0ANN", at(13, 2)),  # Berlin
        ("note 14:02 rolled back", BEN, at(14, 2)),  # UTC
        ("note 14:02Z rolled back", "U0ANN", at(14, 2)),
        ("note rolled back at 15:29", "U0ANN", at(14, 29)),
        ("note 23:50 rolled back", "U0ANN", at(22, 50, day=21)),  # the nearest past
        ("note rolled back", "U0ANN", NOW),
        ('note "14:02 rolled back"', "U0ANN", NOW),  # quoted is text
    ],
)
async def test_a_note_stands_at_the_time_it_speaks_of(line: str, by: str, when: datetime) -> None:
    """On the record, in the timeline, and as it is said back."""
    office, incident, told = await typed(line, by=by)
    (note,) = (x for x in await office.entries(incident) if isinstance(x.body, e.NoteAdded))
    assert note.occurred_at == when
    if when != NOW:
        pieces = [piece for one in told.card.lines for piece in one.pieces]
        assert At(moment=when, style="date_time") in pieces
        assert f"{when:%H:%M} UTC" in told.words
        assert told.actions, "a time that was misread is taken back by one press"


async def test_a_time_is_said_once_however_it_was_understood() -> None:
    """The echo and the note on how it was read are one."""
    _, _, told = await typed("note 14:02 rolled back")
    assert told.words.count("14:02 in Europe/Berlin") == 1


@pytest.mark.parametrize("line", ["note 16:30 rolled back", 'impact "x" since 16:30'])
async def test_a_time_in_the_berlin_future_is_the_day_before(line: str) -> None:
    """Nobody notes what will be: the nearest past is meant, and said."""
    office, incident, told = await typed(line)
    assert "21 Nov" in told.words
    assert (await office.incident(incident)).seq > incident.seq


@pytest.mark.parametrize("line", ["note tomorrow 14:02 x", "note -40d x"])
async def test_a_time_that_cannot_be_is_refused_with_what_to_type(line: str) -> None:
    office, incident, told = await typed(line)
    assert "type a" in told.words
    assert await office.bodies(incident, e.NoteAdded) == []


async def test_the_impact_began_when_it_is_said_to() -> None:
    """Echoed, shown on the card, and kept when only the words change."""
    office, incident, told = await typed('impact "31 % of logins fail" since 14:58')
    assert "13:58 UTC" in told.words
    state = await office.incident(incident)
    assert state.impact is not None
    assert state.impact.since == at(13, 58)
    await office.typed('impact "all logins fail"', at=incident.surface.channel_id)
    impact = (await office.incident(incident)).impact
    assert impact is not None
    assert (impact.text, impact.since) == ("all logins fail", at(13, 58))
    assert "all logins fail, since 13:58" in office.lines(state, "card")[0]


async def test_what_was_typed_stands_in_the_form_that_asks_for_the_rest() -> None:
    """`impact since 13:58` lacks the words; the time need not be typed again."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    office.clock.advance(minutes=30)
    for line, name in (("impact since 14:58", "since"), ("note 14:58", "at")):
        assert await office.typed(line, at=room) is None
        form = office.form_of()
        held = {field.name: field.value for field in form.fields}
        assert held[name] == "2026-11-22T13:58Z", line
        assert await office.submitted(text="words") is not None
    (note,) = (x for x in await office.entries(incident) if isinstance(x.body, e.NoteAdded))
    impact = (await office.incident(incident)).impact
    assert impact is not None
    assert note.occurred_at == impact.since == at(13, 58)


async def test_evidence_since_a_time_is_asked_for_from_then() -> None:
    """The window begins there, and the answer says how the time was read."""
    office, incident, told = await typed("logs since 14:58")
    assert "13:58 UTC" in told.words
    ask = office.sources[1].asked[-1]
    assert (ask.window.start, ask.window.end) == (at(13, 58), NOW)
    assert incident.number == 1


async def test_in_which_zone_nothing_is_known_it_is_utc_and_said_so() -> None:
    """Slack gave no zone that we know."""
    office = Office()
    office.people.add("zoe", zone="Moon/Crater")
    incident = await office.page()
    office.clock.advance(minutes=30)
    told = await office.typed("note 14:02 x", by="U0ZOE", at=incident.surface.channel_id)
    assert told is not None
    assert "read as UTC" in told.words
