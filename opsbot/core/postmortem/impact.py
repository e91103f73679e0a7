"""What users noticed, for how long, and how bad it was: people's words first, then numbers."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Severity
from opsbot.core.evidence import FindingKind
from opsbot.core.measures import exactly
from opsbot.core.moment import lasting
from opsbot.core.points import PointName, entries_of
from opsbot.core.postmortem import Message, Sentence, says
from opsbot.core.postmortem.material import Material, Seen, no_incident, quoted
from opsbot.core.postmortem.past import in_past
from opsbot.core.redaction import REDACTED
from opsbot.core.text import inert, listed
from opsbot.core.told import name_of

MOST_MEASURED = 8
_FELT = (FindingKind.ERRORS, FindingKind.LATENCY, FindingKind.TRAFFIC)
_TROUBLE = (*_FELT, FindingKind.SATURATION, FindingKind.RESTARTS, FindingKind.UNANSWERED)


def impact(about: Material) -> tuple[Sentence, ...]:
    """What was noticed, from when to when, and the severities it was given."""
    if no_incident(about):
        words = _words(about) if impact_words(about) else []
        return (*words, says(f"No impact was established: {about.measures.excluded}."))
    return (*_words(about), *_duration(about), *_severities(about), *_spread(about))


def impact_words(about: Material) -> tuple[str, int] | None:
    """What people said last that users notice, and in which entry; None when nobody has."""
    said = entries_of(about.entries, e.ImpactSet)
    if not said or not said[-1][1].text:
        return None
    return said[-1][1].text, said[-1][0].seq


def _words(about: Material) -> list[Sentence]:
    said = [(entry, body) for entry, body in entries_of(about.entries, e.ImpactSet) if body.text]
    if impact_words(about) is None:
        return [says("Nobody recorded what users noticed.")]
    entry, body = said[-1]
    who, when = name_of(entry.actor), about.say(entry.occurred_at)
    told = [says(f"{quoted(body.text)}, as {who} put it at {when}.", entry.seq)]
    earlier = [(one, b) for one, b in said[:-1] if b.text not in (body.text, REDACTED)]
    if earlier:
        first, words = earlier[0]
        told.append(says(f"At {about.say(first.occurred_at)} it had been described as "
                         f"{quoted(words.text, 200)}.", first.seq))  # fmt: skip
    return told


def _duration(about: Material) -> list[Sentence]:
    """From the first moment to the last, with how each is known."""
    started = about.points[PointName.IMPACT_STARTED]
    mitigated, resolved = about.points[PointName.MITIGATED], about.points[PointName.RESOLVED]
    ended = mitigated if mitigated.at else resolved
    if started.at is None:
        return [says(f"When it began is not known: {started.how}.")]
    since = f"{about.say(started.at)} ({started.how})"
    if ended.at is None:
        return [says(f"It began at {since}. Its end is not known: {mitigated.how}.",
                     *started.entries, *mitigated.entries)]  # fmt: skip
    verb = "users no longer noticed" if ended is mitigated else "it was resolved"
    until = f"{about.say(ended.at)}, when {verb} ({ended.how})"
    if ended.at < started.at:
        text = f"It is said to have begun at {since} and to have ended before that, at {until}."
        return [says(text, *started.entries, *ended.entries)]
    sure = not started.estimated and ended is mitigated
    length = (exactly if sure else lasting)(ended.at - started.at)
    if started.how == ended.how:
        span = f"from {about.say(started.at)} to {about.say(ended.at)} (both {started.how})"
    else:
        span = f"from {since} to {about.say(ended.at)} ({ended.how})"
    almost = "" if sure else "about "
    return [says(f"It lasted {almost}{length}, {span}.", *started.entries, *ended.entries)]


def _severities(about: Material) -> list[Sentence]:
    opened = entries_of(about.entries, e.Opened)[:1]
    held = opened[0][1].severity if opened else Severity.UNSET
    told: list[Sentence] = []
    if opened and held is not Severity.UNSET:
        told.append(says(f"It was opened as {held}.", opened[0][0].seq))
    for entry, body in entries_of(about.entries, e.SeverityChanged):
        if body.severity is held:
            continue
        verb = _moved(held, body.severity)
        by = f"{name_of(entry.actor)}: " if entry.actor.is_person else ""
        why = f" ({by}{inert(body.reason, 200)})" if body.reason else ""
        when = about.say(entry.occurred_at)
        told.append(says(f"At {when} it was {verb} {body.severity}{why}.", entry.seq))
        held = body.severity
    return told or [says("It was never given a severity.")]


def _moved(held: Severity, new: Severity) -> str:
    if held is Severity.UNSET or new is Severity.UNSET:
        return "set to"
    order = tuple(Severity)
    return "raised to" if order.index(new) < order.index(held) else "lowered to"


def _spread(about: Material) -> list[Sentence]:
    troubled = [s for s in about.findings if s.finding.kind in _TROUBLE and s.finding.service]
    names = tuple(dict.fromkeys(inert(s.finding.service, 80) for s in troubled))
    if len(names) < 2:
        return []
    entries = dict.fromkeys(seen.entry for seen in troubled)
    return [says(f"Trouble was measured in {len(names)} services: {listed(names, 6)}.", *entries)]


def measured(about: Material) -> tuple[Sentence, ...]:
    """What was measured: the paged service first, then as it began."""
    worst: dict[tuple[str, str], Seen] = {}
    for seen in about.findings:
        key = (seen.finding.service, seen.finding.kind)
        if seen.finding.kind in _FELT:
            worst[key] = max(worst.get(key, seen), seen, key=_strength)
    ranked = sorted(worst.values(), key=lambda s: (s.finding.service != about.paged, s.finding.at))
    return tuple(
        says(f"{in_past(inert(s.finding.summary, 300))}, from {about.say(s.finding.at)}", s.entry,
             url=s.finding.link)
        for s in ranked[:MOST_MEASURED]
    )  # fmt: skip


def _strength(seen: Seen) -> float:
    """How far it departs; a fall of traffic is the stronger the less is left."""
    value = seen.finding.value or 0.0
    return -value if seen.finding.kind is FindingKind.TRAFFIC else value


def messages(about: Material) -> tuple[Message, ...]:
    """What was written for customers, in order."""
    return tuple(
        Message(at=entry.occurred_at, text=inert(body.external, 2_000), because=(entry.seq,))
        for entry, body in entries_of(about.entries, e.UpdatePosted)
        if body.external and body.external != REDACTED
    )
