"""FakeSource: an evidence source that has always the same to tell."""

from __future__ import annotations

from opsbot.core.evidence import EvidenceAsk, EvidenceKind, Finding, Health, SourceReport
from opsbot.ports import Clock


class FakeSource:
    """The EvidenceSource port in memory: answers `findings`, and keeps what it was asked."""

    def __init__(
        self, name: str, kind: EvidenceKind, clock: Clock, findings: tuple[Finding, ...] = ()
    ) -> None:
        self.name, self.kind, self._clock, self.findings = name, kind, clock, findings
        self.asked: list[EvidenceAsk] = []

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """Fresh, about the services it was asked for."""
        self.asked.append(ask)
        return SourceReport(
            source=self.name, kind=self.kind, health=Health.FRESH, window=ask.window,
            query=f"{self.name} of {', '.join(ask.services)}", fetched_at=self._clock.now(),
            duration_ms=1, newest_at=ask.window.end,
            findings=tuple(f for f in self.findings if f.service in ("", *ask.services)),
        )  # fmt: skip
