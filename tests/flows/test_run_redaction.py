"""A run whose request was redacted: nothing says its arguments any more, it comes to an end all the
same, and what it acts on is left alone as before."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from opsbot.core.codec import stored_text, to_data
from opsbot.core.incident import Incident
from opsbot.core.run import Run
from opsbot.core.run_entry import CheckOutcome, RunOutcome
from opsbot.core.runbook import Guard, ParameterKind, Runbook, RunParameter, Step, Verification
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.engine.plain import PlainSteps
from opsbot.flows.run_step import run_step
from opsbot.flows.verify_run import verify_run
from opsbot.ports import Outcome
from tests.commands.office import BEN
from tests.commands.works import Works, runbook
from tests.fakes.gauge import FakeGauge
from tests.flows.test_run_step import EVERYBODY, arguments, owed

CUSTOMER = "Zebra-Quux"
ASK = f'run unblock customer="{CUSTOMER}"'
WATCHED = Verification(
    query='sum(rate(errors{customer="${customer}"}[1m]))', below=0.05, unit="share",
    holds=timedelta(seconds=30), every=timedelta(seconds=5), within=timedelta(minutes=2),
)  # fmt: skip


def unblock(verification: Verification | None = WATCHED, cooldown: int = 0) -> Runbook:
    """A runbook whose argument stands in its call, its target and its query."""
    customer = RunParameter(name="customer", kind=ParameterKind.STRING, label="Customer")
    call = {"do": "restart", "of": "${customer}"}
    return runbook(
        "unblock", parameters=(customer,), verification=verification,
        steps=(Step(name="unblock", executor="fake", call=call),),
        guard=Guard(target="tenant ${customer}", cooldown=timedelta(minutes=cooldown)),
    )  # fmt: skip


async def approved(book: Runbook) -> tuple[Works, Incident, Run]:
    """A run for a customer that Ben approved, and of which no step was done."""
    office = Works(book, policy=EVERYBODY)
    incident = await office.paged()
    run = await office.asked_for(incident, ASK)
    await office.approve_quietly(incident, run, BEN)
    return office, incident, run


async def redact(office: Works, incident: Incident, run: Run) -> int:
    """Somebody takes the words out of the request; the number of the newest entry by then."""
    await office.typed(f"redact #{run.seq} a customer", at=incident.surface.channel_id)
    return (await office.incident(incident)).seq


async def said_since(office: Works, incident: Incident, seq: int) -> str:
    """Everything that was put on the record later."""
    later = [one for one in await office.entries(incident) if one.seq > seq]
    return "\n".join(stored_text(to_data(one.body)) for one in later)


async def test_neither_the_state_nor_the_table_of_runs_says_an_argument() -> None:
    office, incident, run = await approved(unblock())
    assert CUSTOMER in repr(await office.newest(incident))
    await office.record.redact(incident.id, run.seq, run.requester, "a customer")
    assert CUSTOMER not in repr(await office.newest(incident))
    assert CUSTOMER not in repr(await office.record.runs(office.clock.now() - timedelta(days=1)))


async def test_a_run_that_is_redacted_while_it_is_verified_ends_without_a_verdict() -> None:
    """Nobody can say whether it helped; and the query that was watched is not said again."""
    office, incident, run = await approved(unblock())
    await run_step(office.ports, PlainSteps(), arguments(await owed(office, "run_step")))

    class Redacting(FakeGauge):
        """Its second reading comes when the words are gone."""

        async def read(self, check: RenderedCheck) -> Outcome[float | None]:
            if len(self.asked) == 1:
                await office.record.redact(incident.id, run.seq, run.requester, "a customer")
            return await super().read(check)

    gauge = Redacting()
    office.wire(gauges={"prometheus": gauge})
    seq = (await office.incident(incident)).seq
    watching = await owed(office, "verify_run")
    async with asyncio.timeout(5):
        await verify_run(office.ports, PlainSteps(), arguments(watching))
    run = await office.newest(incident)
    assert (run.outcome, len(gauge.asked)) == (RunOutcome.UNKNOWN, 2)
    assert run.check is not None
    assert run.check.outcome is CheckOutcome.UNREADABLE
    assert "was redacted" in run.said
    redacted = next(one.seq for one in await office.entries(incident) if one.key.startswith("reda"))
    assert redacted > seq
    assert CUSTOMER not in await said_since(office, incident, redacted)


async def test_what_is_left_of_a_query_is_not_asked() -> None:
    """Without its words it would ask about something else, and might pass."""
    office, incident, run = await approved(unblock())
    await run_step(office.ports, PlainSteps(), arguments(await owed(office, "run_step")))
    office.gauge.says(0.0)
    asked = len(office.gauge.asked)  # the baseline
    await office.record.redact(incident.id, run.seq, run.requester, "a customer")
    await office.settle()
    assert (await office.newest(incident)).outcome is RunOutcome.UNKNOWN
    assert len(office.gauge.asked) == asked


async def test_a_redacted_run_that_is_under_way_keeps_its_target_to_itself() -> None:
    """One run a target at a time, and another target is free."""
    office, incident, run = await approved(unblock())
    await run_step(office.ports, PlainSteps(), arguments(await owed(office, "run_step")))
    await office.record.redact(incident.id, run.seq, run.requester, "a customer")
    shown = await office.previewed(incident, ASK)
    assert "one run a target at a time" in shown.words
    shown = await office.previewed(incident, "run unblock customer=Okapi")
    assert "one run a target at a time" not in shown.words


async def test_the_cooldown_counts_from_a_run_that_was_redacted_since() -> None:
    office, incident, run = await approved(unblock(verification=None, cooldown=30))
    await office.settle()
    assert (await office.newest(incident)).outcome is RunOutcome.SUCCEEDED
    await redact(office, incident, run)
    shown = await office.previewed(incident, ASK)
    assert "left alone for 30 min" in shown.words
    office.clock.advance(minutes=31)
    shown = await office.previewed(incident, ASK)
    assert "left alone" not in shown.words
