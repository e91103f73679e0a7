"""Ranking v0: signs of trouble that calls do not explain away, then the changes that fit them.

A rule for a start: it knows no service and no company, its weights are set by hand, and how often
it is right has not been measured on public data yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from opsbot.core.evidence import EvidenceKind, SourceReport
from opsbot.core.moment import LATEST
from opsbot.core.service import Catalogue
from opsbot.core.suspects import Confidence, Ranking, Reason, Suspect
from opsbot.core.suspects.calls import Calls, calls_in
from opsbot.core.suspects.case import Case, case_of
from opsbot.core.suspects.changes import told_as_less_likely
from opsbot.core.suspects.sight import unseen_of
from opsbot.core.suspects.signs import seen_in
from opsbot.core.suspects.words import verdict

UPSTREAM = 0.5
"""What a service loses of its signs when something it depends on is in full trouble."""

OFF_PATH = 0.7
"""What is left of the signs of a service the paged one is not known to depend on."""

LEAST, CLEAR, LIKELY = 0.15, 0.3, 0.5
"""Scores from which a service is named at all, stands out, and may be called likely. One sign at
full strength stands out; two that agree, or one and a change, are needed to be likely."""

TIE = 0.9
"""A second suspect with this much of the first one's score is as suspect."""

KEPT = 5


def rank(reports: Collection[SourceReport], catalogue: Catalogue, paged: str) -> Ranking:
    """Order the services by what points at them; the order of reports and findings is no matter.

    `paged` is the catalogue's name of the service that paged, empty when it is not known.
    """
    about = seen_in(reports)
    calls = calls_in((seen.finding for one in about.values() for seen in one), catalogue)
    cases = sorted(
        _placed([case_of(service, about, calls) for service in about], calls, paged),
        key=lambda case: (-case.score, case.onset or LATEST, case.service),
    )
    named = [case for case in cases if case.score >= LEAST]
    tied = [case for case in named if case.score >= TIE * named[0].score]
    is_clear = len(tied) == 1 and tied[0].score >= CLEAR
    unseen = unseen_of(named[0].service if named else paged, reports)
    suspects = [_suspect(case, Confidence.POSSIBLE) for case in named[:KEPT]]
    if is_clear and _agrees(named[0], unseen):
        suspects[0] = _suspect(named[0], Confidence.LIKELY)
    onset = named[0].onset if named else min((c.onset for c in cases if c.onset), default=None)
    return Ranking(
        suspects=tuple(suspects),
        verdict="" if is_clear else verdict(suspects[: len(tied)], reports),
        unseen=tuple(kind.value for kind in unseen),
        less_likely=_less_likely(cases, onset),
        onset=onset,
    )


def _placed(cases: Sequence[Case], calls: Calls, paged: str) -> list[Case]:
    """Discount who stands above trouble, and who does not stand on the path of the page."""
    signs = {case.service: case.signs for case in cases}
    path = calls.below(paged) | {paged}
    placed: list[Case] = []
    for case in cases:
        below = max((signs.get(one, 0.0) for one in calls.below(case.service)), default=0.0)
        off = OFF_PATH if len(path) > 1 and case.service not in path else 1.0
        placed.append(replace(case, place=(1 - UPSTREAM * below) * off))
    return placed


def _agrees(case: Case, unseen: Collection[EvidenceKind]) -> bool:
    """Two independent kinds of evidence, and one more for each kind that could not be seen."""
    missing = set(unseen) - case.kinds
    return case.score >= LIKELY and len(case.kinds) >= 2 + len(missing)


def _suspect(case: Case, confidence: Confidence) -> Suspect:
    return Suspect(
        service=case.service, score=case.score, confidence=confidence, reasons=case.reasons
    )


def _less_likely(cases: Sequence[Case], onset: datetime | None) -> tuple[Reason, ...]:
    """The changes that began after the first sign of their service, or else of the suspect."""
    later = [
        told_as_less_likely(case.service, change, since)
        for case in cases
        for change in case.changes
        if (since := case.onset or onset) and not change.is_before(since)
    ]
    return tuple(sorted(later, key=lambda reason: (reason.at or LATEST, reason.text)))
