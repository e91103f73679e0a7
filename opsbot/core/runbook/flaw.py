"""A mistake in a runbook, found before anybody runs it."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One mistake: where in the file, what, and how to mend it."""

    path: Path
    problem: str
    fix: str


def flaw(path: Path, problem: str, fix: str) -> Flaw:
    """Write a mistake without naming its parts."""
    return Flaw(path=path, problem=problem, fix=fix)
