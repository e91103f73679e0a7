"""`opsbot demo` as a visitor meets it: the company's people respond at their pace, everything is
announced before, and Ctrl-C ends all of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from opsbot.sandbox.cast import until
from opsbot.sandbox.demo import Demo, Way
from opsbot.sandbox.scenario_file import load_scenario

pytestmark = pytest.mark.timeout(90)


async def test_the_people_respond_at_their_pace_to_the_end_and_the_workspace_stays(
    tmp_path: Path,
) -> None:
    """Every act is announced, the postmortem's HTML is named, and it ends when it is told to.
    Nothing fits to be run here; the acts of a run are in tests/sandbox/test_response.py."""
    out = StringIO()
    console = Console(file=out, width=80, highlight=False)
    demo = Demo(load_scenario("no-culprit"), tmp_path / "stage", console, tmp_path / "out")
    playing = asyncio.create_task(demo.play(Way(pace=0.2)))
    try:
        await until(lambda: "the workspace stays" in out.getvalue() or playing.done(), "", 80.0)
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
    told = re.sub(r"\s+", " ", out.getvalue())
    assert playing.result() == 0, told
    assert told.count("--> in 0.2 s") == 5
    assert "NEVER CAME" not in told
    assert "http://127.0.0.1:" in told.partition("page sent")[0]
    (page,) = (tmp_path / "out").rglob("*.html")
    assert str(page) in out.getvalue()
    assert "INC-1 verifies" in told


def any_left(group: int) -> bool:
    """Whether a process of the group still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_in_the_middle_ends_everything_without_a_word(tmp_path: Path) -> None:
    """As a terminal sends it, to the whole group, by somebody who presses it twice."""
    out = tmp_path / "terminal"
    with out.open("wb") as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "opsbot", "demo", "--out", str(tmp_path / "out")],
            stdout=terminal, stderr=subprocess.STDOUT, start_new_session=True, cwd=tmp_path,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # ignored in nohup
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 40
        while "--> in" not in out.read_text("utf-8") and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 130
        while any_left(process.pid) and time.monotonic() < deadline + 40:
            time.sleep(0.05)
        assert not any_left(process.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
    assert "--> in" in out.read_text("utf-8")
    assert "Traceback" not in out.read_text("utf-8")
