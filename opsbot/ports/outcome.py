"""What came of asking the outside world, as a value; and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[T_co]):
    """It happened."""

    value: T_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It did not happen. `error` is the other side's word, `cure` a sentence for a person."""

    error: str
    cure: str
    retry_after: timedelta | None = None  # None: trying again will not help


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """It may have happened: no answer came. Look before doing it again."""

    reason: str


Outcome = Done[T] | Refused | Unsure


class Clock(Protocol):
    """Time and waiting, so that tests can wind both."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
