"""Catching up without a model: where it stands, what was decided, what is left, and what is new to
whoever asks. That they asked is on no record."""

from __future__ import annotations

import pytest

from opsbot.core.incident import Incident
from tests.commands.office import ADA, ANN, BEN, GUS, Office


async def under_way() -> tuple[Office, Incident, str]:
    """Ann leads INC-1; Ben works on it."""
    office = Office()
    incident = await office.page()
    room = incident.surface.channel_id
    for line in ("severity sev2", "lead", 'impact "31 % of logins fail" since 13:58Z',
                 "role scribe <@U0ADA>", "note the pool is full"):  # fmt: skip
        await office.typed(line, at=room)
    return office, await office.incident(incident), room


async def brief(office: Office, at: str, by: str = BEN, line: str = "brief") -> str:
    told = await office.typed(line, at=at, by=by)
    assert told is not None
    return " ".join(told.words.split())


@pytest.mark.parametrize("line", ["brief", "catchup", "catch-up INC-1"])
async def test_it_says_where_it_stands_and_who_does_what(line: str) -> None:
    office, _, room = await under_way()
    words = await brief(office, room, line=line)
    for part in ("INC-1 [SEV2] checkout-api", "investigating", "lead Ann", "Roles scribe Ada",
                 "Impact 31 % of logins fail, since 13:58 UTC",
                 "Latest “the pool is full”"):  # fmt: skip
        assert part in words


async def test_it_names_the_last_three_decisions_with_who_made_them() -> None:
    """Not what was seen or said."""
    office, _, room = await under_way()
    await office.typed('status identified "the pool is full"', at=room)
    await office.typed("mitigate", at=room)
    words = await brief(office, room)
    decided = words[words.index("Decided") : words.index("What happened so far")]
    assert "Ann took the lead" in decided
    assert "identified: the pool is full, by Ann" in decided
    assert "mitigated: users no longer notice, by Ann" in decided
    assert "severity is SEV2" not in decided
    assert "Ann: the pool is full" not in decided


async def test_it_names_what_is_left_to_do() -> None:
    office, _, room = await under_way()
    for number in range(1, 8):
        await office.typed(f'followup "task {number}"', at=room)
    await office.typed("followup 1 done", at=room)
    words = await brief(office, room)
    assert "To do 2. task 2 (no owner, no date)" in words
    assert "and 1 more follow-up: followup list" in words
    assert "task 1" not in words[words.index("To do") : words.index("and 1 more")]


async def test_who_was_never_here_reads_what_happened_so_far() -> None:
    office, _, room = await under_way()
    words = await brief(office, room)
    assert "What happened so far" in words
    assert "INC-1 opened" in words


async def test_who_was_here_reads_what_is_new_to_them_alone() -> None:
    """Since the last thing they did themselves; what they saw then is not repeated."""
    office, _, room = await under_way()
    await office.typed("note looking at it", at=room, by=BEN)
    office.clock.advance(minutes=20)
    await office.typed("note rolled back v2.14", at=room)
    words = await brief(office, room)
    new = words[words.index("Since you were here last, 14:00 UTC") :]
    assert "rolled back v2.14" in new
    assert "the pool is full" not in new
    assert "INC-1 opened" not in new


async def test_being_brought_in_counts_as_having_been_here() -> None:
    """Ada was given a role, and with it the room."""
    office, _, room = await under_way()
    office.clock.advance(minutes=20)
    await office.typed("note rolled back v2.14", at=room)
    words = await brief(office, room, by=ADA)
    assert "rolled back v2.14" in words[words.index("Since you were here last") :]


async def test_nothing_new_is_said_to_be_nothing() -> None:
    office, _, room = await under_way()
    await office.typed("note looking at it", at=room, by=BEN)
    assert "nothing of weight happened since you were here last" in await brief(office, room)


async def test_a_long_absence_shows_the_newest_and_counts_the_rest() -> None:
    office, _, room = await under_way()
    await office.typed("note looking at it", at=room, by=BEN)
    for number in range(20):
        await office.typed(f"note step {number}", at=room)
    words = await brief(office, room)
    assert "12 earlier lines: timeline shows them" in words
    assert "step 19" in words
    assert "step 11" not in words


async def test_that_somebody_looked_is_on_no_record() -> None:
    """Nor does looking make anything old."""
    office, incident, room = await under_way()
    seq = (await office.incident(incident)).seq
    first = await brief(office, room)
    assert await brief(office, room) == first
    assert (await office.incident(incident)).seq == seq


async def test_what_was_taken_back_or_redacted_is_not_told() -> None:
    office, incident, room = await under_way()
    told = await office.typed("note Zebra-Quux one", at=room)
    assert told is not None
    await office.press_of(told, "undo:")
    await office.typed('followup "Zebra-Quux two"', at=room)
    seqs = [x.seq for x in await office.entries(incident) if "Zebra-Quux two" in repr(x.body)]
    await office.typed(f'redact #{seqs[0]} "a name"', at=room)
    words = await brief(office, room)
    assert "Zebra-Quux" not in words
    assert "To do 1. [redacted]" in words


async def test_it_is_for_members_like_everything_else() -> None:
    office, _, room = await under_way()
    assert "Guests cannot" in await brief(office, room, by=GUS)
    assert "31 % of logins fail" in await brief(office, room, by=ANN)
