"""The worker: whatever its child does, the bot gets an image or a reason, and goes on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from opsbot.drawing.worker import COMMAND, ChartWorker
from opsbot.ports import Done, Outcome, Painter, Refused
from tests.drawing.samples import PAGE, TRACE

# A child that says it is ready, and has read the head of the first picture it is sent.
READY = "import os, sys, time; o = sys.stdout.buffer; o.write(bytes(4) + b'r'); o.flush()\n"
ASKED = READY + "i = sys.stdin.buffer; i.read(int.from_bytes(i.read(5)[:4], 'big'))\n"
# One that answers every picture with something like an image that holds its process id.
ANSWERS = READY + (
    "i = sys.stdin.buffer\n"
    "while h := i.read(5):\n"
    "    i.read(int.from_bytes(h[:4], 'big'))\n"
    "    b = b'\\x89PNG\\r\\n\\x1a\\n' + str(os.getpid()).encode()\n"
    "    o.write(len(b).to_bytes(4, 'big') + b'p' + b); o.flush()\n"
)
HANGS = ASKED + "time.sleep(60)"

BAD = {
    "hangs": HANGS,
    "crashes": ASKED + "os._exit(3)",
    "is killed": ASKED + "os.kill(os.getpid(), 9)",
    "ends at once": "raise SystemExit(1)",
    "talks nonsense": ASKED + "o.write(b'<html>sorry</html>'); o.flush(); time.sleep(60)",
    "never stops talking": ASKED + "\nwhile True: o.write(b'x' * 65536)",
    "promises too much": ASKED + "o.write(b'\\xff\\xff\\xff\\xffp'); o.flush(); time.sleep(60)",
    "breaks off": ASKED + "o.write(b'\\0\\0\\1\\0p1234'); o.flush()",
    "sends another image": ASKED + "o.write(b'\\0\\0\\0\\6pGIF89a'); o.flush(); time.sleep(60)",
    "cannot draw it": ASKED + "o.write(b'\\0\\0\\0\\2xno'); o.flush(); i.read()",
    "lacks its library": "import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2xno')",
}


@asynccontextmanager
async def working(
    folder: Path, script: str = "", *, command: Sequence[str] = (), idle: float = 60.0,
    starting: float = 20.0,
) -> AsyncGenerator[ChartWorker, None]:  # fmt: skip
    """A worker with this child; after it nothing of the child is left."""
    chosen = tuple(command) or (sys.executable, "-c", script)
    worker = ChartWorker(command=chosen, deadline=0.5, starting=starting, idle=idle, scratch=folder)
    try:
        yield worker
    finally:
        pid = worker.pid
        await worker.close()
        assert scratch_in(folder) == []
        with suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, 0)
                pytest.fail("the child outlives its worker")


def scratch_in(folder: Path) -> list[Path]:
    return list(folder.glob("opsbot-drawing-*"))


def pid_in(outcome: Outcome[bytes]) -> int:
    assert isinstance(outcome, Done), outcome
    return int(outcome.value[8:])


async def test_a_chart_and_a_waterfall_are_drawn_by_the_real_child() -> None:
    """Both come as PNG images from one process, well within the deadline."""
    worker = ChartWorker()
    painter: Painter = worker
    try:
        for picture in (PAGE, TRACE):
            drawn = await painter.draw(picture)
            assert isinstance(drawn, Done), drawn
            assert drawn.value.startswith(b"\x89PNG")
            assert len(drawn.value) < 150_000
    finally:
        await worker.close()
    assert worker.pid is None


def test_the_bot_itself_never_loads_the_drawing_library() -> None:
    """A whole draw later, nothing of matplotlib, numpy or Pillow is in the parent."""
    program = (
        "import asyncio, json, sys\n"
        "from opsbot.core.picture import Chart\n"
        "from opsbot.drawing.worker import ChartWorker\n"
        "async def main():\n"
        "    worker = ChartWorker()\n"
        "    drawn = await worker.draw(Chart(title='x', series=()))\n"
        "    await worker.close()\n"
        "    heavy = {'matplotlib', 'numpy', 'PIL'} & set(sys.modules)\n"
        "    print(json.dumps([type(drawn).__name__, sorted(heavy)]))\n"
        "asyncio.run(main())\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert json.loads(ran.stdout) == ["Done", []]


@pytest.mark.parametrize("script", BAD.values(), ids=BAD)
async def test_a_bad_child_is_a_refusal_with_a_cure(script: str, tmp_path: Path) -> None:
    """Hang, crash and garbage are a sentence for a person, in time, and the child is gone."""
    async with working(tmp_path, script) as worker:
        outcome = await asyncio.wait_for(worker.draw(PAGE), 10)
    assert isinstance(outcome, Refused)
    assert outcome.error
    assert outcome.cure.endswith(".")


async def test_a_child_that_never_gets_ready_is_a_refusal(tmp_path: Path) -> None:
    """Starting has a deadline of its own: reading all fonts of a machine takes a while."""
    async with working(tmp_path, "import time; time.sleep(60)", starting=0.3) as worker:
        outcome = await worker.draw(PAGE)
    assert isinstance(outcome, Refused)
    assert "did not start within 0.3 s" in outcome.error


async def test_a_program_that_cannot_be_started_is_a_refusal(tmp_path: Path) -> None:
    async with working(tmp_path, command=[str(tmp_path / "nothing")]) as worker:
        outcome = await worker.draw(PAGE)
    assert isinstance(outcome, Refused)
    assert "cannot be started" in outcome.error


async def test_after_a_hang_the_next_picture_gets_a_new_child(tmp_path: Path) -> None:
    """The one that hangs is killed; trying again may help, and does."""
    flag = tmp_path / "hung"
    script = (
        f"import os, time; p = {str(flag)!r}\n"
        f"if not os.path.exists(p): open(p, 'w').close(); exec({HANGS!r})\n"
        f"exec({ANSWERS!r})"
    )
    async with working(tmp_path, script) as worker:
        first = await worker.draw(PAGE)
        second = await worker.draw(PAGE)
    assert isinstance(first, Refused)
    assert "longer than 0.5 s" in first.error
    assert first.retry_after is not None
    assert pid_in(second)


async def test_a_killed_child_is_replaced_before_the_next_picture(tmp_path: Path) -> None:
    """The system may end it at any time, for want of memory."""
    async with working(tmp_path, ANSWERS) as worker:
        first = pid_in(await worker.draw(PAGE))
        os.killpg(first, signal.SIGKILL)
        await asyncio.sleep(0.1)
        assert pid_in(await worker.draw(PAGE)) != first


async def test_pictures_wait_for_their_turn_with_one_child(tmp_path: Path) -> None:
    """Many at once start one process, not many."""
    async with working(tmp_path, ANSWERS) as worker:
        drawn = await asyncio.gather(*(worker.draw(PAGE) for _ in range(5)))
    assert len({pid_in(one) for one in drawn}) == 1


async def test_an_idle_child_ends_and_the_next_picture_starts_another(tmp_path: Path) -> None:
    """Memory is given back while nothing is drawn."""
    async with working(tmp_path, ANSWERS, idle=0.1) as worker:
        first = pid_in(await worker.draw(PAGE))
        assert worker.pid == first
        for _ in range(250):
            await asyncio.sleep(0.02)
            if worker.pid is None:
                break
        assert pid_in(await worker.draw(PAGE)) != first


async def test_a_drawing_that_is_given_up_does_not_answer_the_next_one(tmp_path: Path) -> None:
    """Whoever stops waiting takes the child along: its late answer belongs to nobody."""
    async with working(
        tmp_path, ANSWERS.replace("    b = ", "    time.sleep(0.2)\n    b = ")
    ) as it:
        first = pid_in(await it.draw(PAGE))
        given_up = asyncio.create_task(it.draw(PAGE))
        await asyncio.sleep(0.05)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert pid_in(await it.draw(TRACE)) != first


async def test_the_event_loop_runs_on_while_a_child_hangs(tmp_path: Path) -> None:
    """Drawing never holds up an acknowledgement."""
    turns = 0
    async with working(tmp_path, HANGS) as worker:
        drawing = asyncio.create_task(worker.draw(PAGE))
        while not drawing.done():
            await asyncio.sleep(0.01)
            turns += 1
    assert turns > 15


async def test_closing_does_not_wait_for_a_drawing(tmp_path: Path) -> None:
    """Who still waits is refused, and so is who comes later."""
    async with working(tmp_path, HANGS) as worker:
        drawing = asyncio.create_task(worker.draw(PAGE))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(2):
            await worker.close()
        assert isinstance(await drawing, Refused)
        assert isinstance(await worker.draw(PAGE), Refused)


async def test_the_child_knows_no_secret_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment holds nothing but what Python needs, and its home is a folder that goes."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    tells = ANSWERS.replace("str(os.getpid())", "repr((dict(os.environ), os.getcwd()))")
    async with working(tmp_path, tells) as worker:
        outcome = await worker.draw(PAGE)
    assert isinstance(outcome, Done)
    said = outcome.value.decode("latin-1")
    assert "canary" not in said
    assert f"'HOME': '{tmp_path}" in said


def test_the_child_runs_apart_from_paths_and_settings_of_the_user() -> None:
    """Python's isolated mode: no PYTHONPATH, no user site, no module of the working folder."""
    assert COMMAND[:2] == (sys.executable, "-I")
