"""Undo with others in between: nothing of theirs changes, nothing false is told of it, and what
holds again stands where it stood."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Role, Status
from opsbot.core.incident import Incident
from opsbot.core.measures import measures
from opsbot.core.timeline import build_timeline
from tests.commands.office import ANN, BEN, START, Office
from tests.fakes.people import Answered


async def paged() -> tuple[Office, Incident, str]:
    """Half an hour into INC-1."""
    office = Office()
    incident = await office.page()
    office.clock.advance(minutes=30)
    return office, incident, incident.surface.channel_id


async def asked(office: Office, line: str, at: str, by: str = ANN) -> Answered:
    told = await office.typed(line, at=at, by=by)
    assert told is not None
    return told


async def undone(office: Office, told: Answered) -> str:
    answered = await office.press_of(told, "undo:")
    assert answered is not None
    return answered.words


async def test_the_impact_that_somebody_set_on_a_beginning_keeps_it() -> None:
    """Ben's impact counts from Ann's beginning: taking that away left him to have said it."""
    office, incident, room = await paged()
    told = await asked(office, "onset 13:41Z", room)
    await asked(office, 'impact "logins fail"', room, by=BEN)
    assert "the impact was set since and counts from it" in await undone(office, told)
    mark = (await office.incident(incident)).living.onset
    assert mark is not None
    assert mark.at == START - timedelta(minutes=19)


async def test_a_beginning_may_go_once_the_impact_on_it_went() -> None:
    """In the order in which they were done; card and measures then know of none."""
    office, incident, room = await paged()
    first = await asked(office, "onset 13:41Z", room)
    second = await asked(office, 'impact "logins fail"', room)
    assert [await undone(office, one) for one in (second, first)] == ["Undone.", "Undone."]
    assert (await office.incident(incident)).living.onset is None
    found = {one.name: one.value for one in measures(await office.entries(incident)).measures}
    assert found["time_to_detect"] is None


async def test_a_beginning_that_was_taken_back_leaves_the_impact_without_one() -> None:
    office, incident, room = await paged()
    await asked(office, 'impact "logins fail"', room, by=BEN)
    told = await asked(office, "onset 13:41Z", room)
    assert await undone(office, told) == "Undone."
    impact = (await office.incident(incident)).impact
    assert impact is not None
    assert (impact.text, impact.since) == ("logins fail", None)


@pytest.mark.parametrize(
    ("held", "line", "words"),
    [("mitigate 14:05Z", "mitigate 14:20Z", "mitigated: users no longer notice"),
     ("mitigate 14:05Z", "mitigate --off", "mitigated: users no longer notice"),
     ("onset 14:05Z", "onset 13:41Z", "it began for users")],
)  # fmt: skip
async def test_a_time_that_holds_again_stands_on_the_timeline_where_it_did(
    held: str, line: str, words: str
) -> None:
    """And not at the moment of the undoing."""
    office, incident, room = await paged()
    await asked(office, held, room, by=BEN)
    await undone(office, await asked(office, line, room))
    (found,) = [one for one in build_timeline(await office.entries(incident)) if words in one.text]
    assert found.at == START + timedelta(minutes=5)


async def test_who_led_an_incident_that_is_over_stays_who_led_it() -> None:
    """The answer with its Undo still stands on the screen, hours after the end."""
    office, incident, room = await paged()
    told = [await asked(office, line, room) for line in ("lead", "role scribe @me")]
    await asked(office, "resolve", room, by=BEN)
    for one in told:
        assert "who did what in it stays as it was" in await undone(office, one)
    now = await office.incident(incident)
    assert now.lead is not None
    assert (now.lead.name, Role.SCRIBE in now.living.roles) == ("Ann", True)


async def test_nobody_is_said_to_have_given_up_a_lead_they_never_had() -> None:
    """Ann made Ben the lead and takes it back: it is not she who led."""
    office, incident, room = await paged()
    told = await asked(office, "lead <@U0BEN>", room)
    await undone(office, told)
    assert office.lines(incident, "said:")[-1] == "Ann says that nobody leads now"
    words = [one.text for one in build_timeline(await office.entries(incident))]
    assert "nobody leads any more, says Ann" in words
    assert not any("gave up" in one for one in words)


async def test_whoever_is_put_out_of_a_role_is_not_said_to_have_given_it_up() -> None:
    office, incident, room = await paged()
    await asked(office, "role scribe @me", room, by=BEN)
    await asked(office, "role scribe --gone", room)
    said = office.lines(incident, "said:")[-1]
    assert said == "Ann cleared a role: nobody is the scribe now"
    words = [one.text for one in build_timeline(await office.entries(incident))]
    assert "nobody is the scribe any more, says Ann" in words


async def test_an_offer_is_worth_nothing_once_the_lead_was_taken_back() -> None:
    """Ann took the lead from Ben, asked Ada, and undoes the taking: Ben has asked nobody."""
    office, incident, room = await paged()
    await asked(office, "lead", room, by=BEN)
    took = await asked(office, "lead @me", room)
    await asked(office, "handover <@U0ADA>", room)
    assert await undone(office, took) == "Undone."
    now = await office.incident(incident)
    assert now.living.offer is None
    assert now.lead is not None
    assert now.lead.name == "Ben"


async def test_an_end_that_was_a_mistake_leaves_it_mitigated() -> None:
    """Taken back, it never ended; reopened, users notice it again."""
    office, incident, room = await paged()
    await asked(office, "mitigate 14:20Z", room)
    await asked(office, "resolve", room)
    ends = [x.seq for x in await office.entries(incident) if isinstance(x.body, e.StatusChanged)]
    assert (await asked(office, f"undo #{ends[-1]}", room)).words == "Undone."
    now = await office.incident(incident)
    assert now.status is Status.TRIAGE
    assert now.living.mitigated is not None


async def test_nobodys_own_words_read_as_an_undoing() -> None:
    """An undone status is known by its reason, which anybody may type."""
    office, incident, room = await paged()
    await asked(office, "status identified", room, by=BEN)
    await asked(office, 'status triage "taken back"', room)
    await asked(office, 'resolve "taken back"', room)
    await asked(office, 'reopen "taken back"', room)
    reasons = [one.reason for one in await office.bodies(incident, e.StatusChanged)]
    assert "taken back" not in reasons
    assert "taken back." in reasons
