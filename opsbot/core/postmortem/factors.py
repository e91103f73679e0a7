"""What contributed: what the evidence points at, with the changes that fit, and what people found.
Nothing here names a person as a cause, and no machine says "root cause"."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Entry, Status
from opsbot.core.moment import lasting
from opsbot.core.points import entries_of
from opsbot.core.postmortem import Factor, Sentence, says
from opsbot.core.postmortem.material import Material, capital, quoted
from opsbot.core.postmortem.past import in_past
from opsbot.core.redaction import REDACTED
from opsbot.core.suspects import Reason, Suspect, confidence_means
from opsbot.core.text import inert, listed
from opsbot.core.told import name_of

MOST_REASONS = 5
MOST_LESS_LIKELY = 4
NO_VERDICT = "no clear suspect: "
DEFAULT_REASON = "a responder said so"  # what a verb writes when nobody gave a reason


def factors(about: Material) -> tuple[Factor, ...]:
    """The services the evidence points at, most suspect first."""
    ranking = about.ranking
    if ranking is None:
        return ()
    return tuple(_factor(about, suspect) for suspect in ranking.suspects)


def _factor(about: Material, suspect: Suspect) -> Factor:
    reasons = tuple(_reason(about, suspect, r) for r in suspect.reasons[:MOST_REASONS])
    return Factor(name=inert(suspect.service, 80), confidence=str(suspect.confidence),
                  reasons=reasons)  # fmt: skip


def _reason(about: Material, suspect: Suspect, reason: Reason) -> Sentence:
    when = f", {reason.when} {about.say(reason.at)}" if reason.at else ""
    onset = about.ranking.onset if about.ranking else None
    if reason.when == "at" and reason.at and onset and reason.at < onset:
        when += f", {lasting(onset - reason.at)} before the first sign of trouble"
    seen = next(
        (s for s in about.findings
         if reason.finding and s.finding.fold_key == reason.finding
         and s.finding.service == suspect.service),
        None,
    )  # fmt: skip
    known = (seen.entry,) if seen else ()
    text = f"{capital(in_past(inert(reason.text, 280)))}{when}"
    return says(text, *about.ranked_in, *known, url=seen.finding.link if seen else "")


def factor_notes(about: Material) -> tuple[Sentence, ...]:
    """How sure the evidence is, and what was found less likely."""
    return (*_certainty(about), *_less_likely(about))


def identified(about: Material) -> tuple[Sentence, ...]:
    """What people said that it was, in their words."""
    return tuple(
        says(f"According to {name_of(entry.actor)} at {about.say(entry.occurred_at)}: "
             f"{quoted(body.reason)}.", entry.seq)
        for entry, body in identifications(about)
    )  # fmt: skip


def identifications(about: Material) -> list[tuple[Entry, e.StatusChanged]]:
    """When people set the status to identified and gave a reason."""
    return [
        (entry, body) for entry, body in entries_of(about.entries, e.StatusChanged)
        if body.status is Status.IDENTIFIED and entry.actor.is_person
        and body.reason not in ("", DEFAULT_REASON, REDACTED)
    ]  # fmt: skip


def _certainty(about: Material) -> list[Sentence]:
    ranking, because = about.ranking, about.ranked_in
    if ranking is None:
        return [says(_why_unranked(about))]
    told: list[Sentence] = []
    if ranking.verdict:
        why = inert(ranking.verdict, 400).removeprefix(NO_VERDICT)
        told.append(says(f"The evidence does not point at one service: {why}.", *because))
    elif ranking.suspects:
        told.append(says(confidence_means(ranking.suspects[0].confidence), *because))
    if ranking.unseen and ranking.suspects:
        missing = listed(tuple(inert(kind, 40) for kind in ranking.unseen))
        told.append(says(f"This was ranked without {missing}.", *because))
    return told


def _why_unranked(about: Material) -> str:
    if identified(about):
        return "No evidence was ranked; this is what people said."
    if entries_of(about.entries, e.EvidenceAsked):
        return "The evidence was asked for and never ranked, so nothing is said about causes here."
    return "No evidence was asked for, so nothing is said about causes here."


def _less_likely(about: Material) -> list[Sentence]:
    """Changes that began after the onset: named, and never cleared."""
    ranking = about.ranking
    if ranking is None:
        return []
    return [
        says(f"{capital(inert(reason.text, 300))}.", *about.ranked_in)
        for reason in ranking.less_likely[:MOST_LESS_LIKELY]
    ]
