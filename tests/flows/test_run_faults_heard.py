"""Faults around a step that cost the run nothing, and that somebody can find out about: in the log,
and where it matters to who reads the run, on its message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from opsbot.core import entry as e
from opsbot.core.run_card import run_card
from opsbot.core.run_entry import Phase, StepOutcome
from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.engine.plain import PlainSteps
from opsbot.executors._masks import Masks
from opsbot.executors._output import Output
from opsbot.flows.run_begin import may_begin
from opsbot.flows.run_progress import Progress
from opsbot.flows.run_step import run_step
from opsbot.ports import CallOutcome, Outcome, Plan, Refused, Succeeded, Unsure
from opsbot.store.memory import MemoryRecord
from tests.commands.works import Works, runbook
from tests.fakes.executor import FakeExecutor
from tests.fakes.gauge import FakeGauge
from tests.fakes.ticking import TickingClock
from tests.flows.test_run_step import Doing, approved, arguments, failing

SECRET = "the-word-that-no-log-says"


class Mumbling(MemoryRecord):
    """A record whose scrubber raises a few times, as a bug in it would."""

    def __init__(self, of: MemoryRecord, times: int) -> None:
        vars(self).update(vars(of))
        self.left = times

    def clean(self, text: str) -> str:
        if self.left and text.startswith("second"):
            self.left -= 1
            raise ValueError("no")
        return super().clean(text)


async def talked(office: Works, first: Any, seconds: int) -> None:
    """The first step says a line every second, for so long."""
    clock = TickingClock(office.clock.now())

    async def talk(tell: Callable[[str], None]) -> CallOutcome:
        for second in range(seconds):
            tell(f"second {second}")
            await clock.sleep(1.0)
        return Succeeded()

    office.wire(clock=clock, executors={"fake": Doing(talk)})
    await run_step(office.ports, PlainSteps(), arguments(first))


async def test_lines_that_could_not_be_put_on_the_record_are_said_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The step goes on, and the next lines are told."""
    office, incident, _, first = await approved()
    failing(office, e.StepProgressed, 2)
    await talked(office, first, 60)
    assert caplog.text.count("how far a step has come could not be put on the record") == 1
    assert await office.bodies(incident, e.StepProgressed)
    assert (await office.newest(incident)).steps[0].outcome is StepOutcome.SUCCEEDED


async def test_an_error_in_the_words_of_a_step_does_not_end_its_telling(
    caplog: pytest.LogCaptureFixture,
) -> None:
    office, incident, _, first = await approved()
    record = Mumbling(office.record, times=1)
    office.record = record
    office.wire(record=record)
    await talked(office, first, 60)
    assert "how far a step has come could not be put on the record" in caplog.text
    assert await office.bodies(incident, e.StepProgressed)


async def test_what_was_not_told_is_told_later_though_the_step_says_nothing_new() -> None:
    office, incident, run, _ = await approved()
    claim = e.StepStarted(run_id=run.run_id, phase=Phase.STEPS, step=0, name="act", boot="b")
    await office.append(incident, e.RunStarted(run_id=run.run_id), claim)
    failing(office, e.StepProgressed, 1)
    clock = TickingClock(office.clock.now())
    office.wire(clock=clock)
    progress = Progress(office.ports, incident.id, run.run_id, Phase.STEPS, 0)
    progress.tell("the only line")
    telling = asyncio.create_task(progress.keep_telling())
    await clock.sleep(20.0)
    telling.cancel()
    await asyncio.wait({telling})
    assert [one.tail for one in await office.bodies(incident, e.StepProgressed)] == [
        "the only line"
    ]


class BrokenClock(TickingClock):
    """A clock whose waiting raises, which ends whoever tells of a step."""

    async def sleep(self, seconds: float) -> None:
        raise RuntimeError("no time")


async def test_a_telling_that_ended_early_is_said_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    office, incident, _, first = await approved()

    async def talk(tell: Callable[[str], None]) -> CallOutcome:
        await asyncio.sleep(0.01)
        return Succeeded()

    clock = BrokenClock(office.clock.now())
    office.wire(clock=clock, executors={"fake": Doing(talk)})
    await run_step(office.ports, PlainSteps(), arguments(first))
    assert "the telling of a step ended early" in caplog.text
    assert (await office.newest(incident)).steps[0].outcome is StepOutcome.SUCCEEDED


