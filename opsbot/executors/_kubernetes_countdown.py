"""How much time an act has left."""

from __future__ import annotations

from dataclasses import dataclass, field

from opsbot.ports import Clock


@dataclass(slots=True)
class Countdown:
    """Seconds until an act has to be over."""

    clock: Clock
    seconds: float
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock.monotonic()

    @property
    def left(self) -> float:
        return self.seconds - (self.clock.monotonic() - self._began)

    def within(self, longest: float) -> float:
        """`longest`, or what is left when that is less; never quite nothing."""
        return max(min(longest, self.left), 0.01)
