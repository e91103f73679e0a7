"""One way of acting, one file; runbooks name it by the file's name.

A file here declares `EXECUTOR`, and being there is registering: `opsbot/catalog` finds it. An
executor that needs settings and has none is not there, and runbooks that name it say so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from opsbot.ports import Clock, Executor, Http, Inspection, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an executor is given: HTTP, time, and its secrets by name."""

    http: Http
    clock: Clock
    secrets: Mapping[str, Secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSecret:
    """A fixed secret an executor takes: `env` is its environment variable."""

    name: str
    env: str
    why: str


def _cannot_tell(call: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorKind:
    """One way of acting: its settings, its secrets, and how it is made. `always` is true for one
    that works without any settings, `named_secrets` for one whose section may hold `secrets:`,
    which runbooks name. `changes` says of a call as written that it certainly does more than read;
    False when nobody can tell. `inspect` is for the doctor: it asks whether calls could be made,
    and changes nothing; None where there is nothing to ask."""

    name: str
    settings: type[BaseModel]
    make: Callable[[Any, Tools], Executor]
    secrets: Sequence[ExecutorSecret] = ()
    always: bool = False
    named_secrets: bool = False
    changes: Callable[[Mapping[str, Any]], bool] = _cannot_tell
    inspect: Callable[[Any, Tools], Awaitable[Inspection]] | None = None
