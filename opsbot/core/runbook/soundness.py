"""What is wrong with a runbook before anybody runs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from opsbot.core.runbook import Runbook
from opsbot.core.runbook.flaw import Flaw, Path, flaw
from opsbot.core.runbook.lookup_check import lookup_flaws
from opsbot.core.runbook.lookups import SECRETS
from opsbot.core.runbook.number_check import number_flaws
from opsbot.core.runbook.parameter_check import parameter_flaws
from opsbot.core.scrub import Scrubber
from opsbot.core.secret_pattern import SECRET_NAME

MOST_CHOICES = 200
"""Of all parameters together. A view may have 250,000 bytes (Slack page "Views")."""

_HOLE = re.compile(r"\$\{[^{}]*\}")


def flaws(runbook: Runbook) -> tuple[Flaw, ...]:
    """Every mistake that the runbook alone can tell."""
    return (
        *(one for parameter in runbook.parameters for one in parameter_flaws(parameter)),
        *_of_choices(runbook),
        *lookup_flaws(runbook),
        *_of_names(runbook),
        *_of_secrets(runbook),
        *_of_check(runbook),
        *number_flaws(runbook),
    )


def _of_choices(runbook: Runbook) -> Iterator[Flaw]:
    if sum(len(parameter.choices) for parameter in runbook.parameters) > MOST_CHOICES:
        problem = f"more than {MOST_CHOICES} choices in all, which no form of Slack can hold"
        yield flaw(("parameters",), problem, "Ask for a string with a pattern instead")


def _of_names(runbook: Runbook) -> Iterator[Flaw]:
    seen: dict[str, str] = {}
    for phase, steps in (("steps", runbook.steps), ("rollback", runbook.rollback)):
        for index, step in enumerate(steps):
            path: Path = (phase, index, "name")
            if step.name == "run":
                yield flaw(path, "'run' is the run itself", "Rename the step")
            if step.name in seen:
                problem = f"{seen[step.name]} is called '{step.name}' too"
                yield flaw(path, problem, "Give each step its own name")
            seen.setdefault(step.name, f"{phase}[{index}]")
            for name in step.register:
                if SECRET_NAME.search(name):
                    yield flaw(
                        (phase, index, "register"),
                        f"'{name}' sounds like a secret, which is never kept",
                        "Register something else",
                    )


def _of_secrets(runbook: Runbook) -> Iterator[Flaw]:
    """The record's scrubber would take these out, and the hash would fit nothing any more."""
    clean = Scrubber().clean_data  # by shape; what opsbot itself holds is not known here
    parts: list[tuple[Path, Any]] = [
        *(((phase, index, "do"), dict(step.call))
          for phase, steps in (("steps", runbook.steps), ("rollback", runbook.rollback))
          for index, step in enumerate(steps)),
        (("guard", "target"), runbook.guard.target),
        (("verification",), runbook.verification.query if runbook.verification else ""),
        *((("parameters", p.name, "default"), p.default) for p in runbook.parameters),
    ]  # fmt: skip
    for path, value in parts:
        for place in _changed(path, value, clean):
            yield flaw(
                place,
                "what stands here looks like a secret",
                "Take it out and replace it: the executor reads secrets by name",
            )


def _changed(
    path: Path, value: Any, clean: Callable[[Any], tuple[Any, tuple[str, ...]]]
) -> Iterator[Path]:
    """The innermost places that the scrubber changes."""
    inner: list[Path] = []
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            if key == SECRETS and isinstance(item, dict):
                item = list(cast("dict[str, Any]", item).values())  # names, not secrets
            if isinstance(item, str):  # a name such as `password` tells as much as the value
                inner += [(*path, key)] if clean({key: _sample(item)})[1] else []
            else:
                inner += _changed((*path, key), item, clean)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            inner += _changed((*path, index), item, clean)
    elif isinstance(value, str) and clean(_sample(value))[1]:
        inner.append(path)
    yield from inner


def _sample(text: str) -> str:
    """The text as it may look once it is filled in: `token=${name}` is a secret by then."""
    return _HOLE.sub("abc123def456", text)


def _of_check(runbook: Runbook) -> Iterator[Flaw]:
    check = runbook.verification
    if check is None:
        return
    if bool(check.signal) == bool(check.query):
        yield flaw(
            ("verification",),
            "it has to name a signal or a query, one of them",
            "Write `signal: error_share`, or a query of your own",
        )
    if check.below is None and check.above is None:
        yield flaw(("verification",), "it has no bound", "Write `below:` or `above:`")
    if check.every > check.within:
        yield flaw(
            ("verification", "every"), "it would not look even once", "Write less than `within`"
        )
    if check.holds > check.within:
        yield flaw(
            ("verification", "holds"),
            "it cannot hold longer than `within`",
            "Write less than `within`",
        )
