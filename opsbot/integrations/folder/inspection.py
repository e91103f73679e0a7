"""Whether files could be put into the folder: looked at from outside, nothing is written."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from opsbot.ports import Inspection, Trouble

MIB = 1024**2
LEAST_FREE = 100 * MIB  # bytes; a postmortem with its charts takes about one of them


async def inspect(root: Path, *, least_free: int = LEAST_FREE) -> Inspection:
    """The folder, or, while it is not there, the one in which it would be made; `least_free` are
    bytes."""
    return await asyncio.to_thread(_inspected, root, least_free)


def _inspected(root: Path, least_free: int) -> Inspection:
    try:
        return Inspection(well=_well(root), troubles=tuple(_troubles(root, least_free)))
    except OSError as error:
        said = f"{root} cannot be looked at: {error.strerror or type(error).__name__}"
        return Inspection(well="", troubles=(Trouble(said=said, fix="Mend the disk or share"),))


def _well(root: Path) -> str:
    made = "" if root.exists() else ", which is made with the first postmortem"
    return f"opsbot may write to {root}{made}; {_free(root):,.0f} MiB are free"


def _troubles(root: Path, least_free: int) -> Iterator[Trouble]:
    stands = _standing(root)
    if not stands.is_dir():
        fix = "Move it away, or write another path below integrations.folder"
        yield Trouble(said=f"{stands} is in the way: it is no folder", fix=fix)
        return
    if not os.access(stands, os.W_OK | os.X_OK):
        fix = "Let opsbot's own account write there, or write another path"
        yield Trouble(said=f"opsbot may not write to {stands}", fix=fix)
    if _free(root) < least_free / MIB:
        said = f"only {_free(root):,.0f} MiB are free at {stands}"
        yield Trouble(said=said, fix="Free some, or write another path", hinders=False)


def _standing(root: Path) -> Path:
    """The folder itself, or the nearest above it that is there."""
    path = root.absolute()
    while not os.path.lexists(path) and path != path.parent:  # a link to nowhere stands, too
        path = path.parent
    return path


def _free(root: Path) -> float:
    return shutil.disk_usage(_standing(root)).free / MIB
