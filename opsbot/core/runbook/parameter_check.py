"""What is wrong with a runbook's parameters: names, patterns, bounds, choices, defaults."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.core.parameter import Problem
from opsbot.core.runbook import ParameterKind, Runbook, RunParameter
from opsbot.core.runbook.argument import read_argument
from opsbot.core.runbook.arguments import typed
from opsbot.core.runbook.flaw import Flaw, Path, flaw
from opsbot.core.runbook.pattern import PatternUnusable, compiled
from opsbot.core.secret_pattern import SECRET_NAME

RESERVED = frozenset({"incident", "run", "runbook", "steps", "line"})
_NUMERIC = (ParameterKind.INTEGER, ParameterKind.NUMBER, ParameterKind.DURATION)


def parameter_flaws(parameter: RunParameter) -> Iterator[Flaw]:
    """Every mistake of one parameter."""
    path: Path = ("parameters", parameter.name)
    yield from _of_parameter_name(parameter, path)
    if parameter.pattern and parameter.kind is not ParameterKind.STRING:
        yield flaw((*path, "pattern"), "only a string has a pattern", "Remove it")
    elif parameter.pattern:
        try:
            compiled(parameter.pattern)
        except PatternUnusable as why:
            yield flaw(
                (*path, "pattern"),
                "the pattern cannot be used",
                f"{str(why)[:1].upper()}{str(why)[1:]}",
            )
            return
    low, high = parameter.minimum, parameter.maximum
    if (low, high) != (None, None) and parameter.kind not in _NUMERIC:
        yield flaw(
            path,
            f"a {parameter.kind.value} has no min and no max",
            "Remove them, or make it an integer, a number or a duration",
        )
    elif low is not None and high is not None and low > high:
        yield flaw((*path, "min"), "min is above max", "Swap the two")
    if (parameter.kind is ParameterKind.CHOICE) != bool(parameter.choices):
        yield flaw(
            (*path, "choices"),
            "`choices` belong to `kind: choice`, always",
            "List what can be picked, or remove `choices`",
        )
    elif parameter.default is not None:
        yield from _of_default(parameter, path)


def _of_parameter_name(parameter: RunParameter, path: Path) -> Iterator[Flaw]:
    name, is_service = parameter.name, parameter.kind is ParameterKind.SERVICE
    if name in RESERVED:
        yield flaw(
            path,
            f"'{name}' means something else in a typed line",
            "Give the parameter another name",
        )
    elif (name == "service") is not is_service:
        yield flaw(
            path,
            "the one parameter of kind service is called `service`",
            "Name it so: `${service.environment}` and the form rely on it",
        )
    elif SECRET_NAME.search(name):
        yield flaw(
            path,
            "it asks for a secret, which would stand on the record",
            "Let the executor read the secret by its name, and remove it here",
        )


def _of_default(parameter: RunParameter, path: Path) -> Iterator[Flaw]:
    if parameter.kind is ParameterKind.SERVICE or parameter.default is None:
        return  # the catalogue is not known here; it is asked when somebody runs it
    alone = Runbook(name="x", title="", owner="", version="", parameters=(parameter,))
    text = typed(alone, {parameter.name: parameter.default}).get(parameter.name, "")
    read = read_argument(parameter, text, ())
    if isinstance(read, Problem):
        yield flaw((*path, "default"), "the default is refused", read.sentence)
