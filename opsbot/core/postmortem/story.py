"""What happened, as a story: what began before the page, the response, the way out, and what came
after; anew for every time it came back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.evidence import FindingKind
from opsbot.core.gaps import blind_in
from opsbot.core.points import PointName, entries_of, utc
from opsbot.core.postmortem import Phase, Sentence, says
from opsbot.core.postmortem.material import Material, Seen
from opsbot.core.postmortem.narration import Clause, follows, narrated, sentence_of
from opsbot.core.postmortem.past import MOMENTS, happened, why_silent
from opsbot.core.postmortem.runs import runs_read
from opsbot.core.text import count, listed

MOST_CLAUSES = 18  # of one paragraph; the timeline has the rest
MOST_SIGNS = 10
BEFORE, RESPONSE, WAY_OUT, BACK, AFTER = (
    "Before anybody knew", "The response", "The way out", "It came back", "Afterwards",
)  # fmt: skip
_TOLD = (
    FindingKind.DEPLOY, FindingKind.CHANGE, FindingKind.LIMIT, FindingKind.SATURATION,
    FindingKind.ERRORS, FindingKind.LATENCY, FindingKind.RESTARTS, FindingKind.UNANSWERED,
    FindingKind.TRAFFIC, FindingKind.FAILING_TRACE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bit:
    at: datetime
    clause: Clause
    entry: int
    phase: int  # index of the phase that it belongs to


def story(about: Material) -> tuple[Phase, ...]:
    """The paragraphs that have anything to tell, in order."""
    starts = tuple(_starts(about))
    bits = sorted(_bits(about, starts), key=lambda bit: (bit.phase, bit.at, bit.entry))
    first = (*_blind_before(about), *_signs(about))
    phases = [Phase(title=BEFORE, sentences=first, listed=True)] if first else []
    for index, (title, _) in enumerate(starts):
        own = [bit for bit in bits if bit.phase == index]
        if own:
            phases.append(Phase(title=title, sentences=_shortened(about, own)))
    return tuple(phases)


def _starts(about: Material) -> Iterator[tuple[str, datetime]]:
    """Which paragraphs there are, and from when on."""
    spells = about.points.episodes
    detected = about.at(PointName.DETECTED)
    for number, spell in enumerate(spells):
        start = min(spell.start, detected) if number == 0 and detected else spell.start
        yield (RESPONSE if number == 0 else BACK), start
        until = spells[number + 1].start if number + 1 < len(spells) else None
        turn = _turn(about, start, spell.end, until)
        if turn is not None:
            yield WAY_OUT, turn
        if spell.end is not None and turn is not None and spell.end > turn:
            yield AFTER, spell.end


def _turn(
    about: Material, start: datetime, end: datetime | None, until: datetime | None
) -> datetime | None:
    """When people began to mend it: the first run or the mitigation; else there is only the end."""
    acts = [utc(entry.occurred_at) for entry, _ in entries_of(about.entries, e.RunRequested)]
    acts += [utc(b.at) for _, b in entries_of(about.entries, e.Mitigated) if b.at is not None]
    acts += [end] if end else []
    return min((at for at in acts if at >= start and (until is None or at < until)), default=None)


def _bits(about: Material, starts: Sequence[tuple[str, datetime]]) -> Iterator[_Bit]:
    runs = {run.request.run_id: run for run in runs_read(about.entries)}
    for entry in about.entries if starts else ():
        clause = narrated(about, runs, entry)
        if clause is not None:
            at = _when(entry)
            yield _Bit(at=at, clause=clause, entry=entry.seq, phase=_phase(starts, at))


def _when(entry: Entry) -> datetime:
    """When it happened; for a mitigation the moment that was meant, not when it was said."""
    if isinstance(entry.body, e.Mitigated) and entry.body.at is not None:
        return utc(entry.body.at)
    return utc(entry.occurred_at)


def _phase(starts: Sequence[tuple[str, datetime]], at: datetime) -> int:
    """The last paragraph that had begun; an end belongs to what it ends."""
    begun = [
        index for index, (title, start) in enumerate(starts)
        if start < at or (start == at and title != AFTER)
    ]  # fmt: skip
    return begun[-1] if begun else 0


def _shortened(about: Material, bits: Sequence[_Bit]) -> tuple[Sentence, ...]:
    """What turned the story goes before what only belongs to it; the rest is counted."""
    if len(bits) <= MOST_CLAUSES:
        return _sentences(about, bits)
    ranked = sorted(range(len(bits)), key=lambda n: (-bits[n].clause.weight, n))
    kept = set(ranked[: MOST_CLAUSES - 4])
    kept |= set(range(len(bits) - 4, len(bits)))  # how it went on
    rest = count(len(bits) - len(kept), "more line")
    shown = _sentences(about, [bit for index, bit in enumerate(bits) if index in kept])
    return (*shown, says(f"{rest} of this time can be read in the timeline."))


def _sentences(about: Material, bits: Sequence[_Bit]) -> tuple[Sentence, ...]:
    """What one person did in a row in one sentence."""
    groups: list[list[tuple[Clause, str]]] = []
    entries: list[list[int]] = []
    for bit in bits:
        if not groups or not follows(groups[-1], bit.clause):
            groups.append([])
            entries.append([])
        preposition = "" if bit.clause.did.endswith(" from") else "at "
        groups[-1].append((bit.clause, f"{preposition}{about.say(bit.at)}"))
        entries[-1].append(bit.entry)
    return tuple(says(sentence_of(group), *seqs)
                 for group, seqs in zip(groups, entries, strict=True))  # fmt: skip


def _blind_before(about: Material) -> list[Sentence]:
    """What could not be seen since before anybody knew: nobody had been told of it."""
    detected = about.at(PointName.DETECTED)
    told: list[Sentence] = []
    for blind in blind_in([report for report, _ in about.reports]):
        if blind.since is None or detected is None or blind.since >= detected:
            continue
        whose = listed(blind.services, 3) or "every service"
        seqs = [seq for report, seq in about.reports if report.source == blind.source]
        when, why = about.say(blind.since), why_silent(blind.reason, blind.since)
        kind = blind.kind.capitalize()
        told.append(says(f"{kind} of {whose} had been silent since {when}{why}.", *seqs))
    return told


def _signs(about: Material) -> list[Sentence]:
    """Changes and first signs before it was detected, each with its own evidence."""
    detected = about.at(PointName.DETECTED)
    if detected is None:
        return []
    early = [s for s in about.findings
             if s.finding.kind in _TOLD and utc(s.finding.at) < detected]  # fmt: skip
    kept = sorted(_foremost(about, early), key=lambda s: (utc(s.finding.at), s.finding.service))
    told = [_sign(about, seen) for seen in kept]
    if rest := len(early) - len(kept):
        told.append(says(f"{count(rest, 'more sign')} can be read in the timeline."))
    return told


def _sign(about: Material, seen: Seen) -> Sentence:
    """What happened at a time, or went on from then."""
    finding = seen.finding
    since = "At" if finding.kind in MOMENTS else "From"
    text = f"{since} {about.say(finding.at)}, {happened(finding)}."
    return says(text, seen.entry, url=finding.link)


def _foremost(about: Material, early: Sequence[Seen]) -> list[Seen]:
    """The signs of the likely cause and of the paged service before those of others."""
    near = {about.suspect: 0, about.paged: 1}
    traces = [s for s in early if s.finding.kind is FindingKind.FAILING_TRACE]
    rest = [s for s in early if s not in traces[1:]]  # one way through the services is enough
    ranked = sorted(rest, key=lambda s: near.get(s.finding.service, 2))
    return ranked[:MOST_SIGNS]
