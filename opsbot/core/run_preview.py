"""What will run, in lines that a person reads before saying yes."""

from __future__ import annotations

from collections.abc import Iterable

from opsbot.core.card import Line, Tone, line
from opsbot.core.quantity import quantity
from opsbot.core.runbook.rendered import RenderedCheck, RenderedStep
from opsbot.core.text import inert

LONGEST = 12_000  # characters of one step; a message of Slack holds less, see `prepare_run`
_WIDTH = 600  # of one line of a card


def step_line(index: int, step: RenderedStep, shown: str) -> str:
    """One step: its number, what exactly it does, and when it is given up."""
    condition = ", if its condition holds" if step.when is not None else ""
    return f"{index + 1}. {inert(shown, LONGEST)}{condition} (at most {seconds(step.timeout_s)})"


def back_line(shown: str) -> str:
    """One step of the way back."""
    return f"if it fails: {inert(shown, LONGEST)}"


def exactly(preview: Iterable[str]) -> list[Line]:
    """Every line of a preview to its last character: who says yes reads all that will run."""
    return [
        line(shown[at : at + _WIDTH], tone=Tone.CODE)
        for shown in preview
        for at in range(0, max(len(shown), 1), _WIDTH)
    ]


def check_line(check: RenderedCheck) -> str:
    """What has to be seen for the run to have helped."""
    what = check.signal.replace("_", " ") or check.query
    of = f" of {check.service}" if check.service and check.signal else ""
    held = f" for {seconds(check.holds_s)}" if check.holds_s else ""
    return (
        f"then {inert(what, 200)}{of} has to be {bound(check)}{held}, within "
        f"{seconds(check.within_s)}"
    )


def bound(check: RenderedCheck) -> str:
    """Where the metric has to be."""
    parts: list[str] = []
    if check.below is not None:
        parts.append(f"below {reading(check.below, check.unit)}")
    if check.above is not None:
        parts.append(f"above {reading(check.above, check.unit)}")
    return " and ".join(parts)


def reading(value: float | None, unit: str) -> str:
    """A metric's value with its unit; a share as per cent."""
    if value is None:
        return "no data"
    return quantity(value, "ratio" if unit == "share" else unit)


def seconds(value: float) -> str:
    """A short time in words."""
    if value < 90:
        return f"{value:g} s"
    return f"{value / 60:g} min" if value < 5400 else f"{value / 3600:g} h"
