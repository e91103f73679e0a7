"""Writing and publishing killed at every step, before and after each call, and started again."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import Incident
from opsbot.core.postmortem_acts import WRITE
from opsbot.flows.write_postmortem import PUBLISH
from opsbot.ports import Obligation, Refused, Unsure
from opsbot.slack.postmortem import SlackPublisher
from tests.commands.office import replace
from tests.fakes.fuse import Fuse, Fused, Killed
from tests.flows.desk_of_learning import Desk

WHENEVER = Refused(error="busy", cure="The shelf is full.", retry_after=timedelta(seconds=30))
NEVER = Refused(error="gone", cure="Build another shelf.")
LOST = Unsure(reason="no answer in time")


async def ended(**given: Any) -> tuple[Desk, Incident]:
    """An incident is over; its postmortem is due and not written yet."""
    desk = Desk(delay=timedelta(minutes=5), **given)
    incident = await desk.ended()
    desk.clock.advance(minutes=6)
    return desk, incident


async def settled_until(desk: Desk, fuse: Fuse) -> None:
    """Write and publish in a process that ends when the fuse blows."""
    alive = desk.ports
    room: Any = Fused(desk.room, fuse)
    record: Any = Fused(desk.record, fuse)
    places: list[Any] = [SlackPublisher(desk.record, room, desk.clock) if place.name == "slack"
              else Fused(place, fuse) for place in alive.publishers]  # fmt: skip
    desk.ports = replace(alive, record=record, publishers=tuple(places))
    with suppress(Killed):
        while owed := await _written_next(desk):
            await desk.once(owed)
    desk.ports = alive


async def _written_next(desk: Desk) -> Obligation | None:
    due = await desk.record.due(desk.clock.now())
    return next((owed for owed in due if owed.purpose in (WRITE, PUBLISH)), None)


async def check(desk: Desk, incident: Incident) -> None:
    """Everything stands once on both shelves, and the record knows it."""
    drafts = await desk.drafts(incident)
    assert len(drafts) == 1
    text = await desk.record.blob(drafts[0].markdown)
    for place in (desk.shelf, desk.wiki):
        assert place.only.text.encode() == text
        assert place.only.versions == 1
        (published,) = await desk.published(incident, place.name)
        assert (published.ref, published.base) == (place.only.document.stem, drafts[0].markdown)
    assert len(desk.lines(incident, "postmortem")) == 1


async def unknown(desk: Desk, incident: Incident) -> bool:
    """Whether nobody can say that the file was shared; then it was shared once at most, and asking
    for it shares it anew."""
    assert len(desk.room.shared) <= 1
    failed = await desk.bodies(incident, e.PostmortemFailed)
    assert len(failed) + len(await desk.published(incident, "slack")) == 1
    if not failed:
        return False
    assert "look into the thread" in failed[0].cure
    incident = await desk.says(incident, "postmortem write")
    assert len(await desk.published(incident, "slack")) == 1
    return True


async def test_killed_anywhere_it_is_written_and_published_once() -> None:
    """At every step of drafting and of all three places; the next start finds what is owed. A file
    in the thread cannot be looked for: killed around sharing it, the room is told so."""
    steps = doubts = 0
    while True:
        steps += 1
        desk, incident = await ended(slack=True)
        fuse = Fuse(steps)
        await settled_until(desk, fuse)
        incident = await desk.quiet(incident)
        await check(desk, incident)
        doubts += await unknown(desk, incident)
        if not fuse.blew:
            break
    assert steps > 40, "the fuse counts what the flows ask of record and places"
    assert 2 <= doubts <= 12, "between the claim and what the record says of it"


async def test_killed_anywhere_with_people_writing_before_the_next_start() -> None:
    """Whatever stands on the shelf by then keeps their words, without a dispute."""
    steps = 0
    while True:
        steps += 5
        desk, incident = await ended()
        fuse = Fuse(steps)
        await settled_until(desk, fuse)
        if desk.shelf.placed:
            desk.note(desk.shelf.only, "## Detection", "Support told us first.")
        edited = bool(desk.shelf.placed)
        incident = await desk.quiet(incident)
        incident = await desk.says(incident, 'followup "alert on memory"')
        assert ("Support told us first." in desk.shelf.only.text) is edited
        assert "alert on memory" in desk.shelf.only.text
        assert "<<<<<<<" not in desk.shelf.only.text
        if not fuse.blew:
            break


# --- places that fail --------------------------------------------------------------------------


async def test_a_place_that_fails_holds_up_no_other() -> None:
    """It is tried again alone until it takes it; the incident goes on all the while."""
    desk, incident = await ended()
    desk.shelf.fail("publish", WHENEVER, times=4)
    incident = await desk.quiet(incident)
    assert desk.wiki.only.versions == desk.shelf.only.versions == 1
    assert desk.wiki.calls.count("publish") == 1
    assert len(await desk.published(incident, "shelf")) == 1


async def test_a_place_that_stays_away_is_said_once_and_tried_for_a_day() -> None:
    """After a minute the room is told; after a day a person has to ask again."""
    desk, incident = await ended(archive_after=timedelta(days=30))
    desk.shelf.fail("publish", WHENEVER, times=10_000)
    for _ in range(20):
        incident = await busy(desk, incident)
    failed = await desk.bodies(incident, e.PostmortemFailed)
    assert [(one.cure, one.gives_up) for one in failed] == [("The shelf is full.", False)]
    assert "shelf: The shelf is full." in desk.lines(incident, "postmortem")[0]
    desk.clock.advance(hours=25)
    incident = await busy(desk, incident)
    assert (await desk.bodies(incident, e.PostmortemFailed))[-1].gives_up
    tried = desk.shelf.calls.count("publish")
    desk.clock.advance(hours=25)
    incident = await desk.quiet(incident)
    assert desk.shelf.calls.count("publish") == tried
    desk.shelf.heal()
    incident = await desk.says(incident, "postmortem write")
    assert "Trouble" not in desk.lines(incident, "postmortem")[0]
    assert desk.shelf.only.versions == 1


async def busy(desk: Desk, incident: Incident) -> Incident:
    """Do what is due now, once each."""
    for owed in await desk.record.due(desk.clock.now()):
        await desk.once(owed)
    desk.clock.advance(seconds=40)
    return await desk.incident(incident)


@pytest.mark.parametrize("call", ["find", "publish"])
async def test_what_a_place_refuses_for_good_is_said_with_the_cure(call: str) -> None:
    desk, incident = await ended()
    desk.shelf.fail(call, NEVER)
    incident = await desk.quiet(incident)
    (failed,) = await desk.bodies(incident, e.PostmortemFailed)
    assert (failed.publisher, failed.cure, failed.gives_up) == (
        "shelf", "Build another shelf.", True,
    )  # fmt: skip
    assert desk.wiki.only.versions == 1
    incident = await desk.says(incident, "postmortem write")
    assert desk.shelf.only.versions == 1


@pytest.mark.parametrize("call", ["find", "read", "publish"])
@pytest.mark.parametrize("trouble", [WHENEVER, LOST], ids=["refused for now", "no answer"])
async def test_whatever_fails_for_a_moment_is_done_again(
    call: str, trouble: Refused | Unsure
) -> None:
    desk, incident = await ended()
    incident = await desk.quiet(incident)
    desk.note(desk.shelf.only, "## Detection", "Support told us first.")
    desk.shelf.fail(call, trouble, times=2)
    incident = await desk.says(incident, 'followup "alert on memory"')
    assert "Support told us first." in desk.shelf.only.text
    assert "alert on memory" in desk.shelf.only.text
    assert desk.shelf.only.versions == 2


async def test_a_lost_answer_is_found_to_be_done() -> None:
    desk, incident = await ended()
    desk.shelf.lose()
    incident = await desk.quiet(incident)
    assert desk.shelf.only.versions == 1
    assert len(await desk.published(incident, "shelf")) == 1


async def test_a_place_that_was_taken_out_of_the_settings_owes_nothing() -> None:
    desk, incident = await ended()
    desk.ports = replace(desk.ports, publishers=(desk.wiki,))
    await desk.quiet(incident)
    assert desk.shelf.placed == {}
    assert desk.wiki.only.versions == 1


async def test_a_private_incident_goes_only_where_its_readers_alone_look() -> None:
    """The other place is not even asked."""
    desk = Desk(slack=True)
    told = await desk.typed('declare "Somebody left with keys" --private')
    assert told is not None
    incident = await desk.record.incident(told.incident_id)
    room = incident.surface.channel_id
    await desk.typed("resolve fixed", at=room)
    incident = await desk.quiet(incident)
    assert desk.shelf.calls == []
    assert desk.wiki.only.document.private
    assert [one.channel_id for one in desk.room.shared] == [room]
    assert "keys" not in desk.public(but=room)
