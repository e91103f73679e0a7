"""A program with everything it starts: begun in a group of its own, watched, and ended as one.

Nothing here raises but OSError when the program cannot be started. Limits are set by prlimit(2) on
the child as soon as it runs, not by code between fork and exec: that code would run in a copy of a
process full of threads, and would keep Python from the quick and safe vfork. What the child starts
in the very first moment may escape the limits; a program has to be allowed by name anyway, and the
limits are there for its mistakes.

Memory is RLIMIT_DATA rather than RLIMIT_AS: it counts memory that can be written to, where the
other counts addresses, of which Go, Java and Node reserve gigabytes without using them. Under an
RLIMIT_AS of 512 MiB none of kubectl, java and node comes as far as `--version`.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import resource
import signal
import tempfile
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from opsbot.executors._output import Output

GIVE_UP = 3.0  # seconds after which even a killed process is not waited for
DYING = 0.5  # seconds in which those that were killed are gone
_AT_LEAST = 0.1  # seconds for the last words, when the time is over with the program's end
_LOOK_AGAIN = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is started: an absolute path with its arguments, its whole environment, its folder."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    stdin: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long it may take (seconds), and what it may use and write (bytes). It has `grace_s` to
    end by itself when it is asked to, and what it leaves behind has `linger_s` to say the rest."""

    timeout_s: float
    memory: int
    most_output: int
    grace_s: float = 2.0
    linger_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended. `code` is the exit code, negative for a signal; None when it was ended by us.

    `late` says that its time was over, `flooded` that it wrote too much, `left` that something it
    had started still held its output, `alive` that something of it could not be ended.
    """

    code: int | None
    late: bool = False
    flooded: bool = False
    left: bool = False
    alive: bool = False


class _Reader(asyncio.Protocol):
    """Takes output off the pipe as it comes, so that the program never waits for us."""

    def __init__(self, output: Output, most: int) -> None:
        loop = asyncio.get_running_loop()
        self._output, self._most = output, most
        self.closed: asyncio.Future[None] = loop.create_future()
        self.flooded: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.ReadTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.ReadTransport)  # noqa: S101 - it reads a pipe
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._output.feed(data)
        if self._output.size > self._most and not self.flooded.done():
            self.flooded.set_result(None)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def close(self) -> None:
        """Read no more; who still writes is told so by the system."""
        if self._transport is not None:
            self._transport.close()


async def run(command: Command, bounds: Bounds, output: Output) -> Ended:
    """Start the command, feed its output to `output`, and answer how it ended.

    Raises OSError when it cannot be started. Whoever cancels this ends the group, too.
    """
    reader = _Reader(output, bounds.most_output)
    process = await _started(command, reader)
    leader = asyncio.create_task(process.wait())
    alive = False
    try:
        _limit(process.pid, bounds)
        ended = await _watched(leader, reader, bounds)
    finally:
        # Also when cancelled: nothing that a step has started outlives it in its group.
        alive = await _end(process.pid, leader, reader, bounds.grace_s)
    return replace(ended, alive=alive)


async def _watched(leader: asyncio.Task[int], reader: _Reader, bounds: Bounds) -> Ended:
    """Wait until the leader has ended and said everything, or a bound is reached."""
    loop = asyncio.get_running_loop()
    until = loop.time() + bounds.timeout_s
    await asyncio.wait(
        [leader, reader.flooded], timeout=bounds.timeout_s, return_when=asyncio.FIRST_COMPLETED
    )
    if reader.flooded.done():
        return Ended(code=None, flooded=True)
    if not leader.done():
        return Ended(code=None, late=True)
    linger = min(bounds.linger_s, max(until - loop.time(), _AT_LEAST))
    await asyncio.wait([reader.closed], timeout=linger)
    if reader.flooded.done():
        return Ended(code=leader.result(), flooded=True)
    return Ended(code=leader.result(), left=not reader.closed.done())


async def _started(command: Command, reader: _Reader) -> Process:
    """The process, its output on a pipe of ours: one that we can let go of when something that
    has left the group still holds the other end."""
    with contextlib.ExitStack() as ours:  # closed here once the program has them
        typed = DEVNULL if command.stdin is None else ours.enter_context(_typed_in(command.stdin))
        read_end, write_end = os.pipe()
        ours.callback(os.close, write_end)
        try:
            await asyncio.get_running_loop().connect_read_pipe(
                lambda: reader, os.fdopen(read_end, "rb", 0)
            )
            return await _uninterrupted(
                asyncio.create_subprocess_exec(
                    *command.argv, stdin=typed, stdout=write_end, stderr=STDOUT,
                    env=dict(command.env), cwd=command.cwd, start_new_session=True,
                )
            )  # fmt: skip
        except BaseException:
            reader.close()
            raise


async def _uninterrupted(starting: Coroutine[Any, Any, Process]) -> Process:
    """The process; somebody who stops waiting for its start leaves no program behind."""
    task = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            process = await task
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
        raise


def _typed_in(text: bytes) -> BinaryIO:
    """A file that holds what is typed in, and is gone with its last reader."""
    file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    file.write(text)
    file.seek(0)
    return file


def _limit(pid: int, bounds: Bounds) -> None:
    cores = os.cpu_count() or 1
    seconds = math.ceil(bounds.timeout_s) * cores + 1
    limits = (
        (resource.RLIMIT_DATA, bounds.memory),
        (resource.RLIMIT_CORE, 0),
        # Ends what spins on after opsbot itself was killed.
        (resource.RLIMIT_CPU, seconds),
    )
    if not hasattr(resource, "prlimit"):
        return  # Linux only
    for kind, most in limits:
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, kind, (most, most))


async def _end(group: int, leader: asyncio.Task[int], reader: _Reader, grace: float) -> bool:
    """End the group, politely first, and let go of the pipe; whether something is still alive."""
    try:
        if not (leader.done() and reader.closed.done()):
            _signal(group, signal.SIGTERM)
            await _gone(group, leader, grace)
    finally:
        _signal(group, signal.SIGKILL)
        reader.close()
    await asyncio.wait([leader], timeout=GIVE_UP)
    await _gone(group, leader, DYING)
    alive = not leader.done()
    leader.cancel()
    return alive


async def _gone(group: int, leader: asyncio.Task[int], within: float) -> None:
    """Wait until nothing of the group is left, or the time is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    # Nothing tells us when the last of other people's children is gone.
    while loop.time() < until and (not leader.done() or _signal(group, 0)):  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_AGAIN)


def _signal(group: int, number: int) -> bool:
    """Whether somebody in the group heard it. The number of a group is not given to another as
    long as one member lives, and not soon after that."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
