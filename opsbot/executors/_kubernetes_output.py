"""What an act tells while it goes on, kept within bounds; and how much time it has left."""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(slots=True)
class Output:
    """The lines of an act: each goes to `tell` at once, and the first `limit` bytes are kept."""

    tell: Callable[[str], None]
    limit: int
    cut: bool = False
    _lines: list[str] = field(default_factory=list[str])
    _bytes: int = 0

    def line(self, text: str) -> None:
        """Tell a line and keep it, as far as there is room."""
        self.tell(text)
        size = len(text.encode("utf-8", "replace")) + 1
        if self.cut or self._bytes + size > self.limit:
            self.cut = True
            return
        self._lines.append(text)
        self._bytes += size

    @property
    def text(self) -> str:
        return "\n".join(self._lines)
