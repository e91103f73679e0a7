"""A finding: something a valid configuration still lacks, with a way to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from opsbot.config.settings import Settings


class Weight(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # something configured will not work
    WARNING = "warning"  # something will work, but likely not as meant
    ADVICE = "advice"  # more could be had


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing worth knowing. `line` is 0 when it concerns no written line."""

    weight: Weight
    key: str
    line: int
    problem: str
    fix: str


def finding(settings: Settings, weight: Weight, key: str, problem: str, fix: str) -> Finding:
    """A finding about a key, on the line where that or what holds it is written."""
    line, written = 0, key
    while not line and written:
        line = settings.lines.get(written, 0)
        written = written.rpartition(".")[0]
    return Finding(weight=weight, key=key, line=line, problem=problem, fix=fix)
