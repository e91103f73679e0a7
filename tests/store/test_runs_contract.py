"""What ran lately, for policies: kept by the record in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from opsbot.core.entry import Body, Draft, Visibility
from opsbot.core.people import OPSBOT, Actor
from opsbot.core.policy import PastRun, Ruling
from opsbot.core.run_entry import RunDenied, RunFinished, RunOutcome, RunStarted
from opsbot.core.run_target import same_target
from opsbot.core.runbook import Risk
from opsbot.ports import Record
from tests.store.drafts import ANN, T0, fact, note, opened, requested

MINUTE = timedelta(minutes=1)


def started(run_id: str, at: datetime) -> Draft:
    return fact(f"started:{run_id}", RunStarted(run_id=run_id), at=at)


def finished(run_id: str, at: datetime, outcome: RunOutcome = RunOutcome.SUCCEEDED) -> Draft:
    body = RunFinished(run_id=run_id, outcome=outcome, said="as asked")
    return fact(f"finished:{run_id}", body, at=at)


async def test_a_run_is_told_as_far_as_it_has_come(any_record: Record) -> None:
    """Asked for, started, over: every time is that of the fact."""
    expected = PastRun(
        run_id="r1", incident_id="inc-1", runbook="restart-deployment", target="checkout-api",
        requester=ANN.id, requested_at=T0, service="checkout-api", risk=Risk.LOW,
    )  # fmt: skip
    await any_record.append("inc-1", [opened(1, "Q1"), requested("r1")])
    assert list(await any_record.runs(T0)) == [expected]
    await any_record.append("inc-1", [started("r1", T0 + MINUTE), note("a")])
    (run,) = await any_record.runs(T0)
    assert (run.started_at, run.finished_at, run.outcome) == (T0 + MINUTE, None, "")
    await any_record.append("inc-1", [finished("r1", T0 + 2 * MINUTE, RunOutcome.ROLLED_BACK)])
    (run,) = await any_record.runs(T0)
    assert (run.finished_at, run.outcome) == (T0 + 2 * MINUTE, "rolled_back")


async def test_one_append_may_tell_a_whole_run(any_record: Record) -> None:
    drafts = [requested("r1"), started("r1", T0), finished("r1", T0 + MINUTE)]
    await any_record.append("inc-1", drafts)
    (run,) = await any_record.runs(T0)
    assert (run.started_at, run.finished_at, run.outcome) == (T0, T0 + MINUTE, "succeeded")


async def test_a_run_that_a_rule_denies_is_over_at_once(any_record: Record) -> None:
    await any_record.append("inc-1", [requested("r1", ruling=Ruling.DENIED)])
    (run,) = await any_record.runs(T0)
    assert (run.started_at, run.finished_at, run.outcome) == (None, T0, "denied")


@pytest.mark.parametrize(("by", "outcome"), [(OPSBOT, "denied"), (ANN, "withdrawn")])
async def test_a_no_ends_what_waits(any_record: Record, by: Actor, outcome: str) -> None:
    """Said by who asked for it, it is taken back."""
    no = RunDenied(run_id="r1", reason="not now")
    await any_record.append("inc-1", [requested("r1")])
    await any_record.append("inc-1", [fact("no", no, at=T0 + MINUTE, by=by)])
    (run,) = await any_record.runs(T0 + timedelta(days=-1))
    assert (run.finished_at, run.outcome) == (T0 + MINUTE, outcome)
    assert list(await any_record.runs(T0 + MINUTE)) == []


async def test_runs_of_all_incidents_come_oldest_first(any_record: Record) -> None:
    await any_record.append("inc-2", [requested("r2", at=T0 + MINUTE)])
    await any_record.append("inc-1", [requested("r3", at=T0 + 2 * MINUTE), requested("r1", at=T0)])
    found = await any_record.runs(T0)
    assert [(run.run_id, run.incident_id) for run in found] == [
        ("r1", "inc-1"), ("r2", "inc-2"), ("r3", "inc-1"),
    ]  # fmt: skip


async def test_what_was_asked_for_earlier_is_told_only_while_it_is_not_over(
    any_record: Record,
) -> None:
    """A run that waits or runs is never too old to be in the way."""
    await any_record.append("inc-1", [requested("waits"), requested("runs"), requested("over")])
    await any_record.append("inc-1", [started("runs", T0), finished("over", T0 + MINUTE)])
    later = T0 + timedelta(days=9)
    assert {run.run_id for run in await any_record.runs(later)} == {"waits", "runs"}
    assert {run.run_id for run in await any_record.runs(T0)} == {"waits", "runs", "over"}


async def test_a_transaction_sees_its_own_runs(any_record: Record) -> None:
    """So that two who ask at once are not both told that nobody else runs."""
    async with any_record.transaction("runs") as tx:
        assert list(await tx.runs(T0)) == []
        await tx.append("inc-1", [requested("r1")])
        assert [run.run_id for run in await tx.runs(T0)] == ["r1"]
        await tx.append("inc-1", [finished("r1", T0 + MINUTE, RunOutcome.EXPIRED)])
        (run,) = await tx.runs(T0)
        assert (run.started_at, run.outcome) == (None, "expired")


async def test_a_run_of_a_failed_transaction_never_was(any_record: Record) -> None:
    async def fail() -> None:
        async with any_record.transaction() as tx:
            await tx.append("inc-1", [requested("r1")])
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    assert list(await any_record.runs(T0)) == []


@pytest.mark.parametrize(
    "again",
    [
        requested("r1", at=T0 + 9 * MINUTE, by=OPSBOT, key="again"),
        fact("again", RunStarted(run_id="r1"), at=T0 + 9 * MINUTE),
        fact("again", RunFinished(run_id="r1", outcome=RunOutcome.FAILED, said=""), at=T0),
    ],
    ids=["requested", "started", "finished"],
)
async def test_a_fact_of_a_run_counts_once(any_record: Record, again: Draft) -> None:
    """The first that says it: nothing that is said later moves it."""
    drafts = [requested("r1"), started("r1", T0), finished("r1", T0 + MINUTE)]
    await any_record.append("inc-1", drafts)
    before = list(await any_record.runs(T0))
    await any_record.append("inc-1", [again])
    assert list(await any_record.runs(T0)) == before


@pytest.mark.parametrize(
    "body",
    [RunStarted(run_id="r9"), RunFinished(run_id="r9", outcome=RunOutcome.FAILED, said="")],
    ids=["started", "finished"],
)
async def test_what_nobody_asked_for_is_no_run(any_record: Record, body: Body) -> None:
    await any_record.append("inc-1", [fact("a", body)])
    assert list(await any_record.runs(T0)) == []


async def test_the_same_id_in_two_incidents_is_two_runs(any_record: Record) -> None:
    await any_record.append("inc-1", [requested("r1")])
    await any_record.append("inc-2", [requested("r1"), finished("r1", T0)])
    found = [(run.incident_id, run.outcome) for run in await any_record.runs(T0)]
    assert found == [("inc-1", ""), ("inc-2", "succeeded")]


async def test_who_breaks_the_glass_is_told_as_a_fact_without_the_words(
    any_record: Record,
) -> None:
    await any_record.append("inc-1", [requested("r1", break_glass="payments are down for all")])
    (run,) = await any_record.runs(T0)
    assert run.break_glass
    assert "payments" not in repr(run)


@pytest.mark.parametrize("visibility", Visibility)
async def test_a_run_of_a_private_incident_is_in_the_way_as_any_other(
    any_record: Record, visibility: Visibility
) -> None:
    """By ids, the runbook's name and the target; its arguments and words stay in the entry."""
    await any_record.append("inc-1", [opened(1, "Q1", visibility=visibility), requested("r1")])
    (run,) = await any_record.runs(T0)
    assert (run.runbook, run.target) == ("restart-deployment", "checkout-api")
    assert "bad release" not in repr(run)


async def test_redacting_takes_no_run_out_of_the_way(any_record: Record) -> None:
    """Neither of the request nor of the end: what happened stays, and what it happened to is
    still known without its words."""
    drafts = [requested("r1", break_glass="payments are down"), started("r1", T0)]
    await any_record.append("inc-1", [*drafts, finished("r1", T0 + MINUTE), note("a")])
    (before,) = await any_record.runs(T0)
    for seq in (1, 2, 3, 4):
        async with any_record.transaction() as tx:
            await tx.redact("inc-1", seq, ANN, "a password")
    (after,) = await any_record.runs(T0)
    assert after == replace(before, target=after.target)
    assert same_target(after.target, "checkout-api")
    assert not same_target(after.target, "auth-api")
    assert "checkout" not in after.target
