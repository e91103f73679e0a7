"""Whether the programs that runbooks may start are there; none of them is started."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from opsbot.core.text import count, inert
from opsbot.executors import Tools
from opsbot.executors._call_fields import quoted
from opsbot.executors._process_settings import ProcessSettings
from opsbot.executors._secrets_read import unreadable
from opsbot.ports import Inspection, Trouble

_ALLOW = "Add the programs that runbooks may start to executors.process.programs"


async def inspect(settings: ProcessSettings, tools: Tools) -> Inspection:
    """Every program and every secret of `executors: process:`."""
    return await asyncio.to_thread(_inspected, settings, tools)


def _inspected(settings: ProcessSettings, tools: Tools) -> Inspection:
    troubles = [*_programs(settings), *unreadable(tools.secrets)]
    if not settings.programs:
        troubles.append(Trouble(said="no program is allowed", fix=_ALLOW, hinders=False))
    known = count(len(settings.programs), "program")
    verb = "is" if len(settings.programs) == 1 else "are"
    return Inspection(well=f"{known} {verb} there and can be started", troubles=tuple(troubles))


def _programs(settings: ProcessSettings) -> Iterator[Trouble]:
    for name in settings.programs:
        if shutil.which(name, path=os.pathsep.join(settings.path)) is not None:
            continue
        there = next((path for path in _places(name, settings) if path.exists()), None)
        if there is None:
            where = f"in {', '.join(settings.path)}" if "/" not in name else "there"
            yield Trouble(
                said=f"there is no program {quoted(name)} {inert(where, 200)}",
                fix="Install it, or correct programs and path below executors.process",
            )
        else:
            what = "it is a folder" if there.is_dir() else "opsbot may not execute it"
            yield Trouble(
                said=f"{inert(str(there), 200)} cannot be started: {what}",
                fix="Correct its rights (chmod +x), or its name in executors.process.programs",
            )


def _places(name: str, settings: ProcessSettings) -> Iterator[Path]:
    yield from (Path(name),) if "/" in name else (Path(folder) / name for folder in settings.path)
