"""FakeGauge: a metric whose readings a test has written down, one after the other."""

from __future__ import annotations

from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.ports import Done, Outcome


class FakeGauge:
    """The Gauge port in memory. `readings` are given in order, the last one for ever after."""

    def __init__(self, name: str = "prometheus") -> None:
        self.name = name
        self.readings: list[Outcome[float | None]] = [Done(value=0.31)]
        self.asked: list[RenderedCheck] = []

    def says(self, *values: float | None) -> None:
        """Give these values from now on."""
        self.readings = [Done(value=value) for value in values]

    async def read(self, check: RenderedCheck) -> Outcome[float | None]:
        """The next reading."""
        self.asked.append(check)
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
