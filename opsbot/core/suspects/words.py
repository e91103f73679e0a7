"""What a ranking says: reasons, suspects and the verdict as sentences."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from opsbot.core.evidence import EvidenceKind, Finding, FindingKind, Health, SourceReport
from opsbot.core.moment import clock_text
from opsbot.core.suspects import Reason, Suspect
from opsbot.core.suspects.signs import SIGN_OF, Mark
from opsbot.core.text import count, cut, inert, listed

LONGEST = 280
# How traces are counted, as `integrations/tempo/ends.py` says it.
_COUNTED = re.compile(
    r"(at least )?[\d,]+ failing traces? (?:found )?end there(?: \(([^()]{1,80})\))?$"
)

_DEPARTURES = frozenset(SIGN_OF) | {FindingKind.TRAFFIC}


def told_as_sign(service: str, mark: Mark, weight: float) -> Reason:
    """A sign as a reason, in the words of the finding that shows it best."""
    finding = mark.shown.finding
    if finding.kind is FindingKind.FAILING_TRACE:
        text = _traces(finding)
    else:
        text = cut(finding.summary.removeprefix(f"{service}: "), LONGEST)
    return Reason(
        text=text,
        at=finding.at,
        source=mark.shown.source,
        weight=round(weight, 4),
        finding=finding.fold_key,
    )


def _traces(finding: Finding) -> str:
    """The path is in the finding; what counts for a suspect is that it ends here."""
    number = round(finding.value or 0)
    called = f" on calls from {finding.peer}" if finding.peer else ""
    end = "ends" if number == 1 else "end"
    traces = f"{at_least(finding)}{count(number, 'failing trace')} {end} here"
    return f"{traces}{called} ({_earlier(finding)})"


def _earlier(finding: Finding) -> str:
    """How many ended there before: with the time that was looked at, where the finding tells."""
    counted = _COUNTED.search(finding.summary)
    if counted and counted[2]:
        return counted[2]
    if finding.before is None:
        return "nothing earlier to compare with"
    return f"{finding.before:,.0f} before" if finding.before else "none before"


def at_least(finding: Finding) -> str:
    """`at least ` for failing traces of a search that stopped at its limit."""
    counted = _COUNTED.search(finding.summary)
    return counted[1] or "" if counted else ""


def sentence(suspect: Suspect, most: int = 2) -> str:
    """A suspect with its strongest reasons, for where no reader's own time zone is known."""
    told = (
        f"{reason.text} {reason.when} {clock_text(reason.at)}" if reason.at else reason.text
        for reason in suspect.reasons[:most]
    )  # fmt: skip
    return f"{inert(suspect.service, 80)}: {'; '.join(told)}"


def verdict(best: Sequence[Suspect], reports: Collection[SourceReport]) -> str:
    """Why no suspect is clear: several are alike, the best is weak, or there is none."""
    if len(best) > 1:
        names = listed(tuple(inert(suspect.service, 80) for suspect in best))
        why = f"the evidence points at {names} alike"
    elif best:
        why = f"the strongest sign is weak ({sentence(best[0], most=1)})"
    elif any(one.kind in _DEPARTURES for report in reports for one in report.findings):
        why = "what departs from the usual is too little to point at a service"
    elif looked := _looked(reports):
        why = f"nothing in {listed(looked)} departs from the usual"
    else:
        why = "neither metrics nor logs nor traces could be read"
    return f"no clear suspect: {why}"


def _looked(reports: Collection[SourceReport]) -> tuple[str, ...]:
    """The kinds of evidence in which trouble would have shown, as far as they could be read."""
    seen = {report.kind for report in reports if report.health is Health.FRESH}
    return tuple(k.value for k in EvidenceKind if k is not EvidenceKind.CHANGES and k in seen)
