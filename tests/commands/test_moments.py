"""When it began and when users stopped noticing: set by a person, corrected, taken back; what is
measured and shown follows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Status
from opsbot.core.incident import Incident
from tests.commands.office import BEN, START, Office


async def paged() -> tuple[Office, Incident, str]:
    """Half an hour into INC-1."""
    office = Office()
    incident = await office.page()
    office.clock.advance(minutes=30)
    return office, incident, incident.surface.channel_id


async def said(office: Office, line: str, at: str, by: str = "U0ANN") -> str:
    told = await office.typed(line, at=at, by=by)
    assert told is not None
    return " ".join(told.words.split())


async def onset(office: Office, incident: Incident) -> datetime | None:
    mark = (await office.incident(incident)).living.onset
    return mark.at if mark else None


async def mitigated(office: Office, incident: Incident) -> datetime | None:
    mark = (await office.incident(incident)).living.mitigated
    return mark.at if mark else None


def minutes(number: float) -> datetime:
    return START + timedelta(minutes=number)


async def test_when_it_began_may_lie_before_everything_else_and_shows_everywhere() -> None:
    """On the card, in the room, and on the timeline at its own time."""
    office, incident, room = await paged()
    assert "INC-1 began" in await said(office, 'onset 13:41Z "first failed login"', room)
    assert await onset(office, incident) == minutes(-19)
    assert "Impact not known yet, since 13:41 UTC" in office.card(incident)
    assert "Ann says it began" in office.lines(incident, "said:")[0]
    lines = await said(office, "timeline", room)
    assert lines.index("first failed login") < lines.index("INC-1 opened")


async def test_a_correction_says_what_was_said_before_and_moves_the_impact_with_it() -> None:
    office, incident, room = await paged()
    await said(office, 'impact "logins fail" since 13:58Z', room)
    assert await onset(office, incident) == minutes(-2)
    answered = await said(office, "onset 13:41Z", room, by=BEN)
    assert "Before, it was 2026-11-22 13:58 UTC" in answered
    assert "(was 2026-11-22 13:58 UTC)" in " ".join(office.lines(incident, "said:")[-1].split())
    assert "Impact logins fail, since 13:41 UTC" in office.card(incident)
    now = await office.incident(incident)
    assert now.impact is not None
    assert now.impact.since == minutes(-19)


async def test_new_words_for_the_impact_leave_the_beginning_where_it_is() -> None:
    office, incident, room = await paged()
    await said(office, "onset 13:41Z", room)
    await said(office, 'impact "logins fail"', room)
    assert await onset(office, incident) == minutes(-19)
    await said(office, 'impact "all logins fail"', room)
    assert "Impact all logins fail, since 13:41 UTC" in office.card(incident)


@pytest.mark.parametrize(
    ("earlier", "line"),
    [
        ((), "onset 13:41Z"),
        (("onset 13:58Z",), "onset 13:41Z"),
        (('impact "slow" since 13:58Z',), "onset 13:41Z"),
        ((), 'impact "slow" since 13:41Z'),
        (("onset 13:58Z",), 'impact "slow" since 13:41Z'),
        (("onset 13:58Z",), 'impact "slow"'),
        (('impact "slow" since 13:58Z',), 'impact "slower" since 13:41Z'),
        (('impact "slow" since 13:50Z', "onset 13:58Z"), 'impact "slower" since 13:41Z'),
    ],
)
async def test_taking_it_back_leaves_impact_and_beginning_as_they_were(
    earlier: tuple[str, ...], line: str
) -> None:
    office, incident, room = await paged()
    for one in earlier:
        await said(office, one, room, by=BEN)
    before = await office.incident(incident)
    told = await office.typed(line, at=room)
    assert told is not None
    answered = await office.press_of(told, "undo:")
    assert answered is not None
    assert answered.words == "Undone."
    after = await office.incident(incident)
    assert await onset(office, incident) == (before.living.onset and before.living.onset.at)
    held = (before.impact and before.impact.text, before.impact and before.impact.since)
    assert (after.impact and after.impact.text, after.impact and after.impact.since) == held


async def test_what_somebody_corrected_since_is_not_taken_back() -> None:
    office, _, room = await paged()
    told = await office.typed("onset 13:41Z", at=room)
    assert told is not None
    await said(office, 'impact "slow" since 13:55Z', room, by=BEN)
    refused = await office.press_of(told, "undo:")
    assert refused is not None
    assert "changed again since" in refused.words


async def test_the_same_again_is_not_said_twice() -> None:
    office, incident, room = await paged()
    await said(office, 'onset 13:41Z "first failed login"', room)
    seq = (await office.incident(incident)).seq
    assert "stands so already" in await said(office, "onset 13:41Z", room)
    await said(office, "mitigate 14:05Z", room)
    assert "stands so already" in await said(office, "mitigate 14:05Z", room)
    assert len(await office.bodies(incident, e.OnsetSet)) == 1
    assert len(await office.bodies(incident, e.Mitigated)) == 1
    assert (await office.incident(incident)).seq > seq


async def test_mitigated_is_now_or_when_it_is_said_and_ends_nothing() -> None:
    office, incident, room = await paged()
    await said(office, 'mitigated "rolled back v2.14"', room)
    assert await mitigated(office, incident) == minutes(30)
    await said(office, "mitigate 14:20Z", room)
    assert await mitigated(office, incident) == minutes(20)
    assert (await office.incident(incident)).status is Status.TRIAGE
    assert "Mitigated since 14:20 UTC - Ann" in office.card(incident)
    assert "Ann says it has been mitigated since" in office.lines(incident, "said:")[0]


async def test_users_notice_it_again() -> None:
    office, incident, room = await paged()
    assert "does not stand as mitigated" in await said(office, "mitigate --off", room)
    await said(office, "mitigate 14:20Z", room)
    await said(office, 'mitigate --off "errors are back"', room)
    assert await mitigated(office, incident) is None
    assert "Mitigated" not in office.card(incident)
    assert "not mitigated: “errors are back”" in office.lines(incident, "said:")[-1]


async def test_mitigation_is_taken_back_to_what_was_said_before() -> None:
    office, incident, room = await paged()
    await said(office, 'mitigate 14:05Z "drained the node"', room, by=BEN)
    told = await office.typed("mitigate 14:20Z", at=room)
    assert told is not None
    await office.press_of(told, "undo:")
    mark = (await office.incident(incident)).living.mitigated
    assert mark is not None
    assert (mark.at, mark.said) == (minutes(5), "drained the node")


async def test_times_out_of_order_are_said_and_kept() -> None:
    """One of both is wrong, and only a person knows which."""
    office, incident, room = await paged()
    await said(office, "onset 14:10Z", room)
    assert "That is before it began" in await said(office, "mitigate 14:05Z", room)
    assert "mitigated before that" in await said(office, "onset 14:20Z", room)
    assert await mitigated(office, incident) == minutes(5)


async def test_after_the_end_the_time_has_to_be_said() -> None:
    """Now would be a wrong one: users stopped noticing before."""
    office, incident, room = await paged()
    await said(office, "resolve", room)
    assert "say since when" in await said(office, "mitigate", room)
    await said(office, "mitigate 14:20Z", room)
    assert await mitigated(office, incident) == minutes(20)


@pytest.mark.parametrize(
    "line", ["onset", "onset yesterday", "onset tomorrow 15:59Z", 'onset "13:58"']
)
async def test_what_is_no_time_is_asked_for_again(line: str) -> None:
    office, incident, room = await paged()
    await office.typed(line, at=room)
    assert await onset(office, incident) is None
