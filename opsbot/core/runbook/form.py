"""The form of a runbook: one field per parameter, filled in with what is known already."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from opsbot.core.form import Choice, Field, FieldKind, Form
from opsbot.core.runbook import ParameterKind, Runbook, RunParameter
from opsbot.core.runbook.argument import LONGEST, bounds, shown
from opsbot.core.runbook.arguments import typed
from opsbot.core.text import inert

VERB, RUNBOOK = "run", "runbook"
_YES_OR_NO = (Choice(value="yes", label="yes"), Choice(value="no", label="no"))


def run_form(
    runbook: Runbook,
    incident_id: str,
    channel_id: str,
    given: Mapping[str, str],
    services: Collection[str],
) -> Form:
    """The form that asks for a run. Its fields are called like the parameters; the runbook's name
    comes back among the values as `runbook`.

    `given` is what was typed, picked or offered already; what cannot stand in its field is left
    out, and the field is empty.
    """
    fields = (_field(runbook, parameter, given, services) for parameter in runbook.parameters)
    described = f"{runbook.title}. {runbook.description}".strip()
    return Form(
        verb=VERB,
        title=f"Run {runbook.name}",
        submit="Preview",
        fields=tuple(fields),
        intro=inert(described, 600),
        incident_id=incident_id,
        channel_id=channel_id,
        extra={RUNBOOK: runbook.name},
    )


def _field(
    runbook: Runbook, parameter: RunParameter, given: Mapping[str, str], services: Collection[str]
) -> Field:
    default = {} if parameter.default is None else {parameter.name: parameter.default}
    value = given.get(parameter.name) or typed(runbook, default).get(parameter.name, "")
    kind, choices = _drawn(parameter)
    return Field(
        name=parameter.name,
        label=shown(parameter)[:1].upper() + shown(parameter)[1:],
        kind=kind,
        hint=_hint(parameter),
        value=value if _fits(parameter, value, choices, services) else "",
        required=parameter.required and parameter.default is None,
        choices=choices,
        limit=_limit(parameter),
    )


def _drawn(parameter: RunParameter) -> tuple[FieldKind, tuple[Choice, ...]]:
    match parameter.kind:
        case ParameterKind.CHOICE:
            picked = (Choice(value=choice, label=choice) for choice in parameter.choices)
            return FieldKind.CHOICE, tuple(picked)
        case ParameterKind.SERVICE:
            return FieldKind.SERVICE, ()
        case ParameterKind.BOOLEAN if parameter.default is False:
            return FieldKind.FLAG, ()
        case ParameterKind.BOOLEAN:
            # A box that is left empty cannot be told from one that nobody answered.
            return FieldKind.CHOICE, _YES_OR_NO
        case _:
            return FieldKind.TEXT, ()


def _fits(
    parameter: RunParameter, value: str, choices: tuple[Choice, ...], services: Collection[str]
) -> bool:
    if parameter.kind is ParameterKind.SERVICE:
        return value in services
    return not choices or value in {choice.value for choice in choices}


def _hint(parameter: RunParameter) -> str:
    match parameter.kind:
        case ParameterKind.INTEGER:
            asked = f"A whole number, {bounds(parameter)}." if bounds(parameter) else ""
        case ParameterKind.NUMBER:
            asked = f"A number, {bounds(parameter)}." if bounds(parameter) else ""
        case ParameterKind.DURATION:
            limits = f", {bounds(parameter)}" if bounds(parameter) else ""
            asked = f"Such as 30m or 1h30m{limits}."
        case _:
            asked = ""
    return f"{parameter.hint} {asked}".strip()


def _limit(parameter: RunParameter) -> int:
    if parameter.kind is ParameterKind.STRING:
        return min(parameter.longest, LONGEST)
    return 40 if parameter.kind in _NUMBERS else 0


_NUMBERS = (ParameterKind.INTEGER, ParameterKind.NUMBER, ParameterKind.DURATION)
