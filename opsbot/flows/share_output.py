"""After a run: its whole output as one file below its message, scrubbed like everything else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from opsbot.core.entry import RunOutputShared
from opsbot.core.run import Run, StepState
from opsbot.core.run_entry import RunOutcome
from opsbot.core.surface import Shown
from opsbot.core.text import inert
from opsbot.flows.run_output import as_one_text, outputs_of
from opsbot.flows.run_progress import TAIL
from opsbot.flows.run_record import record_run
from opsbot.ports import Done, Outcome, Ports, Refused, RoomSurface, Steps, Unsure

AGAIN = 5.0  # seconds until the message of the run is looked for again
WAITS_FOR_MESSAGE = timedelta(minutes=30)
TRIES = 5  # while Slack says that it takes nothing right now
NO_MESSAGE = "the run has no message that it could stand below"
INTERRUPTED = "opsbot was interrupted while it shared it"


async def share_output(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when no file is needed, or when what came of it is on the record; seconds to try
    again."""
    incident_id, run_id = arguments["incident_id"], arguments["run"]

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        run, room = incident.runs.get(run_id), ports.room
        if run is None or room is None or not _worth_a_file(run):
            return None
        message = incident.surface.messages.get(f"run:{run_id}")
        if message is None:
            ended = run.finished_at or ports.clock.now()
            if ports.clock.now() - ended < WAITS_FOR_MESSAGE:
                return AGAIN
            said = RunOutputShared(run_id=run_id, problem=NO_MESSAGE)
        else:
            text = as_one_text(await outputs_of(ports.record, incident, run))
            # A file cannot be taken back or looked for, so it is claimed before it is given away.
            if await ports.record.claim(f"{incident_id}:output:{run_id}", ports.clock.now()):
                said = RunOutputShared(run_id=run_id, problem=INTERRUPTED, unsure=True)
            else:
                said = _said(run_id, await _shared(ports, room, run, message, text))
        # Under one key: what was said first stands, and saying it again changes nothing.
        await record_run(ports, incident_id, run_id, ("output", said))
        return None

    return await steps.run("share output", step)


async def _shared(
    ports: Ports, room: RoomSurface, run: Run, message: Shown, text: str
) -> Outcome[str]:
    name, title = f"{run.plan.runbook}-{run.run_id}.txt", f"Output of {inert(run.title, 80)}"
    data = text.encode("utf-8", "replace")
    tried = 0
    while True:
        shared = await room.share(message.channel_id, message.ts, name, data, title)
        tried += 1
        if not isinstance(shared, Refused) or shared.retry_after is None:
            return shared
        if tried == TRIES:  # its own cure says that it is tried again
            return Refused(error=shared.error, cure=f"Slack did not take it {TRIES} times")
        await ports.clock.sleep(min(shared.retry_after.total_seconds(), 60.0))


def _said(run_id: str, shared: Outcome[str]) -> RunOutputShared:
    match shared:
        case Done():
            return RunOutputShared(run_id=run_id)
        case Refused(error=error, cure=cure):
            problem = f"{error}; {cure}" if cure else error
            return RunOutputShared(run_id=run_id, problem=inert(problem, 300))
        case Unsure(reason=reason):
            return RunOutputShared(run_id=run_id, problem=inert(reason, 300), unsure=True)


def _worth_a_file(run: Run) -> bool:
    """Whether there is more than the message shows."""
    began = run.outcome not in (RunOutcome.DENIED, RunOutcome.EXPIRED, RunOutcome.WITHDRAWN)
    return began and any(state.output and state.lines > TAIL for state in _states(run))


def _states(run: Run) -> tuple[StepState, ...]:
    return (*run.steps, *run.rollback)
