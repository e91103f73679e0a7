"""opsbot itself as the sandbox starts it: a process of its own, unchanged, killed without mercy."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp


class BotFailed(Exception):
    """opsbot did not start; the message is what it said."""


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BotProcess:
    """`opsbot serve` in its own process, with only the environment it is given."""

    def __init__(self, config: Path, environ: Mapping[str, str], *, port: int, log: Path) -> None:
        self._config, self._environ = config, dict(environ)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process id; 0 while it does not run."""
        return self._process.pid if self._process else 0

    @property
    def log_text(self) -> str:
        """Everything it has logged so far, over all restarts."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    async def start(self, *, ready_within: float = 30.0) -> None:
        """Start it and wait until it accepts deliveries. Raises BotFailed with its last words."""
        kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG", "TMPDIR") if k in os.environ}
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "opsbot", "serve", "--config", str(self._config),
                env={**kept, **self._environ, "PORT": str(self.port)},
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            await asyncio.wait_for(self._ready(), ready_within)
        except TimeoutError:
            raise BotFailed(
                f"opsbot was not ready in {ready_within:.0f} s\n{self._end()}"
            ) from None

    async def _ready(self) -> None:
        async with aiohttp.ClientSession(trust_env=False) as session:
            while True:
                if self._process is None or self._process.returncode is not None:
                    raise BotFailed(f"opsbot ended before it was ready\n{self._end()}")
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    def _end(self) -> str:
        return "\n".join(self.log_text.splitlines()[-12:])

    async def kill(self) -> None:
        """End it as a power cut would: SIGKILL, nothing flushed."""
        await self._signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Ask it to stop, and insist after ten seconds."""
        await self._signal(signal.SIGTERM)

    async def _signal(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(number)
        try:
            await asyncio.wait_for(process.wait(), 10.0)
        except TimeoutError:
            process.kill()
            await process.wait()
