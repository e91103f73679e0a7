"""Programs that do not end, do not listen, write without end or leave others behind."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from opsbot.ports import Failed, Succeeded, Unclear
from tests.executors.stage import SECRET, Acting, ticket
from tests.executors.test_process import PYTHON, is_running, out_of, process, python


def running(pids: Path) -> list[int]:
    return [pid for pid in map(int, pids.read_text().split()) if is_running(pid)]


async def test_a_program_that_ignores_being_asked_is_killed() -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('not me', flush=True)\n"
        "time.sleep(60)\n"
    )
    began = time.monotonic()
    outcome = await Acting(process(grace_seconds=0.2)).out(python(code), timeout_s=0.8)
    assert isinstance(outcome, Unclear)
    assert outcome.output == "not me"
    assert time.monotonic() - began < 5


async def test_a_program_that_ends_when_asked_may_tidy_up(tmp_path: Path) -> None:
    """It has its grace, and what it says then is kept."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('tidied up'), sys.exit(0)))\n"
        "print('working', flush=True)\n"
        "time.sleep(60)\n"
    )
    outcome = await Acting(process(grace_seconds=5)).out(python(code), timeout_s=0.8)
    assert isinstance(outcome, Unclear)
    assert outcome.output == "working\ntidied up"


async def test_children_that_keep_the_output_open_are_ended_with_their_parent(
    tmp_path: Path,
) -> None:
    """The parent is done; its children would hold the pipe for a minute, and do not."""
    code = (
        "import os, signal, sys, time\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "        open(sys.argv[1], 'a').write(f'{os.getpid()} ')\n"
        "        time.sleep(60)\n"
        "time.sleep(0.2)\n"
        "print('parent is done')\n"
    )
    pids = tmp_path / "pids"
    began = time.monotonic()
    outcome = await out_of(python(code, str(pids)))
    assert outcome.output == "parent is done"
    assert "still held its output" in outcome.said
    assert len(pids.read_text().split()) == 5
    assert running(pids) == []
    assert time.monotonic() - began < 10


async def test_one_that_leaves_the_group_does_not_keep_us(tmp_path: Path) -> None:
    """A daemon with a session of its own cannot be ended here; its hold on the pipe is let go."""
    code = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "time.sleep(0.2)\n"
        "print('started')\n"
    )
    pid = tmp_path / "pid"
    began = time.monotonic()
    outcome = await out_of(python(code, str(pid)))
    os.kill(int(pid.read_text()), signal.SIGKILL)
    assert outcome.output == "started"
    assert time.monotonic() - began < 8


async def test_a_storm_of_forks_is_ended_whole(tmp_path: Path) -> None:
    """Every generation is of the same group."""
    code = (
        "import os, sys, time\n"
        "for _ in range(5):\n"
        "    os.fork()\n"
        "open(sys.argv[1], 'a').write(f'{os.getpid()} ')\n"
        "time.sleep(60)\n"
    )
    pids = tmp_path / "pids"
    outcome = await Acting(process()).out(python(code, str(pids)), timeout_s=0.8)
    assert isinstance(outcome, Unclear)
    assert len(pids.read_text().split()) == 32
    assert running(pids) == []


async def test_output_without_end_costs_neither_memory_nor_the_time_of_others() -> None:
    """It is ended at its bound; meanwhile the loop turns, and memory stays where it was."""
    code = "import os\nwhile True: os.write(1, b'all work and no play\\n' * 3000)"
    longest, before = 0.0, _peak()
    act = asyncio.create_task(
        Acting(process(most_output_mib=256)).out(python(code), timeout_s=20, output_limit=4_096)
    )
    while not act.done():
        turned = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - turned)
    outcome = await act
    assert isinstance(outcome, Unclear)
    assert "wrote more than 256 MiB" in outcome.said
    assert "lines are not kept]" in outcome.output
    assert outcome.cut
    assert _peak() - before < 24 * 1024 * 1024
    assert longest < 0.5


async def test_one_line_without_end_is_output_without_end() -> None:
    code = "import os\nwhile True: os.write(1, b'x' * 60000)"
    acting = Acting(process(most_output_mib=32))
    outcome = await acting.out(python(code), timeout_s=20, output_limit=2_000)
    assert isinstance(outcome, Unclear)
    assert "wrote more than 32 MiB" in outcome.said
    assert len(outcome.output) <= 2_000
    assert all(len(line) <= 2_000 for line in acting.told)


async def test_lines_that_trickle_without_end_are_bounded_by_time() -> None:
    code = "import time\nwhile True: print('tick', flush=True); time.sleep(0.02)"
    acting = Acting(process())
    outcome = await acting.out(python(code), timeout_s=0.6)
    assert isinstance(outcome, Unclear)
    assert set(acting.told) == {"tick"}


