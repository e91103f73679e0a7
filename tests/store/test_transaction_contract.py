"""The contract of ports.Transaction beyond appending: what a person's act looks up and removes.
Kept by the record in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Gone, Status
from opsbot.core.incident import fold
from opsbot.ports import Record
from tests.store.drafts import ANN, fact, note, opened

RESOLVED = e.StatusChanged(status=Status.RESOLVED, reason="fixed")
REOPENED = e.StatusChanged(status=Status.TRIAGE, reason="fires again")


def room(channel_id: str) -> e.ChannelOpened:
    return e.ChannelOpened(channel_id=channel_id, name="inc-x", adopted=False)


async def test_a_number_leads_to_its_incident_at_once(any_record: Record) -> None:
    """Also to one that this very transaction opens, and never to one of no number."""
    await any_record.append("ops", [note("a")])
    async with any_record.transaction("intake") as tx:
        await tx.append("inc-1", [opened(await tx.next_number(), "Q1")])
        assert await tx.by_number(1) == "inc-1"
        assert await tx.by_number(0) is None
        assert await tx.by_number(2) is None
    assert await any_record.by_number(1) == "inc-1"


async def test_a_channel_leads_to_its_incident_at_once(any_record: Record) -> None:
    async with any_record.transaction("intake") as tx:
        await tx.append("inc-1", [opened(1, "Q1"), fact("room", room("C0ROOM"))])
        assert await tx.holder_of_channel("C0ROOM") == "inc-1"
        await tx.append("inc-2", [opened(2, "Q2")])  # has no room yet
        assert await tx.holder_of_channel("C0OTHER") is None
        assert await tx.holder_of_channel("") is None


async def test_a_channel_that_was_lent_twice_leads_to_the_newest(any_record: Record) -> None:
    """People's own channel may have been the room of an incident before."""
    await any_record.append("inc-1", [opened(1, "Q1"), fact("room", room("C0ROOM"))])
    await any_record.append("inc-1", [fact("over", RESOLVED)])
    await any_record.append("inc-2", [opened(2, "Q2"), fact("room", room("C0ROOM"))])
    async with any_record.transaction() as tx:
        assert await tx.holder_of_channel("C0ROOM") == "inc-2"
    assert await any_record.holder_of_channel("C0ROOM") == "inc-2"


async def test_a_room_that_moved_leads_from_its_new_channel(any_record: Record) -> None:
    """The old one is nobody's any more."""
    await any_record.append("inc-1", [opened(1, "Q1"), fact("room", room("C0OLD"))])
    await any_record.append("inc-1", [fact("moved", room("C0NEW"))])
    async with any_record.transaction() as tx:
        assert await tx.holder_of_channel("C0OLD") is None
        assert await tx.holder_of_channel("C0NEW") == "inc-1"


async def test_open_incidents_are_those_of_this_moment_oldest_first(any_record: Record) -> None:
    """With what the transaction itself opened, ended and reopened."""
    await any_record.append("inc-2", [opened(2, "Q2")])
    await any_record.append("inc-1", [opened(1, "Q1")])
    async with any_record.transaction("intake") as tx:
        assert list(await tx.open_incidents()) == ["inc-1", "inc-2"]
        await tx.append("inc-1", [fact("over", RESOLVED)])
        await tx.append("inc-3", [opened(3, "Q3")])
        assert list(await tx.open_incidents()) == ["inc-2", "inc-3"]
        await tx.append("inc-1", [fact("again", REOPENED)])
        assert list(await tx.open_incidents()) == ["inc-1", "inc-2", "inc-3"]
    assert list(await any_record.open_incidents()) == ["inc-1", "inc-2", "inc-3"]


async def test_a_transaction_reads_the_whole_record_with_its_own_part(any_record: Record) -> None:
    stored = list(await any_record.append("inc-1", [opened(1, "Q1"), note("a", "one")]))
    async with any_record.transaction() as tx:
        (third,) = await tx.append("inc-1", [note("b", "two")])
        assert list(await tx.entries("inc-1")) == [*stored, third]
        assert list(await tx.entries("inc-0")) == []


async def test_redacting_leaves_the_place_and_takes_the_words(any_record: Record) -> None:
    """The entry stays where it was; who redacted it and why is said in one of its own."""
    await any_record.append("inc-1", [opened(1, "Q1"), note("a", "hunter2"), note("b", "looking")])
    async with any_record.transaction() as tx:
        said = await tx.redact("inc-1", 2, ANN, "a password")
        assert (await tx.entries("inc-1"))[1].body == Gone()
    assert (said.seq, said.actor) == (4, ANN)
    assert said.body == e.Redacted(seq=2, reason="a password")
    entries = await any_record.entries("inc-1")
    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert "hunter2" not in repr(entries)


async def test_the_state_after_a_redaction_is_the_fold_of_what_is_left(any_record: Record) -> None:
    """In the same transaction and after it: no cached state keeps the words."""
    await any_record.append("inc-1", [opened(1, "Q1"), note("a", "earlier"), note("b", "hunter2")])
    async with any_record.transaction() as tx:
        await tx.redact("inc-1", 3, ANN, "a password")
        within = await tx.incident("inc-1")
        assert within == fold("inc-1", await tx.entries("inc-1"))
    after = await any_record.incident("inc-1")
    assert after == within
    assert "hunter2" not in repr(after)
    assert after.last_note is not None
    assert after.last_note.text == "earlier"


async def test_redacting_twice_is_redacting(any_record: Record) -> None:
    """The same entry comes back, and nothing is added."""
    await any_record.append("inc-1", [opened(1, "Q1"), note("a", "hunter2")])
    async with any_record.transaction() as tx:
        first = await tx.redact("inc-1", 2, ANN, "a password")
        assert await tx.redact("inc-1", 2, ANN, "again") == first
    async with any_record.transaction() as tx:
        assert await tx.redact("inc-1", 2, ANN, "once more") == first
    assert len(await any_record.entries("inc-1")) == 3


async def test_a_redaction_that_fails_takes_nothing(any_record: Record) -> None:
    """All or nothing holds for what is removed as well."""
    await any_record.append("inc-1", [opened(1, "Q1"), note("a", "hunter2")])

    async def fail() -> None:
        async with any_record.transaction() as tx:
            await tx.redact("inc-1", 2, ANN, "a password")
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    entries = await any_record.entries("inc-1")
    assert entries[1].body == e.NoteAdded(text="hunter2")
    state = await any_record.incident("inc-1")
    assert state.last_note is not None
    assert state.last_note.text == "hunter2"


async def test_an_entry_that_is_not_there_cannot_be_redacted(any_record: Record) -> None:
    await any_record.append("inc-1", [opened(1, "Q1")])
    for seq in (0, 2, -1):
        with pytest.raises(LookupError):
            async with any_record.transaction() as tx:
                await tx.redact("inc-1", seq, ANN, "nothing there")
    assert len(await any_record.entries("inc-1")) == 1


async def test_what_carries_state_keeps_it(any_record: Record) -> None:
    """Taking the reason out of a resolution does not reopen the incident."""
    over = e.StatusChanged(status=Status.RESOLVED, reason="hunter2", closure=e.Closure.FIXED)
    await any_record.append("inc-1", [opened(1, "Q1"), fact("over", over)])
    async with any_record.transaction() as tx:
        await tx.redact("inc-1", 2, ANN, "a password")
    state = await any_record.incident("inc-1")
    assert (state.status, state.closure) == (Status.RESOLVED, e.Closure.FIXED)
    assert list(await any_record.open_incidents()) == []
    assert await any_record.by_number(1) == "inc-1"
