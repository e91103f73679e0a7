"""Numbers in a runbook that are none: not a number, or without end. JSON has neither, so no run
could be hashed and no call be sent with one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from opsbot.core.runbook import Runbook
from opsbot.core.runbook.flaw import Flaw, Path, flaw


def number_flaws(runbook: Runbook) -> Iterator[Flaw]:
    """Every place where such a number stands."""
    for path, value in _places(runbook):
        for place in _endless(path, value):
            problem = "not a number, or one without end, which nothing can be sent or compared with"
            yield flaw(place, problem, "Write digits, or put it in quotes if it is a text")


def _places(runbook: Runbook) -> Iterator[tuple[Path, Any]]:
    for one in runbook.parameters:
        at: Path = ("parameters", one.name)
        yield (*at, "min"), one.minimum
        yield (*at, "max"), one.maximum
        yield (*at, "default"), one.default
    for phase, steps in (("steps", runbook.steps), ("rollback", runbook.rollback)):
        for index, step in enumerate(steps):
            yield (phase, index, "do"), step.call
            yield (phase, index, "when", "equals"), step.when.equals if step.when else None
    if runbook.verification is not None:
        yield ("verification", "below"), runbook.verification.below
        yield ("verification", "above"), runbook.verification.above
    for index, example in enumerate(runbook.examples):
        yield ("examples", index, "surroundings"), example.surroundings
        yield ("examples", index, "renders"), example.renders


def _endless(path: Path, value: Any) -> Iterator[Path]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from _endless((*path, key), item)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _endless((*path, index), item)
