"""After a run: its whole output as one file below its message, scrubbed like everything else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from opsbot.core.run import Run, StepState
from opsbot.core.run_entry import RunOutcome
from opsbot.core.text import inert
from opsbot.flows.run_progress import TAIL
from opsbot.ports import Ports, Refused, Steps

AGAIN = 5.0  # seconds until the message of the run is looked for again
WAITS_FOR_MESSAGE = timedelta(minutes=30)
TRIES = 5  # while Slack says that it takes nothing right now


async def share_output(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when the file stands, is not needed, or may stand; seconds to try again."""
    incident_id, run_id = arguments["incident_id"], arguments["run"]

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        run, room = incident.runs.get(run_id), ports.room
        if run is None or room is None or not _worth_a_file(run):
            return None
        message = incident.surface.messages.get(f"run:{run_id}")
        if message is None:
            ended = run.finished_at or ports.clock.now()
            return AGAIN if ports.clock.now() - ended < WAITS_FOR_MESSAGE else None
        text = await _whole(ports, run)
        # A file cannot be taken back or looked for, so it is claimed before it is given away.
        if await ports.record.claim(f"{incident_id}:output:{run_id}", ports.clock.now()):
            return None
        name = f"{run.plan.runbook}-{run_id}.txt"
        for _ in range(TRIES):
            shared = await room.share(
                message.channel_id, message.ts, name, text.encode("utf-8", "replace"),
                f"Output of {inert(run.title, 80)}",
            )  # fmt: skip
            if not isinstance(shared, Refused) or shared.retry_after is None:
                break
            await ports.clock.sleep(min(shared.retry_after.total_seconds(), 60.0))
        return None

    return await steps.run("share output", step)


def _worth_a_file(run: Run) -> bool:
    """Whether there is more than the message shows."""
    began = run.outcome not in (RunOutcome.DENIED, RunOutcome.EXPIRED, RunOutcome.WITHDRAWN)
    return began and any(state.output and state.lines > TAIL for state in _states(run))


def _states(run: Run) -> tuple[StepState, ...]:
    return (*run.steps, *run.rollback)


async def _whole(ports: Ports, run: Run) -> str:
    parts: list[str] = []
    for state in _states(run):
        held = await ports.record.blob(state.output) if state.output else None
        cut = " (cut at its limit)" if state.cut else ""
        parts.append(f"== {state.name}: {state.outcome or 'running'}{cut}\n")
        parts.append((held or b"").decode("utf-8", "replace"))
        parts.append("\n")
    return ports.record.clean("".join(parts))
