"""Do one step of a run: claimed on the record before it acts, done at most once, its result kept.

A step that was begun and has no result was begun by a process that is gone: nobody knows what came
of it, a person is asked, and it is never done again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from opsbot.core import entry as e
from opsbot.core.entry import Body
from opsbot.core.incident import Incident
from opsbot.core.run import Run
from opsbot.core.run_approval import is_whole
from opsbot.core.run_entry import Phase, StepOutcome
from opsbot.core.run_preview import seconds
from opsbot.core.runbook import Scalar
from opsbot.core.runbook.lookups import Unresolved, holds, late_values, resolve
from opsbot.core.runbook.rendered import RenderedStep
from opsbot.core.text import inert
from opsbot.flows.intake import LOCK
from opsbot.flows.run_begin import in_the_way, may_begin
from opsbot.flows.run_progress import TAIL, Progress
from opsbot.flows.run_record import append_run, record_run
from opsbot.ports import (
    CallOutcome,
    Executor,
    Failed,
    Ports,
    Steps,
    Succeeded,
    Ticket,
    Unclear,
)

log = logging.getLogger(__name__)
LOOK = "Look at the target before you do anything: it may be done, half done, or not begun"
STOPPED = f"opsbot was stopped while it ran. {LOOK}"
LOST = f"what came of it could not be put on the record. {LOOK}"
GRACE = 10.0  # seconds beyond a step's own timeout for an executor that does not keep it
AGAIN = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)  # seconds between tries to keep a result


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Which step of which run, and how many seconds an executor may be late with it."""

    incident_id: str
    run_id: str
    phase: Phase
    step: int
    grace: float

    @property
    def name(self) -> str:
        return f"{self.phase}:{self.step}"


async def run_step(
    ports: Ports, steps: Steps, arguments: Mapping[str, str], *, grace: float = GRACE
) -> float | None:
    """Answer None: whatever came of it stands on the record."""
    place = _Place(
        incident_id=arguments["incident_id"], run_id=arguments["run"],
        phase=Phase(arguments["phase"]), step=int(arguments["step"]), grace=grace,
    )  # fmt: skip

    async def step() -> None:
        incident = await ports.record.incident(place.incident_id)
        run = incident.runs.get(place.run_id)
        if run is None or run.outcome is not None or not run.approved:
            return
        done = run.done(place.phase)
        if place.step < len(done):
            held = done[place.step]
            if held.outcome is None:
                said = LOST if held.boot == ports.boot else STOPPED
                await _finish(ports, place, held.name, Unclear(said=said), None, 0.0)
            return
        await _do(ports, place, incident, run)

    await steps.run("run step", step)
    return None


async def _do(ports: Ports, place: _Place, incident: Incident, run: Run) -> None:
    planned = run.planned(place.phase)[place.step]
    first = place.phase is Phase.STEPS and place.step == 0
    facts: list[tuple[str, Body]] = []
    if first:
        began = await may_begin(ports, incident, run)
        if isinstance(began, str):
            await _refuse(ports, place, began)
            return
        facts.append(("started", began))
    late = late_values(run.run_id, run.plan.arguments, ports.clock.now())
    values = {**known_values(run), **late}
    if planned.when is not None and not holds(planned.when, values):
        skipped = e.StepFinished(
            run_id=run.run_id, phase=place.phase, step=place.step, name=planned.name,
            outcome=StepOutcome.SKIPPED, said="its condition does not hold",
        )  # fmt: skip
        await _claimed(ports, place, [*facts, (f"{place.name}:finished", skipped)], first=first)
        return
    claim = e.StepStarted(
        run_id=run.run_id, phase=place.phase, step=place.step, name=planned.name, boot=ports.boot
    )
    if not await _claimed(ports, place, [*facts, (f"{place.name}:started", claim)], first=first):
        return
    await _act(ports, place, run, planned, values)


async def _claimed(
    ports: Ports, place: _Place, facts: list[tuple[str, Body]], *, first: bool
) -> bool:
    """Whether this call made the claim: under the lock, so that of two only one does."""
    async with ports.record.transaction(LOCK) as tx:
        incident = await tx.incident(place.incident_id)
        run = incident.runs.get(place.run_id)
        if run is None or run.outcome is not None or len(run.done(place.phase)) != place.step:
            return False
        now, blocked = ports.clock.now(), ""
        if first and incident.status.is_over:
            blocked = f"INC-{incident.number} was over before it could begin"
        elif first:
            blocked = await in_the_way(tx, run, incident.severity, ports.rules, now)
        if blocked:
            denied = e.RunDenied(run_id=run.run_id, reason=inert(blocked, 600))
            facts = [("denied", denied)]
        await append_run(tx, ports, place.incident_id, place.run_id, facts)
        return not blocked


async def _refuse(ports: Ports, place: _Place, why: str) -> None:
    denied = e.RunDenied(run_id=place.run_id, reason=inert(why, 600))
    await record_run(ports, place.incident_id, place.run_id, ("denied", denied))


def known_values(run: Run) -> dict[str, Scalar]:
    """What finished steps have registered, by `step.value`."""
    return {
        f"{state.name}.{name}": value
        for states in (run.steps, run.rollback)
        for state in states
        if state.outcome is StepOutcome.SUCCEEDED
        for name, value in state.values.items()
    }


