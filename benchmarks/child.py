"""A part of a benchmark in a process of its own, and the one JSON line it says when it is ready."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

READY_WITHIN = 60.0  # seconds


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncGenerator[dict[str, Any]]:
    """Run `python -m module`; what it printed when it was ready. It is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        yield json.loads(await asyncio.wait_for(process.stdout.readline(), READY_WITHIN))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
