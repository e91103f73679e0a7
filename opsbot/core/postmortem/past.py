"""Findings in the past tense: a source speaks of what is going on, a document of what is over."""

from __future__ import annotations

import re
from datetime import datetime

from opsbot.core.evidence import EvidenceKind, Finding, FindingKind
from opsbot.core.moment import clock_text
from opsbot.core.suspects.changes import changes_of
from opsbot.core.suspects.signs import Seen
from opsbot.core.suspects.words import at_least
from opsbot.core.text import count, inert

MOMENTS = frozenset({FindingKind.DEPLOY, FindingKind.CHANGE, FindingKind.LIMIT})
"""Kinds of findings that happened at once; the others went on from then."""

_LONGEST = 240
_NOW = (
    (re.compile(r"\bfail or stay unanswered\b"), "failed or stayed unanswered"),
    (re.compile(r"( %) of requests fail\b"), r"\1 of requests failed"),
    (re.compile(r"\b(failing traces?) (?:found )?ends? (here|there)\b"), r"\1 ended \2"),
    (re.compile(r"^(collector .+) is down\b"), r"\1 was down"),
    (re.compile(r"^(no collector .+) is scraped any more\b"), r"\1 was scraped any more"),
)
_TOLD = {
    FindingKind.ERRORS: (r"(.+ %) of requests failed(.*)", "{1} of requests to {0} failed{2}"),
    FindingKind.UNANSWERED: (r"(.+) failed or stayed unanswered(.*)",
                             "{1} to {0} failed or stayed unanswered{2}"),
    FindingKind.LATENCY: (r"(\w+ percentile of latency) (.+)", "the {1} of {0} was {2}"),
    FindingKind.SATURATION: (r"memory at (.+)", "the memory of {0} was at {1}"),
    FindingKind.LIMIT: (r"memory limit (.+)", "the memory limit of {0} was {1}"),
    FindingKind.RESTARTS: (r"containers restarted (.+)", "containers of {0} restarted {1}"),
    FindingKind.TRAFFIC: (r"only (.+) requests a second(.*)",
                          "only {1} requests a second reached {0}{2}"),
}  # fmt: skip
"""How metrics say it (`integrations/prometheus/findings.py`), and as a clause with its service."""


def in_past(text: str) -> str:
    """The words of a finding or a gap, in the past tense; words of another shape as they are."""
    for now, then in _NOW:
        text = now.sub(then, text)
    return text


def happened(finding: Finding) -> str:
    """A finding as a clause that names its service: `32 % of requests to auth-api failed`."""
    service = inert(finding.service, 80)
    words = in_past(inert(finding.summary.removeprefix(f"{finding.service}: "), _LONGEST))
    if not service:
        return words
    if finding.kind in (FindingKind.DEPLOY, FindingKind.CHANGE):
        return _went_live(finding, service)
    if finding.kind is FindingKind.FAILING_TRACE and finding.value:
        of = f", on calls from {inert(finding.peer, 80)}" if finding.peer else ""
        number = count(round(finding.value), "failing trace")
        return f"{at_least(finding)}{number} ended in {service}{of}"
    pattern, told = _TOLD.get(finding.kind, ("", ""))
    known = re.fullmatch(pattern, words) if pattern else None
    return told.format(service, *known.groups()) if known else f"{service}: {words}"


def _went_live(finding: Finding, service: str) -> str:
    """A change without who made it, which its source may say."""
    told = Seen(finding=finding, source="", kind=EvidenceKind.CHANGES, began=finding.at)
    what, bracket, changed = changes_of([told])[0].text.partition(" (")
    article = "" if " " in what else "a "
    verb = "went live" if finding.kind is FindingKind.DEPLOY else "was made"
    return f"{article}{what} of {service} {verb}{bracket}{changed}"


def why_silent(reason: str, since: datetime | None) -> str:
    """Why nothing was seen, behind `had been silent since 09:00`; nothing where it only says so
    again."""
    again = re.fullmatch(r"no [a-z ]+ since (\d\d:\d\d UTC)", reason)
    if not reason or (again and since and again[1] == clock_text(since)):
        return ""
    return f": {in_past(inert(reason, 300))}"


def changed(text: str) -> str:
    """A change, to be read after the service that it belongs to: `its memory limit was lowered`."""
    found = re.fullmatch(r"memory limit (lowered|raised) (.+)", text)
    return f"its memory limit was {found[1]} {found[2]}" if found else text
