"""Earlier versions of a postmortem leave the store once their words were redacted and the newest
version has arrived; until then nothing is lost that a place still needs."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Mode
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from opsbot.core.postmortem_acts import WRITE
from opsbot.core.postmortem_rule import PostmortemRule, WriteWhen
from opsbot.engine.plain import PlainSteps
from opsbot.flows import flows_for
from opsbot.flows.write_postmortem import PUBLISH
from opsbot.ports import Refused
from tests.commands.office import ANN, TOWN, replace
from tests.fakes.publisher import FakePublisher
from tests.flows.desk_of_learning import Desk
from tests.flows.test_postmortem_crashes import Fuse, Fused, Killed

SECRET = "hunter2-Quux"
BUSY = Refused(error="busy", cure="The shelf is full.", retry_after=timedelta(seconds=30))
NEVER = Refused(error="gone", cure="Build another shelf.")
OURS = "Support told us first."


async def noted_and_ended(desk: Desk) -> tuple[Incident, int]:
    """A postmortem stands everywhere that quotes what must not stay; the entry that says it."""
    incident = await desk.page()
    room = incident.surface.channel_id
    await desk.typed(f'note "the password is {SECRET}"', at=room)
    seq = [x.seq for x in await desk.entries(incident) if isinstance(x.body, e.NoteAdded)][-1]
    await desk.typed("resolve fixed rolled back", at=room)
    incident = await desk.quiet(incident)
    assert len(telling(desk)) >= 3, "Markdown, JSON and HTML"
    return incident, seq


def telling(desk: Desk) -> list[bytes]:
    """The blobs that say the secret."""
    held = desk.record._blobs  # pyright: ignore[reportPrivateUsage] # nothing else lists them
    return [data for data in held.values() if SECRET.encode() in data]


async def redact(desk: Desk, incident: Incident, seq: int) -> Incident:
    """Take the words out; what that owes is not done yet."""
    desk.clock.advance(minutes=1)
    line = f"redact INC-{incident.number} #{seq} a password"
    await desk.desk.take(desk.slack.typed(line, ANN, TOWN, trigger="redacting"))
    return await desk.incident(incident)


async def base_at(desk: Desk, incident: Incident, name: str) -> bytes | None:
    return await desk.record.blob((await desk.published(incident, name))[-1].base)


async def test_once_the_new_version_stands_everywhere_the_old_one_is_gone() -> None:
    """And what people write is merged into the version after that as ever."""
    desk = Desk()
    incident, seq = await noted_and_ended(desk)
    incident = await redact(desk, incident, seq)
    assert telling(desk), "the places have not taken the new one yet"
    incident = await desk.quiet(incident)
    assert telling(desk) == []
    for place in (desk.shelf, desk.wiki):
        assert await base_at(desk, incident, place.name) == place.only.text.encode()
    desk.note(desk.shelf.only, "## Detection", OURS)
    incident = await desk.says(incident, 'followup "alert on memory"')
    assert OURS in desk.shelf.only.text
    assert "alert on memory" in desk.shelf.only.text
    assert "<<<<<<<" not in desk.shelf.only.text


async def test_without_a_redaction_every_version_is_kept() -> None:
    """So are those written after one."""
    desk = Desk()
    incident, seq = await noted_and_ended(desk)
    incident = await desk.says(incident, 'followup "one"')
    assert all([await desk.record.blob(x.markdown) for x in await desk.drafts(incident)])
    incident = await desk.quiet(await redact(desk, incident, seq))
    incident = await desk.says(incident, 'followup "two"')
    left = [await desk.record.blob(x.markdown) for x in await desk.drafts(incident)]
    assert [one is None for one in left] == [True, True, False, False]


async def test_a_place_that_is_away_keeps_what_its_merge_starts_from() -> None:
    """The others do not help it: what people wrote there is told from the record by its own base
    alone."""
    desk = Desk(archive_after=timedelta(days=30))
    incident, seq = await noted_and_ended(desk)
    desk.note(desk.shelf.only, "## Detection", OURS)
    base = await base_at(desk, incident, "shelf")
    incident = await redact(desk, incident, seq)
    desk.shelf.fail("publish", BUSY, times=3)
    for _ in range(3):
        for owed in await desk.record.due(desk.clock.now()):
            await desk.once(owed)
        desk.clock.advance(seconds=40)
    assert SECRET not in desk.wiki.only.text
    assert await base_at(desk, incident, "shelf") == base
    assert telling(desk)
    incident = await desk.quiet(incident)
    assert OURS in desk.shelf.only.text
    assert SECRET not in desk.shelf.only.text
    assert telling(desk) == []


async def test_a_place_that_refuses_for_good_is_not_waited_for_and_loses_nothing() -> None:
    """Its base alone is left, until it takes a version again."""
    desk = Desk()
    incident, seq = await noted_and_ended(desk)
    desk.note(desk.shelf.only, "## Detection", OURS)
    base = await base_at(desk, incident, "shelf")
    desk.shelf.fail("publish", NEVER)
    incident = await desk.quiet(await redact(desk, incident, seq))
    assert telling(desk) == [base]
    incident = await desk.says(incident, "postmortem write")
    assert OURS in desk.shelf.only.text
    assert SECRET not in desk.shelf.only.text
    assert telling(desk) == []


async def test_a_place_that_is_taken_out_of_the_settings_is_not_waited_for() -> None:
    desk = Desk()
    incident, seq = await noted_and_ended(desk)
    desk.shelf.fail("publish", BUSY, times=100)
    incident = await redact(desk, incident, seq)
    for _ in range(3):
        for owed in await desk.record.due(desk.clock.now()):
            await desk.once(owed)
        desk.clock.advance(seconds=40)
    assert telling(desk)
    desk.ports = replace(desk.ports, publishers=(desk.wiki,))
    await desk.quiet(incident)
    assert telling(desk) == []


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.SHADOW])
async def test_where_nothing_is_published_the_next_version_is_enough(mode: Mode) -> None:
    """Nowhere to publish, or shadow mode."""
    desk = Desk(mode=mode)
    if mode is Mode.LIVE:
        desk.ports = replace(desk.ports, publishers=())
    incident = await desk.page()
    await desk.typed(f'note "{SECRET}" INC-1')
    await desk.typed("resolve fixed INC-1")
    await desk.typed("postmortem write INC-1")
    assert telling(desk)
    seq = [x.seq for x in await desk.entries(incident) if isinstance(x.body, e.NoteAdded)][-1]
    incident = await redact(desk, incident, seq)
    assert telling(desk)
    await desk.quiet(incident)
    assert telling(desk) == []


async def test_what_was_written_before_it_was_switched_off_is_replaced_all_the_same() -> None:
    """`never` means that nothing new is written, not that redacted words stay to be read."""
    desk = Desk()
    incident, seq = await noted_and_ended(desk)
    never = PostmortemRule(when=WriteWhen.NEVER, delay=timedelta(seconds=30))
    desk.rules = replace(desk.rules, postmortem=never)
    desk.ports = replace(desk.ports, rules=desk.rules)
    desk.desk._ports = desk.ports  # pyright: ignore[reportPrivateUsage] # its one dependency
    incident = await desk.says(incident, 'followup "one"')
    assert len(await desk.drafts(incident)) == 1
    await desk.quiet(await redact(desk, incident, seq))
    assert SECRET not in desk.shelf.only.text
    assert telling(desk) == []


async def test_a_version_whose_own_entry_was_redacted_is_put_nowhere() -> None:
    """Somebody wants that version gone, and it waits for a place."""
    desk = Desk()
    incident = await desk.quiet(await desk.ended())
    late = FakePublisher("late")
    desk.ports = replace(desk.ports, publishers=(late,))
    held = incident.living.draft
    assert held is not None
    await desk.record.redact(incident.id, held.seq, OPSBOT, "not like this")
    asked = {"incident_id": incident.id, "publisher": "late", "draft": str(held.seq), "key": "k"}
    assert await flows_for(desk.ports)[PUBLISH](PlainSteps(), asked) is None
    assert late.placed == {}


async def settled_until(desk: Desk, fuse: Fuse) -> None:
    """Write and publish in a process that ends when the fuse blows."""
    alive = desk.ports
    record: Any = Fused(desk.record, fuse)
    places: list[Any] = [Fused(place, fuse) for place in alive.publishers]
    desk.ports = replace(alive, record=record, publishers=tuple(places))
    with suppress(Killed):
        while True:
            due = await desk.record.due(desk.clock.now())
            owed = next((one for one in due if one.purpose in (WRITE, PUBLISH)), None)
            if owed is None:
                break
            await desk.once(owed)
    desk.ports = alive


async def test_killed_anywhere_the_words_are_gone_in_the_end_and_people_s_are_not() -> None:
    """At every step from the redaction to the last place; the next start does the rest."""
    steps = 0
    while True:
        steps += 3
        desk = Desk()
        incident, seq = await noted_and_ended(desk)
        desk.note(desk.shelf.only, "## Detection", OURS)
        incident = await redact(desk, incident, seq)
        fuse = Fuse(steps)
        await settled_until(desk, fuse)
        incident = await desk.quiet(incident)
        assert telling(desk) == [], steps
        for place in (desk.shelf, desk.wiki):
            assert await base_at(desk, incident, place.name) is not None
            assert SECRET not in place.only.text
        assert OURS in desk.shelf.only.text
        assert "<<<<<<<" not in desk.shelf.only.text
        if not fuse.blew:
            break
    assert steps > 30, "the fuse counts what the flows ask of record and places"


async def test_killed_while_the_first_version_is_written_nothing_is_left_behind() -> None:
    """What no entry names could never be forgotten."""
    for steps in range(1, 80, 4):
        desk = Desk()
        incident = await desk.page()
        room = incident.surface.channel_id
        await desk.typed(f'note "the password is {SECRET}"', at=room)
        seq = [x.seq for x in await desk.entries(incident) if isinstance(x.body, e.NoteAdded)][-1]
        await desk.typed("resolve fixed rolled back", at=room)
        desk.clock.advance(minutes=1)
        fuse = Fuse(steps)
        await settled_until(desk, fuse)
        incident = await redact(desk, incident, seq)
        incident = await desk.quiet(incident)
        assert telling(desk) == [], steps
        assert SECRET not in desk.shelf.only.text
        if not fuse.blew:
            return
    raise AssertionError("it never ends")