async def test_lines_are_told_while_the_program_runs() -> None:
    """Progress is seen in the room while there is some."""
    code = "import sys\nprint('begun', flush=True)\nsys.stdin.read()\nimport time; time.sleep(60)"
    heard: asyncio.Queue[str] = asyncio.Queue()
    act = asyncio.create_task(process().act(python(code), {}, ticket(), heard.put_nowait))
    assert await asyncio.wait_for(heard.get(), 5) == "begun"
    assert not act.done()
    act.cancel()
    with pytest.raises(asyncio.CancelledError):
        await act


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits are set on Linux only")
async def test_a_program_that_wants_too_much_memory_fails() -> None:
    """It is refused memory by the system; ours is not touched."""
    code = "import time; time.sleep(0.2); x = bytearray(200 * 1024 * 1024); print(len(x))"
    outcome = await Acting(process(memory_mib=64)).out(python(code))
    assert isinstance(outcome, Failed)
    assert "MemoryError" in outcome.said
    assert (await out_of(python(code))).output == str(200 * 1024 * 1024)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits are set on Linux only")
async def test_no_core_is_dumped_and_a_crash_is_no_verdict() -> None:
    code = (
        "import os, resource, signal, time; time.sleep(0.1)\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGSEGV); time.sleep(5)"
    )
    outcome = await Acting(process()).out(python(code))
    assert isinstance(outcome, Unclear)
    assert "ended by SIGSEGV" in outcome.said
    assert outcome.output == "(0, 0)"


async def test_whoever_stops_waiting_while_it_starts_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    """Cancelled at every moment of the start, in turn."""
    pids = tmp_path / "pids"
    pids.touch()
    code = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()} '); time.sleep(60)"
    for turns in range(12):
        act = asyncio.create_task(Acting(process()).out(python(code, str(pids))))
        for _ in range(turns):
            await asyncio.sleep(0.001)
        act.cancel()
        with pytest.raises(asyncio.CancelledError):
            await act
    await asyncio.sleep(0.1)
    assert running(pids) == []


async def test_being_cancelled_twice_still_ends_the_group(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open(sys.argv[1], 'a').write(f'{os.getpid()} '); print('up', flush=True); time.sleep(60)"
    )
    pids = tmp_path / "pids"
    heard: asyncio.Queue[str] = asyncio.Queue()
    call = python(code, str(pids))
    executor = process(grace_seconds=30)
    act = asyncio.create_task(executor.act(call, {}, ticket(), heard.put_nowait))
    await asyncio.wait_for(heard.get(), 5)
    for _ in range(2):
        act.cancel()
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await act
    await asyncio.sleep(0.1)
    assert running(pids) == []


@pytest.mark.parametrize("size", [1, 5, 4_096])
async def test_a_secret_that_comes_in_pieces_is_taken_out(size: int) -> None:
    """However the program writes it, and whether it is a line or the middle of one."""
    code = (
        "import os, sys, time\n"
        "text = ('a' * 50 + os.environ['TOKEN'] + '\\n' + os.environ['TOKEN']).encode()\n"
        "for at in range(0, len(text), int(sys.argv[1])):\n"
        "    os.write(1, text[at:at + int(sys.argv[1])]); time.sleep(0.001)\n"
    )
    acting = Acting(process())
    outcome = await acting.out(python(code, str(size), secrets={"TOKEN": "deploy-token"}))
    assert isinstance(outcome, Succeeded)
    assert outcome.output == f"{'a' * 50}[removed: deploy-token]\n[removed: deploy-token]"
    assert SECRET not in repr((outcome, acting.told))


async def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    code = "import os; os.write(1, b'\\xff\\xfe\\x00 ok \\xe2\\x82\\n' + bytes(range(32)))"
    outcome = await out_of(python(code))
    assert outcome.output.startswith("\ufffd\ufffd ok \ufffd\n")


async def test_arguments_of_a_megabyte_are_refused_before_anything_is_started() -> None:
    """The system takes 128 KiB an argument; all of them together fail at its own bound."""
    executor = process()
    plan = await executor.plan({"argv": [PYTHON, "x" * 1_000_000]})
    assert "argv[1] is 1,000,000 bytes long; 131,071 are allowed" in plan.refused
    many: dict[str, Any] = python("pass", *["x" * 130_000] * 40)
    outcome = await Acting(executor).out(many)
    assert isinstance(outcome, Failed)
    assert "Argument list too long" in outcome.said


def _peak() -> int:
    """The most memory that we have used so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
