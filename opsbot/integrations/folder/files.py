"""Files below one folder, written whole or not at all, and never outside of it: every step down is
taken from the folder above, and no link is followed."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

LONGEST = 16 * 1024 * 1024  # bytes of a file that is read back

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OWN_ONLY = 0o077  # what nobody else may have of a private file


class Unsafe(Exception):
    """A name that leads elsewhere, or something there that is no plain file."""


@contextmanager
def opened(root: Path) -> Generator[int]:
    """The folder, made when it is not there, as a descriptor. Raises OSError."""
    root.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(root, _DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(root: int, path: str) -> bytes | None:
    """The file at a relative path; None when there is none. Raises Unsafe and OSError."""
    *parents, name = _steps(path)
    try:
        with _below(root, parents) as folder:
            if not _is_file(folder, name):
                return None
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read(LONGEST + 1)
    except FileNotFoundError:
        return None
    if len(data) > LONGEST:
        raise Unsafe(f"{path} is larger than {LONGEST // 1024 // 1024} MiB")
    return data


def write(root: int, path: str, data: bytes, *, private: bool) -> None:
    """Put the file there in one step: a reader sees the old one or the new one, whole, even after
    a power failure. Raises Unsafe and OSError."""
    *parents, name = _steps(path)
    with _below(root, parents, make=0o700 if private else 0o755) as folder:
        if _is_file(folder, name) and _stands(folder, name, data, private=private):
            return
        beside = f".{name}.opsbot"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)  # left by an earlier try, or put there as a trap
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(beside, flags, 0o600 if private else 0o644, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def _stands(folder: int, name: str, data: bytes, *, private: bool) -> bool:
    """Whether the file is there already, as readable as it should be."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        if private and os.fstat(file.fileno()).st_mode & _OWN_ONLY:
            return False
        return file.read(len(data) + 1) == data


def _is_file(folder: int, name: str) -> bool:
    """Whether a plain file has this name. Raises Unsafe for anything else, such as a link."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        raise Unsafe(f"{name} is no plain file")
    return True


def _steps(path: str) -> list[str]:
    steps = path.split("/")
    for step in steps:
        if step in ("", ".", "..") or "\0" in step or "\\" in step or len(step.encode()) > 200:
            raise Unsafe("a file's name leads out of the folder")
    return steps


@contextmanager
def _below(root: int, parents: Sequence[str], make: int = 0) -> Generator[int]:
    """The folder below, step by step; with `make` they are made, readable as that says."""
    descriptor = os.dup(root)
    try:
        for name in parents:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, make, dir_fd=descriptor)
            try:
                deeper = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise Unsafe(f"{name} is no plain folder") from None
                raise
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)
