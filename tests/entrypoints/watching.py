"""A watcher that remembers what doors said."""

from __future__ import annotations

from opsbot.entrypoints.doors import Refusal


class Watching:
    """Every answer as (status, reason), every refusal as it was told."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.refusals: list[Refusal] = []

    def answered(self, door: str, status: int, reason: str) -> None:
        self.answers.append((status, reason))

    def refused(self, door: str, refusal: Refusal) -> None:
        self.refusals.append(refusal)
