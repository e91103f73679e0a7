"""The contract of ports.Record, kept by the record in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from opsbot.core import entry as e
from opsbot.core.entry import Gone, Status
from opsbot.core.incident import fold
from opsbot.ports import Record
from tests.fakes.clock import ManualClock
from tests.store.drafts import T0, fact, joined, note, opened

RESOLVED = e.StatusChanged(status=Status.RESOLVED, reason="fixed")
REOPENED = e.StatusChanged(status=Status.INVESTIGATING, reason="it is back")


async def test_entries_get_places_in_the_order_they_are_given(any_record: Record) -> None:
    """Numbers start with one and leave no gap; the whole entry comes back."""
    first = await any_record.append("inc-1", [note("a", "one"), note("b", "two")])
    (third,) = await any_record.append("inc-1", [note("c", "three")])
    assert [entry.seq for entry in (*first, third)] == [1, 2, 3]
    assert list(await any_record.entries("inc-1")) == [*first, third]


async def test_a_known_key_returns_the_stored_entry(any_record: Record) -> None:
    """Appending under a key a second time changes nothing, whatever it says."""
    (stored,) = await any_record.append("inc-1", [note("a", "first words")])
    again = await any_record.append("inc-1", [note("b"), note("a", "other words"), note("c")])
    assert again[1] == stored
    assert [entry.seq for entry in again] == [2, 1, 3]


async def test_one_key_twice_in_one_call_is_appended_once(any_record: Record) -> None:
    one, other = await any_record.append("inc-1", [note("a", "first"), note("a", "second")])
    assert one == other
    assert len(await any_record.entries("inc-1")) == 1


async def test_the_same_key_means_something_else_in_another_incident(any_record: Record) -> None:
    await any_record.append("inc-1", [note("a", "one")])
    (entry,) = await any_record.append("inc-2", [note("a", "two")])
    assert (entry.seq, entry.body) == (1, e.NoteAdded(text="two"))


async def test_the_incident_is_the_fold_of_its_entries(any_record: Record) -> None:
    await any_record.append("inc-1", [opened(7, "Q1"), note("a"), fact("over", RESOLVED)])
    incident = await any_record.incident("inc-1")
    assert incident == fold("inc-1", await any_record.entries("inc-1"))
    assert (incident.number, incident.status) == (7, Status.RESOLVED)


async def test_an_incident_nobody_wrote_of_is_empty(any_record: Record) -> None:
    assert (await any_record.incident("inc-0")).seq == 0
    assert list(await any_record.entries("inc-0")) == []
    assert await any_record.by_number(1) is None


async def test_a_transaction_sees_what_it_appended(any_record: Record) -> None:
    async with any_record.transaction("intake") as transaction:
        await transaction.append("inc-1", [opened(1, "Q1")])
        assert (await transaction.incident("inc-1")).number == 1
        assert await transaction.find_origin("pagerduty", "Q1") == "inc-1"
        await transaction.append("inc-1", [note("a")])
        assert (await transaction.incident("inc-1")).seq == 2


async def test_a_failed_transaction_leaves_nothing(any_record: Record, clock: ManualClock) -> None:
    """Facts and obligations become true together or not at all; the number is given again."""
    await any_record.append("inc-1", [note("a")])

    async def fail() -> None:
        async with any_record.transaction() as transaction:
            await transaction.append("inc-1", [opened(await transaction.next_number(), "Q1")])
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    assert len(await any_record.entries("inc-1")) == 1
    assert (await any_record.incident("inc-1")).number == 0
    async with any_record.transaction() as transaction:
        assert await transaction.next_number() == 1
        assert await transaction.find_origin("pagerduty", "Q1") is None


async def test_numbers_are_given_out_one_by_one(any_record: Record) -> None:
    for expected in (1, 2, 3):
        async with any_record.transaction() as transaction:
            number = await transaction.next_number()
            await transaction.append(f"inc-{number}", [opened(number, f"Q{number}")])
        assert number == expected
        assert await any_record.by_number(number) == f"inc-{number}"


async def test_open_incidents_are_those_opened_and_not_over(any_record: Record) -> None:
    """Records that concern no alert have no number and are never listed."""
    await any_record.append("inc-2", [opened(2, "Q2")])
    await any_record.append("inc-1", [opened(1, "Q1")])
    await any_record.append("inc-3", [opened(3, "Q3"), fact("over", RESOLVED)])
    await any_record.append("ops", [note("a")])
    assert sorted(await any_record.open_incidents()) == ["inc-1", "inc-2"]


async def test_ended_incidents_are_those_that_ended_since_the_newest_first(
    any_record: Record,
) -> None:
    """Those that are open again are not among them."""
    for number, minutes in ((1, 5), (2, 30), (3, 10), (4, 20)):
        over = fact("over", RESOLVED, at=T0 + timedelta(minutes=minutes))
        await any_record.append(f"inc-{number}", [opened(number, f"Q{number}"), over])
    await any_record.append("inc-4", [fact("again", REOPENED)])
    await any_record.append("inc-5", [opened(5, "Q5")])
    since = T0 + timedelta(minutes=10)
    assert list(await any_record.ended_incidents(since, 10)) == ["inc-2", "inc-3"]
    assert list(await any_record.ended_incidents(since, 1)) == ["inc-2"]


async def test_open_alerts_are_those_of_incidents_that_are_not_over(any_record: Record) -> None:
    """Of one source, each once, those that joined an incident as well."""
    await any_record.append("inc-1", [opened(1, "Q2"), joined("Q1")])
    await any_record.append("inc-2", [opened(2, "Q3"), fact("over", RESOLVED)])
    await any_record.append("ops", [note("a")])
    assert list(await any_record.open_alerts("pagerduty")) == ["Q1", "Q2"]
    assert list(await any_record.open_alerts("elsewhere")) == []


async def test_every_alert_of_an_incident_leads_to_it(any_record: Record) -> None:
    await any_record.append("inc-1", [opened(1, "Q1"), joined("Q2")])
    async with any_record.transaction() as transaction:
        assert await transaction.find_origin("pagerduty", "Q1") == "inc-1"
        assert await transaction.find_origin("pagerduty", "Q2") == "inc-1"
        assert await transaction.find_origin("elsewhere", "Q1") is None


@pytest.mark.parametrize(
    ("dedup_key", "service_id", "hours", "found"),
    [
        ("cpu", "", 0, "inc-3"),  # the newest of the same alert that was over late enough
        ("cpu", "", 3, None),  # all were over earlier
        ("disk", "", 3, "inc-2"),  # still open: how long ago does not matter
        ("net", "PSVC", 0, None),  # a dedup key nobody had is another alert
        ("", "PSVC", 0, "inc-3"),  # without a dedup key the service tells
        ("", "POTHER", 0, None),
        ("", "", 0, None),  # nothing to go by
    ],
)
async def test_the_same_alert_returns_to_its_newest_incident(
    any_record: Record, dedup_key: str, service_id: str, hours: int, found: str | None
) -> None:
    over = fact("over", RESOLVED, at=T0 + timedelta(hours=2))
    await any_record.append("inc-1", [opened(1, "Q1", dedup_key="cpu"), over])
    await any_record.append("inc-2", [opened(2, "Q2", dedup_key="disk")])
    await any_record.append("inc-3", [opened(3, "Q3", dedup_key="cpu"), over])
    async with any_record.transaction() as transaction:
        incident = await transaction.find_recent(
            source="pagerduty", dedup_key=dedup_key, service_id=service_id,
            since=T0 + timedelta(hours=hours),
        )  # fmt: skip
    assert (incident.id if incident else None) == found


async def test_a_channel_leads_to_the_incident_whose_room_it_is(any_record: Record) -> None:
    opened_channel = e.ChannelOpened(channel_id="C0ROOM", name="inc-1-x", adopted=False)
    await any_record.append("inc-1", [opened(1, "Q1"), fact("room", opened_channel)])
    assert await any_record.holder_of_channel("C0ROOM") == "inc-1"
    assert await any_record.holder_of_channel("C0OTHER") is None


async def test_a_claim_is_made_once(any_record: Record) -> None:
    """The second claim of an act answers when the first was made."""
    later = T0 + timedelta(hours=1)
    assert await any_record.claim("run-1:step-1", T0) is None
    assert await any_record.claim("run-1:step-1", later) == T0
    assert await any_record.claim("run-1:step-2", later) is None


async def test_an_unknown_body_comes_back_as_it_was(any_record: Record) -> None:
    """An entry of a newer version, and one whose body is gone, are entries all the same."""
    unknown = e.Unknown(kind="from_the_future", data={"a": [1, "zwei", None]})
    await any_record.append("inc-1", [fact("a", unknown), fact("b", Gone())])
    bodies = [entry.body for entry in await any_record.entries("inc-1")]
    assert bodies == [unknown, Gone()]


async def test_a_probe_leaves_the_record_as_it_was(any_record: Record, clock: ManualClock) -> None:
    """Nothing is owed, told or claimed by it, however often it is asked."""
    for _ in range(3):
        await any_record.probe()
    assert list(await any_record.open_incidents()) == []
    assert await any_record.next_due() is None
    assert await any_record.claim("inc-1:show:card", clock.now()) is None
