"""Ended and open again, while the pager goes on telling: nothing is asked that was just answered,
nothing comes back by a timer, and nothing of before the end stands as if it held."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Mode, Status
from opsbot.core.event import Transition
from opsbot.core.incident import Incident
from opsbot.core.rules import Channels
from tests.commands.office import ADA, BEN, Office
from tests.core.story import event


async def paged(*lines: str) -> tuple[Office, Incident, str]:
    """Five minutes into INC-1, in which Ben typed these lines."""
    office = Office()
    incident = await office.page()
    office.clock.advance(minutes=5)
    for line in lines:
        await office.typed(line, by=BEN, at=incident.surface.channel_id)
    return office, await office.incident(incident), incident.surface.channel_id


async def hears(office: Office, transition: Transition, minutes: float) -> None:
    """PagerDuty tells of the alert; `minutes` after the page is when it happened."""
    await office.hear(event(transition, minutes))


async def test_who_reopened_it_is_not_asked_whether_it_is_over_for_the_end_before() -> None:
    """PagerDuty tells late of the resolving that Ben asked for, and took back."""
    office, incident, room = await paged("lead", "resolve")
    office.clock.advance(seconds=30)
    await office.typed("reopen", at=room, by=BEN)
    await hears(office, Transition.RESOLVED, 5)
    assert (await office.incident(incident)).questions == {}
    assert office.lines(incident, "post:") == []


async def test_what_clears_after_the_return_is_asked_about() -> None:
    office, incident, room = await paged("lead", "resolve")
    await hears(office, Transition.RESOLVED, 5)
    await office.typed("reopen", at=room, by=BEN)
    office.clock.advance(minutes=5)
    await hears(office, Transition.TRIGGERED, 9)
    await hears(office, Transition.RESOLVED, 10)
    question = (await office.incident(incident)).questions[ALERT_CLEARED]
    assert question.answer == ""


@pytest.mark.parametrize("end", ['cancel "a load test"', "resolve"])
async def test_an_acknowledgement_that_runs_out_brings_nothing_back(end: str) -> None:
    """It fires as it did when Ben ended it; the pager's own timer is no news."""
    office, incident, _ = await paged()
    await hears(office, Transition.ACKNOWLEDGED, 5)
    await office.typed(end, by=BEN, at=incident.surface.channel_id)
    ended = (await office.incident(incident)).status
    office.clock.advance(minutes=30)
    await hears(office, Transition.UNACKNOWLEDGED, 35)
    assert (await office.incident(incident)).status is ended


async def test_an_alert_that_clears_on_what_was_cancelled_changes_nothing() -> None:
    office, incident, _ = await paged('cancel "a load test"')
    await hears(office, Transition.RESOLVED, 6)
    now = await office.incident(incident)
    assert (now.status, now.questions) == (Status.CANCELLED, {})


async def test_a_hand_over_from_before_the_end_is_worth_nothing_after_it() -> None:
    """Hours later, by a click on an old message, nobody is deposed."""
    office, incident, room = await paged("lead", "handover <@U0ADA>")
    (offer,) = office.people.whispered(ADA)
    for line in ("resolve", "reopen"):
        await office.typed(line, by=BEN, at=room)
    assert "Hand-over" not in office.card(incident)
    told = await office.pressed(offer.actions[0], offer.incident_id, by=ADA, at="D0ADA")
    assert told is not None
    assert "does not stand any more; Ben leads" in told.words


async def test_an_alert_that_fires_again_ends_what_was_mitigated() -> None:
    """The card would otherwise say that users notice nothing."""
    office, incident, _ = await paged("mitigate", "resolve")
    await hears(office, Transition.RESOLVED, 5)
    office.clock.advance(minutes=20)
    await hears(office, Transition.TRIGGERED, 24)
    assert (await office.incident(incident)).status is Status.TRIAGE
    assert "Mitigated" not in office.card(incident)


async def test_the_card_says_when_it_was_opened_and_how_long_it_took() -> None:
    """A status is younger than the incident: it is not resolved since the page."""
    office, incident, _ = await paged("lead")
    assert "Status investigating, open since 2026-11-22 14:00 UTC; lead Ben" in (
        office.card(incident)
    )
    await office.typed("resolve", by=BEN, at=incident.surface.channel_id)
    assert "Status fixed after 5 min, opened 2026-11-22 14:00 UTC" in office.card(incident)


@pytest.mark.parametrize(
    ("line", "words"),
    [('status identified "v2.14"', "Ben set the status to identified: “v2.14”"),
     ("status identified", "Ben set the status to identified"),
     ('resolve "rolled back"', "Ben ended the incident: fixed: “rolled back”"),
     ("resolve", "Ben ended the incident: fixed")],
)  # fmt: skip
async def test_the_room_hears_why_when_somebody_said_why(line: str, words: str) -> None:
    office, incident, _ = await paged(line)
    assert office.lines(incident, "said:")[-1] == words


async def test_why_it_is_what_it_is_may_be_said_later() -> None:
    """Words that come after the status was set are not thrown away."""
    office, incident, room = await paged("status identified")
    told = await office.typed('status identified "v2.14 lowered the limit"', at=room)
    assert told is not None
    assert "your words are on the timeline" in told.words
    said = "Ann says why it is identified: “v2.14 lowered the limit”"
    assert said in office.lines(incident, "said:")


@pytest.mark.parametrize(
    ("line", "words"),
    [("status mitigated", "Mitigated is a time and no status: mitigate says since when"),
     ("status done", "I do not know the status “done”")],
)  # fmt: skip
async def test_a_status_that_is_none_is_said_to_be_none(line: str, words: str) -> None:
    office, incident, room = await paged()
    told = await office.typed(line, at=room)
    assert told is not None
    assert words in told.words
    assert await office.bodies(incident, e.StatusChanged) == []


async def test_in_shadow_mode_nothing_is_promised_at_the_pager() -> None:
    office = Office(mode=Mode.SHADOW, channels=Channels(shadow="C0SHADOW", digest="C0D"))
    office.room.lend("C0SHADOW", "shadow")
    incident = await office.page()
    await office.pressed("resolve", incident.id)
    assert "are left as they are at the pager" in office.form_of().intro
    told = await office.submitted(closure="fixed")
    assert told is not None
    assert told.words == "INC-1 is resolved: fixed."
    assert office.pager.acts == []


async def test_a_mitigation_said_after_the_return_for_before_it_counts_and_is_pointed_at() -> None:
    """Mitigated at 14:02 by who knows that it was reopened at 14:05."""
    office, incident, room = await paged("lead", "resolve", "reopen")
    office.clock.advance(minutes=5)
    told = await office.typed("mitigate 14:02Z", by=BEN, at=room)
    assert told is not None
    assert "That is before it was reopened" in told.words
    assert "counts all the same" in told.words
    assert "Mitigated since 14:02 UTC" in office.card(incident)


async def test_what_the_return_cleared_is_not_brought_back_by_an_undo() -> None:
    """Mitigated, corrected, resolved, reopened: taking the correction back says nothing of now."""
    office, incident, room = await paged("lead", "mitigate 14:01Z", "mitigate 14:03Z")
    (_, second) = [x.seq for x in await office.entries(incident) if isinstance(x.body, e.Mitigated)]
    for line in ("resolve", "reopen"):
        await office.typed(line, by=BEN, at=room)
    told = await office.typed(f"undo #{second}", by=BEN, at=room)
    assert told is not None
    assert "Nothing was undone: the incident came back since, which cleared it." in told.words
    assert (await office.incident(incident)).living.mitigated is None
