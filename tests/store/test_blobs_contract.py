"""What is large is kept beside the entries, and forgotten: in memory, on SQLite, on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import get_args

import pytest

from opsbot.core import entry as e
from opsbot.core.codec import kind_of
from opsbot.core.entry import Body
from opsbot.core.named_blobs import NAMING, named_blobs
from opsbot.core.run_entry import Phase, StepOutcome
from opsbot.ports import Record
from opsbot.store.record import SqlRecord
from opsbot.store.verify import verify
from tests.fakes.keeping import keep_blob
from tests.store.drafts import ANN, fact, note

NOBODYS = "0" * 64


def finished(blob: str, step: int = 0) -> e.StepFinished:
    """A step whose whole output is this blob."""
    return e.StepFinished(
        run_id="r1", phase=Phase.STEPS, step=step, name="restart", outcome=StepOutcome.SUCCEEDED,
        output=blob,
    )  # fmt: skip


async def forget(record: Record, incident_id: str, keys: Collection[str]) -> None:
    """Forget in a transaction of its own, and empty the database's log."""
    async with record.transaction() as transaction:
        await transaction.forget_blobs(incident_id, keys)
    await record.scour()


def naming(blob: str) -> tuple[Body, ...]:
    """Every kind of entry that names a blob, and one that a newer version wrote."""
    draft = e.PostmortemDrafted(
        through=1, template="t", template_version="v", markdown="", data="", html="",
        charts=(blob,),
    )  # fmt: skip
    return (
        finished(blob),
        e.Illustrated(slot="chart:page", blob=blob, file_id="F1", title="t", alt="a"),
        draft,
        e.PostmortemPublished(publisher="folder", url="", ref="7.md", base=blob),
        e.Unknown(kind="from_the_future", data={"picture": {"of": blob}}),
    )


def test_every_kind_that_names_a_blob_is_looked_for() -> None:
    kinds = {kind_of(body) for body in naming(NOBODYS) if not isinstance(body, e.Unknown)}
    assert kinds == set(NAMING)
    assert all(named_blobs(body) == {NOBODYS} for body in naming(NOBODYS))
    assert {type(body) for body in naming(NOBODYS)} < set(get_args(Body))


async def test_what_is_forgotten_is_gone_and_doing_it_again_is_no_mistake(
    any_record: Record,
) -> None:
    gone, left = await keep_blob(any_record, b"hunter2"), await keep_blob(any_record, b"harmless")
    for _ in range(2):
        await forget(any_record, "inc-1", (gone, NOBODYS, "", "%"))
    assert await any_record.blob(gone) is None
    assert await any_record.blob(left) == b"harmless"
    assert await keep_blob(any_record, b"hunter2") == gone
    assert await any_record.blob(gone) == b"hunter2"


@pytest.mark.parametrize("kind", range(len(naming(NOBODYS))))
async def test_what_another_incident_names_stays(any_record: Record, kind: int) -> None:
    """The same bytes are kept once; whatever its own incident says of them counts for nothing."""
    key = await keep_blob(any_record, b"ok\n")
    await any_record.append("inc-1", [fact("a", finished(key))])
    await any_record.append("inc-2", [fact("a", naming(key)[kind])])
    await forget(any_record, "inc-1", [key])
    assert await any_record.blob(key) == b"ok\n"
    await forget(any_record, "inc-2", [key])
    assert await any_record.blob(key) == b"ok\n"


async def test_words_that_quote_a_key_hold_on_to_nothing(any_record: Record) -> None:
    """Else whoever knows a hash could keep what somebody redacts."""
    key = await keep_blob(any_record, b"hunter2")
    quoted = e.StepFinished(
        run_id="r1", phase=Phase.STEPS, step=0, name="x", outcome=StepOutcome.FAILED, said=key
    )
    await any_record.append("inc-2", [note("a", f"look at {key}"), fact("b", quoted)])
    await forget(any_record, "inc-1", [key])
    assert await any_record.blob(key) is None


