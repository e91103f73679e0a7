"""How long each delivery to opsbot takes: until it is acknowledged, and until somebody sees an
answer. Kept by benchmarks.slack_relay."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(slots=True, kw_only=True)
class Timing:
    """One delivery; times in milliseconds from when it was handed over, None for never."""

    kind: str
    sent_at: float = 0.0  # monotonic seconds
    ack_ms: float | None = None
    floor_ms: float | None = None
    answer_ms: float | None = None
    status: int = 0

    def since(self) -> float:
        """Milliseconds from when it was handed over until now."""
        return (time.monotonic() - self.sent_at) * 1000


class Stopwatch:
    """Every delivery that was timed, and who still waits for an answer to one."""

    def __init__(self) -> None:
        self.timings: list[Timing] = []
        self._waiting: dict[str, Timing] = {}

    def note(self, kind: str, payload: Mapping[str, Any]) -> Timing:
        """A delivery that is about to be handed over."""
        timing = Timing(kind=kind)
        self.timings.append(timing)
        for mark in (payload.get("trigger_id"), payload.get("response_url")):
            if mark:
                self._waiting[urlsplit(str(mark)).path] = timing
        return timing

    def answered(self, mark: str, at: float) -> None:
        """Somebody sees what came by this response URL's path, or trigger; the first counts."""
        timing = self._waiting.pop(mark, None)
        if timing is not None and timing.answer_ms is None:
            timing.answer_ms = (at - timing.sent_at) * 1000

    @property
    def open(self) -> int:
        """How many were not acknowledged, or not answered, so far."""
        return sum(1 for t in self.timings if t.ack_ms is None or t.answer_ms is None)

    def take(self) -> list[dict[str, Any]]:
        """All timings so far; they are forgotten here."""
        taken, self.timings = self.timings, []
        self._waiting.clear()
        return [asdict(timing) for timing in taken]
