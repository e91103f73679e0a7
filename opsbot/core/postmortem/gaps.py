"""What was not seen and why: sources that were blind, what nobody was asked for, and what was taken
off the record."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.evidence import EvidenceKind, Health
from opsbot.core.gaps import Blindness, blind_in
from opsbot.core.points import entries_of, source_name
from opsbot.core.postmortem import Sentence, says
from opsbot.core.postmortem.material import Material
from opsbot.core.postmortem.past import why_silent
from opsbot.core.text import count, inert, listed
from opsbot.core.told import name_of


def gaps(about: Material) -> tuple[Sentence, ...]:
    """Every gap; that there is none is said too."""
    return (*(_evidence(about) or [_none(about)]), *_taken_off(about))


def _none(about: Material) -> Sentence:
    sources = tuple(source_name(report.source) for report, _ in about.reports)
    if not sources:
        return says("No evidence was collected, so nothing was seen of the systems themselves.")
    seqs = (seq for _, seq in about.reports)
    return says(f"None is known: {listed(sources, 6)} answered with current data.", *seqs)


def _evidence(about: Material) -> list[Sentence]:
    reports = [report for report, _ in about.reports]
    told = [_blind(about, blind) for blind in blind_in(reports)]
    told += [
        says(f"{report.kind.capitalize()} ({source_name(report.source)}): "
             f"{inert(report.truncated, 200)}, so there may be more.", seq)
        for report, seq in about.reports if report.truncated
    ]  # fmt: skip
    return [*told, *_silent(about), *_nobody_asked(about)]


def _blind(about: Material, blind: Blindness) -> Sentence:
    """Since when, of which services, and why."""
    seqs = [seq for report, seq in about.reports if report.source == blind.source]
    name = f"{blind.kind.capitalize()} ({source_name(blind.source)})"
    whose = f" of {listed(blind.services, 6)}" if blind.services else ""
    why = why_silent(blind.reason, blind.since)
    if blind.health is Health.UNREACHABLE:
        return says(f"{name} could not be read{why}.", *seqs)
    if blind.health is Health.STALE and blind.since is not None:
        return says(f"{name}{whose} had been silent since {about.say(blind.since)}{why}.", *seqs)
    state = "had stopped" if blind.health is Health.STALE else "were sparse or missing"
    return says(f"{name}{whose} {state}{why}; silence there proves nothing.", *seqs)


def _silent(about: Material) -> list[Sentence]:
    """Sources that did not answer by the deadline and never did later."""
    answered = {report.source for report, _ in about.reports}
    silent: dict[str, int] = {}
    for entry, body in entries_of(about.entries, e.EvidenceComplete):
        silent |= {source: entry.seq for source in body.silent if source not in answered}
    return [says(f"{source_name(source)} did not answer in time.", seq)
            for source, seq in silent.items()]  # fmt: skip


def _nobody_asked(about: Material) -> list[Sentence]:
    """Kinds of evidence of which no source was asked."""
    asked = entries_of(about.entries, e.EvidenceAsked)
    kinds = {report.kind for report, _ in about.reports}
    if not asked or not kinds:
        return []
    missing = tuple(kind.value for kind in EvidenceKind if kind not in kinds)
    if not missing:
        return []
    return [says(f"No source of {listed(missing)} answered.", asked[-1][0].seq)]


def _taken_off(about: Material) -> list[Sentence]:
    """What was redacted, by whom and why, and what this version cannot read."""
    told: list[Sentence] = []
    for entry, body in entries_of(about.entries, e.Redacted):
        who, when = name_of(entry.actor), about.say(entry.occurred_at)
        why = inert(body.reason, 200)
        told.append(says(f"Entry {body.seq} was redacted by {who} at {when}: {why}.",
                         entry.seq, body.seq))  # fmt: skip
    unknown = entries_of(about.entries, e.Unknown)
    if unknown:
        number = count(len(unknown), "entry") if len(unknown) == 1 else f"{len(unknown):,} entries"
        told.append(says(f"{number} of the record were written by a newer version and are not "
                         "told here.", *(entry.seq for entry, _ in unknown)))  # fmt: skip
    return told
