"""What opsbot.yaml may say about the process executor."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from opsbot.executors._call_fields import quoted
from opsbot.executors._process_code import SHELLS


class ProcessSettings(BaseModel):
    """Which programs may be started, and what they may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    programs: tuple[str, ...] = Field(
        default=(),
        description="Programs that may be started, by name or absolute path, written as runbooks "
        "write them; none without an entry here.",
    )
    path: tuple[str, ...] = Field(
        default=("/usr/local/bin", "/usr/bin", "/bin"),
        description="Folders in which programs are looked for by name; also their PATH.",
    )
    memory_mib: int = Field(
        default=512, ge=16, le=1_000_000, description="MiB of memory that one process may use."
    )
    most_output_mib: int = Field(
        default=64, ge=1, le=60_000, description="A program that writes more MiB is ended."
    )
    grace_seconds: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="How long a program may take to end once it is asked to, before it is killed.",
    )

    @field_validator("programs", "path", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("programs")
    @classmethod
    def _programs(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name or ("/" in name and not _is_whole(name)):
                raise ValueError(f"{quoted(name)}: write a program's name or its absolute path")
            if PurePosixPath(name).name in SHELLS:
                raise ValueError(
                    f"{quoted(name)} is a shell, and would run any text; allow the program itself, "
                    "or a script of yours by its path"
                )
        return names

    @field_validator("path")
    @classmethod
    def _path(cls, folders: tuple[str, ...]) -> tuple[str, ...]:
        for folder in folders:
            if not _is_whole(folder) or os.pathsep in folder:
                raise ValueError(f"{quoted(folder)}: write the absolute path of a folder")
        return folders


def _is_whole(path: str) -> bool:
    return path.startswith("/") and ".." not in PurePosixPath(path).parts and "\x00" not in path
