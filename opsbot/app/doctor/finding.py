"""What a check found: one line, and one fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from opsbot.core.text import inert

_LONGEST = 600


class Verdict(StrEnum):
    """What a finding asks for."""

    OK = "ok"
    WARN = "warn"  # it works, with less, or not for long
    BAD = "bad"  # a person has to do something
    SKIPPED = "skipped"  # it was not looked at, and `said` tells why


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line a check has to say, and what to do about it. Both are made inert here, because
    they quote what other systems answered."""

    name: str  # subject and matter, such as `slack.token`
    verdict: Verdict
    said: str
    fix: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "said", inert(self.said, _LONGEST))
        object.__setattr__(self, "fix", inert(self.fix, _LONGEST))


def ok(name: str, said: str) -> Finding:
    """All is well."""
    return Finding(name=name, verdict=Verdict.OK, said=said)


def warn(name: str, said: str, fix: str) -> Finding:
    """It works, but look at it."""
    return Finding(name=name, verdict=Verdict.WARN, said=said, fix=fix)


def bad(name: str, said: str, fix: str) -> Finding:
    """Somebody has to do something."""
    return Finding(name=name, verdict=Verdict.BAD, said=said, fix=fix)


def skipped(name: str, why: str, fix: str = "") -> Finding:
    """It could not, or was not to, be looked at."""
    return Finding(name=name, verdict=Verdict.SKIPPED, said=why, fix=fix)
