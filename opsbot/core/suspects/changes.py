"""Changes of a service against the onset: before it they count, after it they are less likely."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsbot.core.evidence import EvidenceKind, Finding, FindingKind
from opsbot.core.moment import lasting
from opsbot.core.suspects import Reason
from opsbot.core.suspects.signs import Seen
from opsbot.core.text import cut, inert

HALF_LIFE = timedelta(minutes=90)
"""A change counts half as much after this time: leaks, pools and caches take an hour or two."""

CLOCK_SKEW = timedelta(seconds=30)
"""A change this much after the onset may still be before it: clocks differ, scrapes are 15 s."""

UNCERTAIN = timedelta(minutes=2)
"""How far off a measured onset can be: rates look back two minutes."""

_CHANGED = re.compile(r"(?:\(|; )([^;()]{1,160} -> [^;()]{1,80})(?=[;)])")
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a service; told without its author, and by us, since summaries name people."""

    at: datetime
    text: str
    source: str
    kinds: frozenset[EvidenceKind]
    key: str

    def is_before(self, onset: datetime) -> bool:
        """Whether it began early enough to have brought the trouble about."""
        return self.at - onset <= CLOCK_SKEW

    def timeliness(self, onset: datetime) -> float:
        """1 right before the onset, half of it every `HALF_LIFE` earlier, 0 after it."""
        if not self.is_before(onset):
            return 0.0
        return 0.5 ** (max(onset - self.at, timedelta()) / HALF_LIFE)


def changes_of(about: Sequence[Seen]) -> tuple[Change, ...]:
    """The changes of a service, each once however many sources tell of it, in time order."""
    told: dict[str, list[Seen]] = defaultdict(list)
    for seen in about:
        if _is_change(seen.finding):
            told[seen.finding.fold_key or seen.finding.summary].append(seen)
    return tuple(sorted((_change(seen) for seen in told.values()), key=lambda c: (c.at, c.key)))


def _is_change(finding: Finding) -> bool:
    if finding.kind is FindingKind.LIMIT:  # a raised limit takes nothing away from anybody
        return (finding.value or 0.0) < (finding.before or 0.0)
    return finding.kind in (FindingKind.DEPLOY, FindingKind.CHANGE)


def _change(seen: Sequence[Seen]) -> Change:
    """The earliest time is when it began; the richest words are those that name a value."""
    told = max(seen, key=lambda one: len(_words(one.finding)))
    return Change(
        at=min(one.finding.at for one in seen),
        text=_words(told.finding),
        source=told.source,
        kinds=frozenset(one.kind for one in seen),
        key=told.finding.fold_key,
    )


def _words(finding: Finding) -> str:
    if finding.kind is FindingKind.LIMIT:
        return finding.summary.removeprefix(f"{finding.service}: ")
    shown = shown_version(version_of(finding))
    noun = "deploy" if finding.kind is FindingKind.DEPLOY else "change"
    changed = _CHANGED.search(finding.summary)
    return f"{noun} {shown}".strip() + (f" ({changed[1].strip()})" if changed else "")


def version_of(finding: Finding) -> str:
    """The version that a deploy brought, as its source names it; empty when it names none."""
    version = finding.fold_key.removeprefix(f"deploy:{finding.service}:")
    return version if version != finding.fold_key else ""


def shown_version(version: str) -> str:
    """A version as people say it: the first seven digits of a commit."""
    return version[:7] if _SHA.fullmatch(version) else cut(version, 60)


def told_as_reason(change: Change, weight: float) -> Reason:
    """A change that began in time, as a reason."""
    return Reason(text=change.text, at=change.at, source=change.source,
                  weight=round(weight, 4), finding=change.key, when="at")  # fmt: skip


def told_as_less_likely(service: str, change: Change, onset: datetime) -> Reason:
    """A change that began after the onset: less likely, never cleared, and how sure that is."""
    after = lasting(change.at - onset)
    text = (
        f"{inert(service, 80)}: {change.text} began {after} after the onset there (known to within "
        f"about {lasting(UNCERTAIN)}), so it is less likely"
    )
    return Reason(text=text, at=change.at, source=change.source, finding=change.key, when="at")
