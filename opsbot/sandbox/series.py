"""A time series as the sandbox Prometheus holds it: labels, and samples on a fixed scrape grid."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

SCRAPE_SECONDS = 15
"""Every sample lies on a multiple of this many seconds, unless a world is scraped otherwise."""

MatchOperator = Literal["=", "!=", "=~", "!~"]
Sample = float | None


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label condition of a selector; regular expressions are anchored at both ends."""

    name: str
    operator: MatchOperator
    value: str
    pattern: re.Pattern[str] | None = field(default=None, compare=False)

    def matches(self, value: str) -> bool:
        """Say whether a label value (empty when the label is absent) fulfils the condition."""
        if self.operator == "=":
            return value == self.value
        if self.operator == "!=":
            return value != self.value
        found = self.pattern is not None and self.pattern.fullmatch(value) is not None
        return found if self.operator == "=~" else not found

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.operator}"{escaped}"'


def matcher(name: str, operator: MatchOperator, value: str) -> Matcher:
    """Build a matcher; raises re.error when the regular expression is not one."""
    pattern = re.compile(value) if operator in ("=~", "!~") else None
    return Matcher(name, operator, value, pattern)


@dataclass(slots=True)
class Series:
    """Labels (with `__name__`) and a function giving the samples of scrapes first..last."""

    labels: Mapping[str, str]
    samples: Callable[[int, int], Sequence[Sample]]


class SeriesSource(Protocol):
    """Where an evaluator gets its series from."""

    @property
    def interval(self) -> int:
        """Give the seconds between two scrapes."""
        ...

    def select(self, matchers: Sequence[Matcher]) -> list[Series]:
        """Give the series that fulfil every matcher."""
        ...

    def scrapes(self) -> tuple[int, int]:
        """Give the first and the last scrape that exist, in units of `interval` since 1970."""
        ...
