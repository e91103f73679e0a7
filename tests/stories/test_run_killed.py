"""kill -9 while a run is under way, at many moments: no step is ever begun twice, and every run
comes to an end that is true."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from opsbot.core.run import Run
from opsbot.core.run_entry import RunOutcome
from tests.stories import mark
from tests.stories.theatre import NO_EVIDENCE, Theatre, both_doors, stored_in, theatre

STEPS = ("first", "second", "third")
WITHIN = 30.0  # seconds until a run that was cut has come to its end
# Seconds after the click: before the claim, around it, inside each step, between two, and after.
MOMENTS = (0.0, 0.08, 0.3, 0.55)


def write_runbook(folder: Path, marks: Path) -> None:
    """A runbook of three steps that leave marks, beside opsbot.yaml."""
    argv = [sys.executable, mark.__file__, str(marks)]
    book = {
        "title": "Leave marks", "owner": "platform", "risk": "none",
        "parameters": {"round": {"kind": "integer", "min": 0, "max": 99}},
        "guard": {"target": "round ${round}"},
        "steps": [
            {"name": name, "executor": "process", "timeout": "20s",
             "do": {"argv": [*argv, name, "--", "${round}"]}}
            for name in STEPS
        ],
    }  # fmt: skip
    (folder / "runbooks").mkdir(parents=True)
    (folder / "runbooks" / "leave-marks.yaml").write_text(yaml.safe_dump(book), "utf-8")


async def newest(play: Theatre, round_: int) -> Run | None:
    """The run of a round, as the record tells it."""
    runs = (await play.numbered(1)).runs.values()
    return next((run for run in runs if run.plan.arguments.get("round") == round_), None)


async def play_round(play: Theatre, room: str, round_: int, after: float) -> Run:
    """Somebody asks for the run, opsbot is killed a moment later, and comes back."""
    jules = play.as_person("jules")
    preview = await jules.ask(f"run leave-marks round={round_}", room)
    assert (await jules.press(preview, "run:do-way=ask")).ok
    await asyncio.sleep(after)
    await play.stage.bot.kill()
    await asyncio.sleep(0.4)  # what opsbot had started runs on, as it would
    await play.stage.bot.start()
    run: Run | None = None
    for _ in range(int(WITHIN / 0.1)):
        run = await newest(play, round_)
        if run is not None and run.outcome is not None:
            return run
        await asyncio.sleep(0.1)
    raise AssertionError(f"the run of round {round_} never ended: {run}")


@pytest.mark.timeout(150)
async def test_no_step_is_ever_begun_twice(database_url: str, tmp_path: Path) -> None:
    """Whatever was begun and has no end is unknown, and asks a person."""
    marks, stage = tmp_path / "marks.txt", tmp_path / "s"
    write_runbook(stage, marks)
    allowed = {"process": {"programs": [sys.executable]}}
    async with theatre(
        stage, environ=stored_in(database_url), by_socket=both_doors(database_url),
        own_process=True, executors=allowed, **NO_EVIDENCE,
    ) as play:  # fmt: skip
        await play.page()
        room = await play.until_room()
        for round_, after in enumerate(MOMENTS):
            run = await play_round(play, room.id, round_, after)
            lines = marks.read_text("utf-8").splitlines() if marks.exists() else []
            seen = Counter(lines)
            begun = {name: seen[f"{name} -- {round_} begun"] for name in STEPS}
            assert max(begun.values()) <= 1, f"after {after} s: {begun}"
            states = {state.name: state.outcome for state in run.steps}
            if run.outcome is RunOutcome.SUCCEEDED:
                assert list(begun.values()) == [1, 1, 1]
            else:
                assert run.outcome is RunOutcome.UNKNOWN, run.said
                assert list(states.values())[-1] == "unknown"
                later = STEPS[len(states) :]
                assert all(begun[name] == 0 for name in later), "something went on behind it"
