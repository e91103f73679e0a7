"""The Painter: hands pictures to a child process that draws them, one at a time.

The child starts with the first picture and ends when nothing was drawn for a while, so that the
bot's own memory never holds a drawing library, and an image that cannot be drawn hurts nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from opsbot.core.picture import Picture
from opsbot.drawing.wire import DRAW, HEADER, PNG, READY, REFUSED, framed, opened, packed
from opsbot.ports import Done, Outcome, Refused

COMMAND = (sys.executable, "-I", "-m", "opsbot.drawing.draw")
STARTING = 30.0  # seconds; the first start on a machine with many fonts reads them all
DEADLINE = 10.0  # seconds for one picture
IDLE = 60.0  # seconds without a picture after which the child ends
GRACE = 2.0  # seconds a child may take to end by itself
AGAIN = timedelta(minutes=1)

_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")  # without them Python may not start
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRY_AGAIN = "The figures stand in the text; the next try starts a fresh drawing process."
_INSTALL = (
    "See that opsbot is installed with its dependencies (python -m pip install opsbot brings"
    " matplotlib) and that the temporary folder can be written to."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    process: Process
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    folder: str  # its own scratch folder, removed with it


class ChartWorker:
    """Draws pictures in a child process. `draw` never raises; `close` ends the child."""

    def __init__(
        self,
        *,
        command: Sequence[str] = COMMAND,
        deadline: float = DEADLINE,
        idle: float = IDLE,
        starting: float = STARTING,
        scratch: Path | None = None,  # where the child's folder is made; None: as the system says
    ) -> None:
        self._command, self._scratch = tuple(command), scratch
        self._deadline, self._idle, self._starting = deadline, idle, starting
        self._turn = asyncio.Lock()
        self._child: _Child | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is no child."""
        return self._child.process.pid if self._child else None

    async def draw(self, picture: Picture) -> Outcome[bytes]:
        """The picture as a PNG image, or why there is none; waits for its turn."""
        body = packed(picture)
        async with self._turn:
            if self._closed:
                return Refused(error="opsbot is stopping", cure="Ask again once it runs again.")
            self._cancel_timer()
            try:
                return await self._drawn(body)
            finally:
                self._end_later()

    async def close(self) -> None:
        """End the child; pictures that are asked for from now on are refused."""
        self._closed = True
        if self._turn.locked() and self._child is not None:
            _kill(self._child.process)  # what is being drawn is not waited for
        async with self._turn:
            self._cancel_timer()
            await self._end()
        await asyncio.gather(*self._ending)

    async def _drawn(self, body: bytes) -> Outcome[bytes]:
        try:
            child = await self._ready()
            if isinstance(child, Refused):
                return child
            async with asyncio.timeout(self._deadline):
                kind, answer = await _asked(child, framed(DRAW, body))
        except TimeoutError:
            await self._end(kill=True)
            error = f"drawing took longer than {self._deadline:g} s and was stopped"
            return Refused(error=error, cure=_TRY_AGAIN, retry_after=AGAIN)
        except (OSError, EOFError, ValueError) as problem:
            return await self._failed(problem)
        except BaseException:
            # Cancelled in between: what this child says next would answer the wrong picture.
            self._abandon()
            raise
        if kind == PNG and answer.startswith(_SIGNATURE):
            return Done(value=answer)
        if kind == REFUSED:
            said = answer[:200].decode("utf-8", "replace")
            return Refused(error=f"the picture {said}", cure="The figures stand in the text.")
        return await self._failed(ValueError("no image"))

    async def _ready(self) -> _Child | Refused:
        """The child, started if there is none; raises what starting it raises."""
        if self._child is not None and self._child.process.returncode is None:
            return self._child
        await self._end()  # one that died meanwhile
        try:
            async with asyncio.timeout(self._starting):
                child = self._child = await self._start()
                kind, said = await _frame(child)
        except TimeoutError:
            await self._end(kill=True)
            error = f"the drawing process did not start within {self._starting:g} s"
            return Refused(error=error, cure=_TRY_AGAIN, retry_after=AGAIN)
        except EOFError:
            error = f"the drawing process ended while starting, with code {await self._end()}"
            return Refused(error=error, cure=_INSTALL, retry_after=AGAIN)
        if kind == READY:
            return child
        await self._end(kill=True)
        reason = said[:200].decode("utf-8", "replace") if kind == REFUSED else "it does not answer"
        return Refused(error=f"no drawing process: {reason}", cure=_INSTALL)

    async def _start(self) -> _Child:
        folder = tempfile.mkdtemp(prefix="opsbot-drawing-", dir=self._scratch)
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, folder, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=folder,
                env=_environment(folder), start_new_session=True,
            )  # fmt: skip
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        return _Child(process=process, stdin=process.stdin, stdout=process.stdout, folder=folder)

    async def _failed(self, problem: Exception) -> Refused:
        """Why there is no picture: no child, or one that crashed or talked nonsense and is
        replaced."""
        if self._child is None:
            reason = problem.strerror if isinstance(problem, OSError) else type(problem).__name__
            error = f"the drawing process cannot be started ({reason})"
            return Refused(error=error, cure=_INSTALL, retry_after=AGAIN)
        is_nonsense = isinstance(problem, ValueError)
        code = await self._end(kill=is_nonsense)
        how = "answered with no image" if is_nonsense else f"ended with code {code}"
        return Refused(error=f"the drawing process {how}", cure=_TRY_AGAIN, retry_after=AGAIN)

    def _end_later(self) -> None:
        if self._child is not None and not self._closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._idle, self._begin_ending)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _begin_ending(self) -> None:
        self._timer = None
        self._keep(asyncio.create_task(self._end_idle()))

    async def _end_idle(self) -> None:
        async with self._turn:
            if self._timer is None:  # else something was drawn in between
                await self._end()

    def _abandon(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            _kill(child.process)
            self._keep(asyncio.create_task(_bury(child, kill=True)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, *, kill: bool = False) -> int | None:
        """The code the child ended with; None when there was no child."""
        child, self._child = self._child, None
        if child is None:
            return None
        # A task of its own, so that somebody who stops waiting does not leave it half done.
        task = asyncio.create_task(_bury(child, kill=kill))
        self._keep(task)
        await asyncio.shield(task)
        return child.process.returncode


async def _asked(child: _Child, ask: bytes) -> tuple[bytes, bytes]:
    child.stdin.write(ask)
    await child.stdin.drain()
    return await _frame(child)


async def _frame(child: _Child) -> tuple[bytes, bytes]:
    """The child's next frame; raises EOFError when it ended, ValueError for garbage."""
    kind, length = opened(await child.stdout.readexactly(HEADER))
    return kind, await child.stdout.readexactly(length)


async def _bury(child: _Child, *, kill: bool) -> None:
    """Wait until the child is gone, by force if need be, and remove its folder."""
    if kill:
        _kill(child.process)
    child.stdin.close()  # the child ends when its stdin does
    try:
        await asyncio.wait_for(_gone(child), GRACE)
    except TimeoutError:
        _kill(child.process)
        await _gone(child)
    await asyncio.to_thread(shutil.rmtree, child.folder, ignore_errors=True)


async def _gone(child: _Child) -> None:
    # A pipe that nobody empties would keep the process from being reaped.
    while await child.stdout.read(65_536):
        pass
    await child.process.wait()


def _kill(process: Process) -> None:
    """End the child and whatever it started: it is the leader of a group of its own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _environment(folder: str) -> Mapping[str, str]:
    """Nothing of ours but what Python needs: no secret, no search path, one thread."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    private = dict.fromkeys(("MPLCONFIGDIR", "HOME", "TMPDIR", "PATH"), folder)
    # glibc gives blocks of that size and more back to the system as soon as they are free.
    memory = {"MALLOC_MMAP_THRESHOLD_": "131072", "OPENBLAS_NUM_THREADS": "1"}
    return kept | private | memory | {"LANG": "C.UTF-8"}