async def _act(
    ports: Ports, place: _Place, run: Run, planned: RenderedStep, values: Mapping[str, Scalar]
) -> None:
    progress = Progress(ports, place.incident_id, run.run_id, place.phase, place.step)
    executor = ports.executors.get(planned.executor)
    began = ports.clock.monotonic()
    outcome: CallOutcome
    if executor is None:
        outcome = Failed(said=f"the executor {planned.executor} is not configured")
    else:
        outcome = await _called(executor, place, run, planned, values, progress)
    took = ports.clock.monotonic() - began
    await _finish(ports, place, planned.name, outcome, progress, took, planned.register)


async def _called(
    executor: Executor, place: _Place, run: Run, planned: RenderedStep,
    values: Mapping[str, Scalar], progress: Progress,
) -> CallOutcome:  # fmt: skip
    if not is_whole(run.plan):
        return Failed(said="what it would do was redacted since it began; nothing was done")
    try:
        call = resolve(planned.call, values)
    except Unresolved as missing:
        return Failed(said=f"{missing}; nothing was done")
    ticket = Ticket(
        run_id=run.run_id, step=place.name, actor_id=run.requester.id,
        actor_name=run.requester.name, timeout_s=planned.timeout_s,
        output_limit=planned.output_limit,
    )  # fmt: skip
    telling = asyncio.create_task(progress.keep_telling())
    try:
        acting = executor.act(call, planned.binding, ticket, progress.tell)
        return await _bounded(acting, planned, place.grace)
    finally:
        await _ended(telling)


async def _ended(telling: asyncio.Task[None]) -> None:
    """Have the telling of a step end; one that had ended by itself broke off."""
    telling.cancel()
    await asyncio.wait({telling})
    if not telling.cancelled() and (error := telling.exception()) is not None:
        log.error("the telling of a step ended early", exc_info=error)


async def _bounded(
    acting: Coroutine[Any, Any, CallOutcome], planned: RenderedStep, grace: float
) -> CallOutcome:
    """What comes of a call. An executor that breaks its word, by raising or by never coming back,
    leaves an outcome that nobody knows; it may have acted."""
    task = asyncio.create_task(acting)
    try:
        await asyncio.wait({task}, timeout=planned.timeout_s + grace)
    finally:  # also when opsbot is stopped: then it ends what it has started
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=grace)
    if not task.done() or task.cancelled():
        after = seconds(planned.timeout_s)
        return Unclear(said=f"{planned.executor} did not end by itself after {after}. {LOOK}")
    if (error := task.exception()) is not None:
        log.error("the executor %s raised", planned.executor, exc_info=error)
        said = f"{planned.executor} broke off ({type(error).__name__}). {LOOK}"
        return Unclear(said=said)
    return task.result()


async def _finish(
    ports: Ports, place: _Place, name: str, outcome: CallOutcome, progress: Progress | None,
    took_s: float, register: tuple[str, ...] = (),
) -> None:  # fmt: skip
    said = ports.record.clean(inert(outcome.said, 600))
    text = ports.record.clean(outcome.output)
    lines = max(progress.lines if progress else 0, text.count("\n") + 1 if text else 0)
    tail = "\n".join(inert(line, 300) for line in text.splitlines()[-TAIL:])
    held: Mapping[str, Scalar] = outcome.values if isinstance(outcome, Succeeded) else {}
    values = {key: _clean(ports, held[key]) for key in register if key in held}
    body = e.StepFinished(
        run_id=place.run_id, phase=place.phase, step=place.step, name=name,
        outcome=_OUTCOMES[type(outcome)], said=said, tail=tail, lines=lines,
        cut=outcome.cut, values=values, took_s=round(took_s, 3),
        acted=isinstance(outcome, Failed) and outcome.acted,
    )  # fmt: skip
    await _kept(ports, lambda: _record(ports, place, body, text.encode("utf-8", "replace")))


async def _record(ports: Ports, place: _Place, body: e.StepFinished, output: bytes) -> None:
    """The end of a step together with its output: neither stands without the other."""
    async with ports.record.transaction(LOCK) as tx:
        kept = replace(body, output=await tx.keep_blob(output) if output else "")
        facts = [(f"{place.name}:finished", kept)]
        await append_run(tx, ports, place.incident_id, place.run_id, facts)


async def _kept(ports: Ports, keep: Callable[[], Awaitable[T]]) -> T:
    """Keep what came of a step, which is known nowhere else: a record that cannot be written right
    now is tried again for a minute. Raises what the last try raised."""
    for pause in AGAIN:
        try:
            return await keep()
        except Exception:
            log.exception("the result of a step could not be kept; trying again")
            await ports.clock.sleep(pause)
    return await keep()


def _clean(ports: Ports, value: Scalar) -> Scalar:
    return ports.record.clean(inert(value, 500)) if isinstance(value, str) else value


_OUTCOMES: Mapping[type[CallOutcome], StepOutcome] = {
    Succeeded: StepOutcome.SUCCEEDED, Failed: StepOutcome.FAILED, Unclear: StepOutcome.UNKNOWN,
}  # fmt: skip