async def test_many_are_forgotten_at_once(any_record: Record) -> None:
    keys = [await keep_blob(any_record, f"line {n}".encode()) for n in range(120)]
    await any_record.append("inc-2", [fact("a", finished(keys[70]))])
    await forget(any_record, "inc-1", keys)
    assert [n for n, key in enumerate(keys) if await any_record.blob(key) is not None] == [70]


async def test_a_failed_transaction_neither_forgets_nor_keeps(any_record: Record) -> None:
    """What is kept together with its entry does not stay without it."""
    key = await keep_blob(any_record, b"hunter2")
    kept: list[str] = []

    async def fail() -> None:
        async with any_record.transaction() as transaction:
            await transaction.forget_blobs("inc-1", [key])
            kept.append(await transaction.keep_blob(b"a draft"))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    assert await any_record.blob(key) == b"hunter2"
    assert await any_record.blob(kept[0]) is None


async def test_what_is_kept_with_its_entry_is_kept_like_anything_else(any_record: Record) -> None:
    """The same bytes once, whoever kept them first."""
    first = await keep_blob(any_record, b"ok\n")
    async with any_record.transaction() as transaction:
        keys = [await transaction.keep_blob(data) for data in (b"ok\n", b"other", b"ok\n")]
        await transaction.append("inc-1", [fact("a", finished(keys[1]))])
    assert keys == [first, await keep_blob(any_record, b"other"), first]
    assert await any_record.blob(keys[1]) == b"other"


async def test_bytes_that_are_kept_while_another_incident_forgets_them_are_not_lost(
    record: SqlRecord, other_record: SqlRecord
) -> None:
    """Whoever comes second waits for the first."""
    key = await keep_blob(record, b"ok\n")
    await record.append("inc-1", [fact("a", finished(key))])
    forgetting: list[asyncio.Task[None]] = []
    async with other_record.transaction() as transaction:
        await transaction.keep_blob(b"ok\n")
        forgetting.append(asyncio.create_task(forget(record, "inc-1", [key])))
        await asyncio.sleep(0.05)
        await transaction.append("inc-2", [fact("a", finished(key))])
    await asyncio.gather(*forgetting)
    assert await record.blob(key) == b"ok\n"


@pytest.mark.parametrize("kind", [0, 1], ids=["output", "picture"])
async def test_redacting_an_entry_forgets_what_it_alone_named(
    any_record: Record, kind: int
) -> None:
    """In the same transaction, so that there is no moment at which only one of both is done."""
    key, other = await keep_blob(any_record, b"hunter2"), await keep_blob(any_record, b"fine")
    await any_record.append("inc-1", [fact("a", naming(key)[kind]), fact("b", finished(other, 1))])
    async with any_record.transaction() as transaction:
        await transaction.redact("inc-1", 1, ANN, "a password")
    assert await any_record.blob(key) is None
    assert await any_record.blob(other) == b"fine"
    assert named_blobs((await any_record.entries("inc-1"))[0].body) == frozenset()


async def test_what_two_entries_name_goes_with_the_last_of_them(any_record: Record) -> None:
    key = await keep_blob(any_record, b"ok\n")
    await any_record.append("inc-1", [fact("a", finished(key)), fact("b", finished(key, 1))])
    for seq, left in ((1, b"ok\n"), (2, None)):
        async with any_record.transaction() as transaction:
            await transaction.redact("inc-1", seq, ANN, "")
        assert await any_record.blob(key) == left


async def test_the_record_verifies_without_what_was_forgotten(record: SqlRecord) -> None:
    keys = [await keep_blob(record, data) for data in (b"hunter2", b"base", b"fine")]
    await record.append("inc-1", [fact(str(n), finished(key, n)) for n, key in enumerate(keys)])
    await record.redact("inc-1", 1, ANN, "")
    await forget(record, "inc-1", [keys[1]])
    report = await verify(record)
    assert (report.ok, report.blobs) == (True, 1)