# --- the metric before a run ----------------------------------------------------------------------


class Silent(FakeGauge):
    """A gauge that never answers, or raises."""

    def __init__(self, *, raises: bool) -> None:
        super().__init__()
        self._raises = raises

    async def read(self, check: RenderedCheck) -> Outcome[float | None]:
        if self._raises:
            raise RuntimeError(SECRET)
        await asyncio.Event().wait()
        return Unsure(reason="never")


def answering(*answers: Outcome[float | None]) -> FakeGauge:
    gauge = FakeGauge()
    gauge.readings = list(answers)
    return gauge


@pytest.mark.parametrize(
    ("gauge", "why"),
    [
        (Silent(raises=True), "prometheus failed (RuntimeError)"),
        (answering(Refused(error=SECRET, cure=SECRET)), "prometheus refused to say it"),
        (answering(Unsure(reason=SECRET)), "prometheus gave no usable answer"),
    ],
)
async def test_a_run_without_a_value_from_before_says_so_and_why(
    gauge: FakeGauge, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """On its message, the timeline's entry and in the log; whose words they are is not repeated."""
    caplog.set_level(logging.INFO, logger="opsbot")
    office, incident, _, first = await approved(runbook())
    office.wire(gauges={"prometheus": gauge})
    await run_step(office.ports, PlainSteps(), arguments(first))
    run = await office.newest(incident)
    assert (run.before, run.unread) == (None, why)
    said = [str(piece) for line in run_card(run).lines for piece in line.pieces]
    assert f"what the metric said before the run is not known: {why}" in said
    assert "no value of the metric from before run" in caplog.text
    own = [record.getMessage() for record in caplog.records]
    assert SECRET not in " ".join([*own, *said])


async def test_a_source_that_hangs_before_the_run_is_said_to(
    caplog: pytest.LogCaptureFixture,
) -> None:
    office, incident, run, _ = await approved(runbook())
    office.wire(gauges={"prometheus": Silent(raises=False)})
    incident = await office.incident(incident)
    began = await may_begin(office.ports, incident, run, baseline_within=0.01)
    why = "prometheus gave no answer within 0.01 s"
    assert began == e.RunStarted(run_id=run.run_id, unread=why)
    assert why in caplog.text


async def test_a_metric_without_a_datum_before_the_run_is_said_to_have_none() -> None:
    office, incident, _, first = await approved(runbook())
    office.gauge.says(None)
    await run_step(office.ports, PlainSteps(), arguments(first))
    assert (await office.newest(incident)).unread == "there was no data"


async def test_a_run_that_knows_the_value_from_before_says_nothing_of_it() -> None:
    office, incident, _, first = await approved(runbook())
    await run_step(office.ports, PlainSteps(), arguments(first))
    run = await office.newest(incident)
    assert (run.before, run.unread) == (0.31, "")
    assert "not known" not in repr(run_card(run))


# --- executors ------------------------------------------------------------------------------------


class Blurting(FakeExecutor):
    """An executor that raises when it is asked what it would do."""

    async def plan(self, call: Mapping[str, Any]) -> Plan:
        raise RuntimeError("no")


async def test_an_executor_that_raises_before_a_run_leaves_its_traceback_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    office = Works(runbook())
    incident = await office.paged()
    office.wire(executors={"fake": Blurting()})
    shown = await office.previewed(incident)
    assert "cannot say what it would do (RuntimeError)" in shown.words
    (record,) = [one for one in caplog.records if "the executor fake raised" in one.getMessage()]
    assert record.exc_info is not None


def test_a_listener_that_raises_is_said_in_the_log_once_and_without_the_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Output is kept as before; the line may hold what nobody has looked at yet."""

    def tell(line: str) -> None:
        raise ValueError(line)

    output = Output(1_000, Masks({}), tell)
    output.feed(f"{SECRET}\nsecond\n".encode())
    assert output.finish().text == f"{SECRET}\nsecond"
    (record,) = caplog.records
    assert "ValueError" in record.getMessage()
    assert SECRET not in caplog.text
