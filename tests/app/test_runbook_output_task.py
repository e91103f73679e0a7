"""`opsbot runbook output`: what a run has said, from the record alone; and plainly when there is
nothing to read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from opsbot.__main__ import main
from opsbot.app.clock import SystemClock
from opsbot.app.store import open_store
from opsbot.catalog import find_integration, integration_names
from opsbot.config import load
from opsbot.core import entry as e
from opsbot.core.entry import Draft, Visibility
from opsbot.core.run_entry import Phase, RunOutcome, StepOutcome
from tests.documents.pen import KIM, Pen

Run = Callable[..., tuple[int, str, str]]
SAID = "pod a is ready\n\x1b]0;title\x07\u202eevil\ttab\npassword=hunter2hunter2\n"


def step(run_id: str, name: str, output: str, *, phase: Phase = Phase.STEPS) -> e.StepFinished:
    return e.StepFinished(run_id=run_id, phase=phase, step=0, name=name, lines=3, output=output,
                          outcome=StepOutcome.SUCCEEDED, cut=phase is Phase.STEPS)  # fmt: skip


def pen(output: str) -> Pen:
    """INC-42, private: r1 went back, r2 said nothing, r3 waits."""
    told = Pen()
    told.page(0)
    opened = told.entries[0]
    assert isinstance(opened.body, e.Opened)
    private = replace(opened.body, visibility=Visibility.PRIVATE)
    told.entries[0] = replace(opened, body=private)
    for number, run_id in enumerate(("r1", "r2")):
        told.request(number, run_id)
        told.approve(number, run_id)
        told.write(e.RunStarted(run_id=run_id), number)
        told.write(e.StepStarted(run_id=run_id, phase=Phase.STEPS, step=0, name="undo", boot="b"),
                   number)  # fmt: skip
        told.write(step(run_id, "undo", output if run_id == "r1" else ""), number)
    told.write(e.StepStarted(run_id="r1", phase=Phase.ROLLBACK, step=0, name="redo", boot="b"), 5)
    told.write(step("r1", "redo", output, phase=Phase.ROLLBACK), 5)
    told.finish(6, RunOutcome.ROLLED_BACK, "it was rolled back")
    told.finish(6, RunOutcome.SUCCEEDED, "done", "r2")
    told.write(e.RunOutputShared(run_id="r1", problem="is_archived; unarchive it"), 6)
    told.request(7, "r3")
    return told


async def written(folder: Path, *, redacts: int = 0) -> None:
    """The record of the folder; so many ends of steps of r1 are redacted afterwards."""
    read = load(folder / "opsbot.yaml", {}, find_integration, integration_names())
    store = await open_store(read, SystemClock())
    try:
        async with store.record.transaction() as tx:
            told = pen(await tx.keep_blob(SAID.encode()))
        for one in told.entries:
            draft = Draft(key=one.key, occurred_at=one.occurred_at, actor=one.actor, source="x",
                          body=one.body)  # fmt: skip
            await store.record.append(told.incident.id, [draft])
        ends = [x.seq for x in told.entries if isinstance(x.body, e.StepFinished) and x.body.output]
        for seq in ends[:redacts]:
            await store.record.redact(told.incident.id, seq, KIM, "a customer")
    finally:
        await store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = f"data_dir: {tmp_path / 'data'}\nephemeral_disk: allow\n"
    (tmp_path / "opsbot.yaml").write_text(text, "utf-8")
    return tmp_path


@pytest.fixture
def output(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; its exit code, what it printed, and what it complained of."""

    def command(*words: str) -> tuple[int, str, str]:
        code = main(["runbook", "output", "--config", str(folder / "opsbot.yaml"), *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_every_step_is_printed_below_its_heading_without_secrets(output: Run, folder: Path) -> None:
    """Of a private incident as well, since it is named. What a terminal obeys is written out."""
    asyncio.run(written(folder))
    code, said, complaint = output("INC-42", "r1")
    assert (code, complaint) == (0, "")
    assert "== undo: succeeded (cut at its limit)\npod a is ready\n" in said
    assert "== rollback redo: succeeded\npod a is ready\n" in said
    assert "[U+202E]evil\ttab" in said
    assert ("\x1b" in said, "\u202e" in said, "hunter2" in said) == (False, False, False)


def test_the_output_is_printed_as_json(output: Run, folder: Path) -> None:
    asyncio.run(written(folder))
    code, said, _ = output("42", "r1", "--json")
    told = json.loads(said)
    assert code == 0
    assert (told["incident"], told["run"], told["runbook"]) == (42, "r1", "rollback-deploy")
    assert (told["outcome"], told["not_in_slack"]) == ("rolled_back", "is_archived; unarchive it")
    assert [(one["phase"], one["name"], one["cut"]) for one in told["steps"]] == [
        ("steps", "undo", True), ("rollback", "redo", False)
    ]  # fmt: skip
    assert told["steps"][0]["output"].startswith("pod a is ready\n")


def test_without_a_run_it_is_the_newest_that_began(output: Run, folder: Path) -> None:
    """And one that said nothing is told to have said nothing."""
    asyncio.run(written(folder))
    code, said, complaint = output("42")
    assert code == 1
    assert said == "== undo: succeeded (cut at its limit) (no output)\n\n"
    assert "nothing is kept of run r2 of INC-42: no output" in complaint


def test_output_that_was_redacted_is_said_to_be(output: Run, folder: Path) -> None:
    """What is left of it is printed all the same."""
    asyncio.run(written(folder, redacts=1))
    code, said, _ = output("42", "r1")
    assert code == 0
    assert "== undo: succeeded (cut at its limit) (its output was redacted)\n" in said
    assert "== rollback redo: succeeded\npod a is ready" in said


def test_a_run_whose_whole_output_was_redacted_has_none(output: Run, folder: Path) -> None:
    asyncio.run(written(folder, redacts=2))
    code, said, complaint = output("42", "r1")
    assert code == 1
    assert "pod a" not in said
    assert "nothing is kept of run r1 of INC-42: its output was redacted" in complaint


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("7",), "there is no INC-7 on the record"),
        (("42", "r9"), "INC-42 has no run 'r9'; it has r3 (rollback-deploy), r2 (rollback-deploy)"),
        (("42", "r3"), "nothing is kept of run r3 of INC-42: no step of it was begun"),
    ],
)
def test_what_is_not_there_is_said_plainly(
    output: Run, folder: Path, words: tuple[str, ...], why: str
) -> None:
    asyncio.run(written(folder))
    code, said, complaint = output(*words)
    assert (code, said) == (1, "")
    assert why in complaint
