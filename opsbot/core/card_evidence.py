"""What the card says of the evidence: what cannot be seen, what was found, what is still asked."""

from __future__ import annotations

from opsbot.core.card import At, Line, Link, Piece, Tone, line
from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.gaps import Blindness, blindnesses
from opsbot.core.incident import Incident
from opsbot.core.text import count, cut, listed

SEEN_LIMIT = 8
SEEN_BESIDE_SUSPECTS = 3  # the suspects say the rest
SUMMARY_BESIDE_SUSPECTS = 110  # characters of a finding; the timeline has it whole
_KIND_ORDER = tuple(FindingKind)


def blind_lines(incident: Incident) -> tuple[Line, ...]:
    """What responders must not miss: evidence that is not there."""
    blind = blindnesses(incident)
    loud = tuple(_blind_line(b) for b in blind if b.loud)
    quiet = [b for b in blind if not b.loud]
    if not quiet:
        return loud
    names = listed(tuple(f"{b.kind} of {_whose(b)}" for b in quiet), 3)
    return (*loud, line(f"{names}: little or no data, so silence there proves nothing",
                        label="Sparse", tone=Tone.QUIET))  # fmt: skip


def _whose(blind: Blindness) -> str:
    return listed(blind.services, 2) if blind.services else "every service"


def _blind_line(blind: Blindness) -> Line:
    if blind.since is None:
        words: tuple[Piece, ...] = (f"{blind.kind} ({blind.source}): {blind.reason}",)
        return line(*words, label="Blind", tone=Tone.LOUD)
    whose = listed(blind.services, 3) or "every service"
    return line(
        f"{blind.kind.capitalize()} silent since ", At(moment=blind.since), f" for {whose}: ",
        f"{blind.reason}. What follows was found without them.",
        label="Blind", tone=Tone.LOUD,
    )  # fmt: skip


def _seen(incident: Incident) -> list[Finding]:
    """The earliest finding of each kind and service, in the order they began."""
    earliest: dict[tuple[str, str], Finding] = {}
    for report in incident.reports.values():
        for finding in report.findings:
            if finding.kind in (FindingKind.PIPELINE, FindingKind.ALERT):
                continue
            key = (finding.kind, finding.fold_key or finding.service)
            held = earliest.get(key)
            if held is None or (finding.at, finding.summary) < (held.at, held.summary):
                earliest[key] = finding
    return sorted(earliest.values(), key=lambda f: (f.at, _KIND_ORDER.index(f.kind), f.summary))


def seen_lines(incident: Incident, *, ranked: bool) -> tuple[Line, ...]:
    """Findings in the order they began; fewer of them where suspects are `ranked` above."""
    story = _seen(incident)
    shown = _picked(story, SEEN_BESIDE_SUSPECTS if ranked else SEEN_LIMIT)
    longest = SUMMARY_BESIDE_SUSPECTS if ranked else 1_000
    lines = [
        line(
            At(moment=f.at), " ", cut(f.summary, longest), *_more(f), label="Seen" if i == 0 else ""
        )
        for i, f in enumerate(shown)
    ]
    if len(story) > len(shown):
        rest = count(len(story) - len(shown), "finding")
        lines.append(line(f"and {rest} more in the timeline below", tone=Tone.QUIET))
    return tuple(lines)


def _more(finding: Finding) -> tuple[Piece, ...]:
    if finding.link.startswith(("https://", "http://")):
        return (" ", Link(label="look", url=finding.link))
    return ()


def _picked(story: list[Finding], limit: int) -> list[Finding]:
    """At most `limit` findings: every kind is heard once before any kind is heard twice."""
    if len(story) <= limit:
        return story
    turn: dict[FindingKind, int] = {}
    ranked: list[tuple[int, int]] = []
    for index, finding in enumerate(story):
        turn[finding.kind] = turn.get(finding.kind, 0) + 1
        ranked.append((turn[finding.kind], index))
    kept = {index for _, index in sorted(ranked)[:limit]}
    return [finding for index, finding in enumerate(story) if index in kept]


def asking_line(incident: Incident) -> tuple[Line, ...]:
    """Who is still being asked, or that nothing unusual was found."""
    waiting = [s for s in incident.asked_sources if s not in incident.reports]
    if not waiting or incident.evidence_complete_at:
        if incident.evidence_complete_at and not _seen(incident):
            text = "nothing unusual in what could be read"
            return (line(text, label="Seen"),)
        return ()
    return (line(f"asking {listed(tuple(waiting), 6)} ...", tone=Tone.QUIET),)
