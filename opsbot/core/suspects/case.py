"""The case against one service: signs, a change that fits them, and its place on the path."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from opsbot.core.evidence import EvidenceKind
from opsbot.core.suspects import Reason
from opsbot.core.suspects.calls import Calls
from opsbot.core.suspects.changes import Change, changes_of, told_as_reason
from opsbot.core.suspects.signs import SIGN_OF, Mark, Seen, marks_of
from opsbot.core.suspects.words import told_as_sign

CHANGE = 0.5
"""How much of the remaining doubt a timely change takes away, in proportion to the signs: evidence
decides and time breaks ties, so a change without signs makes no suspect."""

MINOR = 0.05
"""A sign of less weight does not count as a kind of evidence of its own."""

CHANGES_TOLD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What stands against `service`; `onset` is its first sign, explained or not."""

    service: str
    marks: tuple[Mark, ...]
    changes: tuple[Change, ...]
    onset: datetime | None
    place: float = 1.0  # what its place on the path leaves of its signs

    @property
    def signs(self) -> float:
        """All signs together, from 0 to below 1, wherever the service stands."""
        return _together(mark.weight for mark in self.marks)

    @property
    def score(self) -> float:
        """From 0 to below 1."""
        change = max((weight for _, weight in self._fitting()), default=0.0)
        return round(_together((self.signs * self.place, change)), 4)

    @property
    def kinds(self) -> frozenset[EvidenceKind]:
        """The independent kinds of evidence that say so."""
        weighed = [(mark.kinds, mark.weight * self.place) for mark in self.marks]
        weighed += [(change.kinds, weight) for change, weight in self._fitting()]
        return frozenset(kind for kinds, weight in weighed if weight >= MINOR for kind in kinds)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Signs and the newest fitting changes in words, strongest first."""
        signs = [told_as_sign(self.service, m, m.weight * self.place) for m in self.marks]
        changes = [told_as_reason(*fitting) for fitting in self._fitting()[-CHANGES_TOLD:]]
        return tuple(sorted((*signs, *changes), key=lambda r: (-r.weight, r.at, r.text)))

    def _fitting(self) -> list[tuple[Change, float]]:
        """The changes that began before the onset, with their weights, in time order."""
        onset = self.onset
        if onset is None:
            return []
        most = CHANGE * self.signs * self.place
        return [(c, most * c.timeliness(onset)) for c in self.changes if c.is_before(onset)]


def case_of(service: str, about: Mapping[str, Sequence[Seen]], calls: Calls) -> Case:
    """The case against a service before its place on the path is looked at."""
    seen = about[service]
    signs = (one.began for one in seen if one.finding.kind in SIGN_OF)
    return Case(
        service=service,
        marks=marks_of(service, about, calls),
        changes=changes_of(seen),
        onset=min(signs, default=None),
    )


def _together(weights: Iterable[float]) -> float:
    """What is left of the doubt shrinks with every weight; sorted, so that order is no matter."""
    return 1 - math.prod(sorted(1 - weight for weight in weights))
