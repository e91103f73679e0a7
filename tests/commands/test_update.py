"""Updates: one public message with what is known, the impact and the time of the next; the words
for customers apart; the newest on the card."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Severity
from opsbot.core.incident import Incident
from tests.commands.office import BEN, START, Office

CADENCE = ((Severity.SEV1, timedelta(minutes=30)),)


async def paged(**rules: object) -> tuple[Office, Incident, str]:
    office = Office(**rules)
    incident = await office.page()
    return office, incident, incident.surface.channel_id


async def said(office: Office, line: str, at: str) -> str:
    told = await office.typed(line, at=at)
    assert told is not None
    return " ".join(told.words.split())


def posted(office: Office, incident: Incident) -> str:
    return " ".join(office.lines(incident, "said:")[-1].split())


async def test_it_is_one_message_with_everything_people_wait_for() -> None:
    office, incident, room = await paged()
    await said(office, 'impact "31 % of logins fail"', room)
    before = len(office.room.messages(room))
    await said(office, 'update "v2.14 is rolled back" "We found the cause" next 20m', room)
    assert len(office.room.messages(room)) == before + 1
    words = posted(office, incident)
    for part in ("Update by Ann: “v2.14 is rolled back”", "Impact 31 % of logins fail",
                 "For customers “We found the cause”", "Next update by 14:20"):  # fmt: skip
        assert part in words


async def test_the_impact_of_an_update_is_the_one_of_its_time() -> None:
    """What people read then is not rewritten afterwards."""
    office, incident, room = await paged()
    await said(office, 'impact "half of all logins fail"', room)
    await said(office, "update we look into it", room)
    await said(office, 'impact "no login fails"', room)
    updates = [one for one in office.lines(incident, "said:") if "Update" in one]
    assert ["half of all logins fail" in one for one in updates] == [True]


async def test_the_newest_stands_on_the_card_and_in_the_digest() -> None:
    office, incident, room = await paged()
    await said(office, "note the pool is full", room)
    await said(office, "update one next 20m", room)
    await said(office, "update two next 30m", room)
    card = office.card(incident)
    assert "Update “two” - Ann 14:00 UTC; next by 14:30 UTC" in card
    assert "the pool is full" not in card
    await said(office, "note it is empty again", room)
    assert "Latest “it is empty again”" in office.card(incident)
    digest = office.room.messages(office.digest)[0]
    assert "two" in digest.words


@pytest.mark.parametrize(
    ("severity", "typed", "minutes"),
    [("sev1", "", 30), ("sev1", " next 10m", 10), ("sev2", "", None), ("sev2", " next 10m", 10)],
)
async def test_the_next_one_is_promised_by_the_cadence_unless_it_is_said(
    severity: str, typed: str, minutes: int | None
) -> None:
    office, incident, room = await paged(cadence=CADENCE)
    await said(office, f"severity {severity}", room)
    await said(office, f'update "we look into it"{typed}', room)
    (update,) = await office.bodies(incident, e.UpdatePosted)
    assert update.next_by == (START + timedelta(minutes=minutes) if minutes else None)


async def test_the_form_holds_the_usual_time_of_the_next_one() -> None:
    office, incident, room = await paged(cadence=CADENCE)
    await said(office, "severity sev1", room)
    await office.pressed("update", incident.id, at=room)
    fields = {field.name: field for field in office.form_of().fields}
    assert (fields["next"].value, list(fields)) == ("30m", ["text", "external", "next"])
    await office.submitted(text="we look into it", external="We look into it.", next="1h")
    (update,) = await office.bodies(incident, e.UpdatePosted)
    assert update.next_by == START + timedelta(hours=1)
    assert update.external == "We look into it."


async def test_nothing_is_promised_once_it_is_over() -> None:
    """A last word may come late."""
    office, incident, room = await paged(cadence=CADENCE)
    await said(office, "severity sev1", room)
    await said(office, "resolve", room)
    await said(office, "update all is well", room)
    (update,) = await office.bodies(incident, e.UpdatePosted)
    assert update.next_by is None


async def test_taking_it_back_edits_the_message_and_uncovers_the_one_before() -> None:
    office, incident, room = await paged()
    await said(office, "update one", room)
    told = await office.typed("update two", at=room)
    assert told is not None
    await office.press_of(told, "undo:")
    assert posted(office, incident) == "(taken back)"
    assert "Update “one”" in office.card(incident)


async def test_words_for_customers_are_sent_nowhere_by_themselves() -> None:
    office, incident, room = await paged()
    answered = await said(office, 'update "rolling back" external="We work on it."', room)
    assert "opsbot sends them nowhere" in answered
    assert "We work on it." not in office.public(but=room)
    assert "We work on it." in posted(office, incident)


async def test_a_hostile_update_is_quoted_and_inert() -> None:
    office, incident, room = await paged()
    await said(office, "update <!channel> *bold* \u202eevil", room)
    words = posted(office, incident)
    assert "\u202e" not in words
    assert "[U+202E]" in words


async def test_a_very_long_update_is_kept_and_cut_where_it_is_shown() -> None:
    office, incident, room = await paged()
    await said(office, f'update "{"a" * 5_000}"', room)
    (update,) = await office.bodies(incident, e.UpdatePosted)
    assert len(update.text) == 3_000
    assert len(office.card(incident)) < 1_500


async def test_an_impact_that_is_redacted_leaves_the_updates_that_quote_it() -> None:
    office, incident, room = await paged()
    await said(office, 'impact "Zebra-Quux cannot log in"', room)
    await said(office, "update we look into it", room)
    assert "Zebra-Quux" in posted(office, incident)
    (seq,) = [x.seq for x in await office.entries(incident) if isinstance(x.body, e.ImpactSet)]
    await said(office, f'redact #{seq} "a name"', room)
    assert "Zebra-Quux" not in "".join(office.lines(incident, "said:"))
    assert "we look into it" in posted(office, incident)


async def test_a_redacted_update_is_shown_without_its_words() -> None:
    office, incident, room = await paged()
    told = await office.typed("update Zebra-Quux leaks", at=room, by=BEN)
    assert told is not None
    (seq,) = [x.seq for x in await office.entries(incident) if isinstance(x.body, e.UpdatePosted)]
    await said(office, f'redact #{seq} "a name"', room)
    assert "Zebra-Quux" not in office.card(incident)
    assert "Zebra-Quux" not in posted(office, incident)
    assert "[redacted]" in posted(office, incident)
