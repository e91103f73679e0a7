"""The whole output of a run as it is kept: what each step said, or why there is nothing to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opsbot.core.incident import REDACTED, Incident
from opsbot.core.run import Run, StepState
from opsbot.core.run_entry import Phase
from opsbot.ports import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutput:
    """The output of one step without secrets; `missing` says why there is none."""

    phase: Phase
    name: str
    outcome: str
    text: str = ""
    lines: int = 0  # that the step said, kept or not
    cut: bool = False  # it was longer than its limit
    missing: str = ""


async def outputs_of(record: Record, incident: Incident, run: Run) -> tuple[StepOutput, ...]:
    """What is kept of every step that was begun, those of the way back last."""
    return tuple(
        [
            await _output(record, incident, phase, state)
            for phase in (Phase.STEPS, Phase.ROLLBACK)
            for state in run.done(phase)
        ]
    )


async def _output(record: Record, incident: Incident, phase: Phase, state: StepState) -> StepOutput:
    held = await record.blob(state.output) if state.output else None
    text = record.clean((held or b"").decode("utf-8", "replace"))
    if held is None and incident.unsaid.get(state.seq) == REDACTED:
        missing = "its output was redacted"
    elif held is None and state.output:
        missing = "its output is not kept any more"
    else:
        missing = "" if text else "no output"
    return StepOutput(
        phase=phase, name=record.clean(state.name), outcome=str(state.outcome or "running"),
        text=text, lines=state.lines, cut=state.cut, missing=missing,
    )  # fmt: skip


def as_one_text(outputs: Sequence[StepOutput]) -> str:
    """Every step's output below its heading."""
    parts: list[str] = []
    for one in outputs:
        back = "rollback " if one.phase is Phase.ROLLBACK else ""
        cut = " (cut at its limit)" if one.cut else ""
        missing = f" ({one.missing})" if one.missing else ""
        parts.append(f"== {back}{one.name}: {one.outcome}{cut}{missing}\n{one.text}\n")
    return "".join(parts)
