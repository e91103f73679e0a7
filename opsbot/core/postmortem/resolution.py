"""How it ended: what helped, when users no longer noticed, who said that it was over, and whether
it came back."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Entry
from opsbot.core.event import Transition
from opsbot.core.points import PointName, entries_of
from opsbot.core.postmortem import Sentence, says
from opsbot.core.postmortem.factors import DEFAULT_REASON
from opsbot.core.postmortem.material import Material, quoted
from opsbot.core.postmortem.runs import RunRead, runs_read
from opsbot.core.text import inert
from opsbot.core.told import name_of

DEFAULT_END = "a responder said that it is over"  # what the verb writes without a reason


def resolution(about: Material) -> tuple[Sentence, ...]:
    """The ends that did not last, what helped, and the last end."""
    ends = _ends(about, _words_of_mitigation(about))
    return (*ends[:-1], *_helped(about), *_mitigated(about), *_cleared(about), *ends[-1:])


def helpful_run(about: Material) -> RunRead | None:
    """The last run that a metric says helped."""
    helped = [run for run in runs_read(about.entries) if run.helped]
    return helped[-1] if helped else None


def _helped(about: Material) -> list[Sentence]:
    run = helpful_run(about)
    if run is None or run.verified is None:
        return []
    entry, _ = run.verified
    when = about.say(entry.occurred_at)
    return [says(f"The runbook {run.name} helped, as its verification saw at {when}{run.seen}.",
                 run.entry.seq, entry.seq)]  # fmt: skip


def _mitigated(about: Material) -> list[Sentence]:
    point = about.points[PointName.MITIGATED]
    if point.at is None:
        return [says(f"When it was mitigated is not known: {point.how}.", *point.entries)]
    said = _words_of_mitigation(about)
    words = f": {quoted(said)}" if said else ""
    when = about.say(point.at)
    return [says(f"Users no longer noticed it from {when} onwards ({point.how}){words}.",
                 *point.entries)]  # fmt: skip


def _words_of_mitigation(about: Material) -> str:
    """What was said with the mitigation that counts; empty when nothing was."""
    seqs = about.points[PointName.MITIGATED].entries[:1]
    bodies = entries_of(about.entries, e.Mitigated)
    return next((body.said for entry, body in bodies if entry.seq in seqs), "")


def _cleared(about: Material) -> list[Sentence]:
    cleared = [
        entry for entry, body in entries_of(about.entries, e.AlertChanged)
        if body.transition is Transition.RESOLVED
    ]  # fmt: skip
    if not cleared:
        return []
    last = max(cleared, key=lambda entry: (entry.occurred_at, entry.seq))
    return [says(f"The alert cleared at {about.say(last.occurred_at)}.", last.seq)]


def _ends(about: Material, said: str) -> list[Sentence]:
    """Every end, and every return. `said` stands before the last of them and is not repeated."""
    told: list[Sentence] = []
    over = False
    changes = entries_of(about.entries, e.StatusChanged)
    begun = max((entry.seq for entry, body in changes if not body.status.is_over), default=0)
    for entry, body in changes:
        if body.status.is_over and not over:
            known = said if entry.seq > begun else ""
            told.append(says(_end(about, entry, body, known), entry.seq))
        elif over and not body.status.is_over:
            why = f": {inert(body.reason, 300)}" if body.reason else ""
            told.append(says(f"At {about.say(entry.occurred_at)} it came back{why}.", entry.seq))
        over = body.status.is_over
    if not over:
        told.append(says("It was still open when this was written."))
    return told


_AS = {
    Closure.FIXED: "",
    Closure.SELF_RECOVERED: " as having recovered by itself",
    Closure.NEVER_OPENED: " as over before it was heard of",
    Closure.FALSE_ALARM: " as a false alarm",
    Closure.DUPLICATE: " as a duplicate",
    Closure.EXTERNAL: " as fixed outside our systems",
    Closure.MISTAKE: " as declared by mistake",
}


def end_as(body: e.StatusChanged) -> str:
    """How it ended, to be read behind "resolved" and the like; nothing where it was fixed."""
    return _AS[body.closure] if body.closure else ""


def _end(about: Material, entry: Entry, body: e.StatusChanged, known: str) -> str:
    by = f" by {name_of(entry.actor)}" if entry.actor.is_person else ""
    what = f"{body.status}{by}{end_as(body)}"
    return f"At {about.say(entry.occurred_at)} it was {what}{end_reason(entry, body, known)}."


def end_reason(entry: Entry, body: e.StatusChanged, known: str = "") -> str:
    """Why it ended, as it was said: a person's words in quotation marks; nothing where the reader
    has just read the same words (`known`)."""
    if not body.reason or body.reason in (DEFAULT_END, DEFAULT_REASON, known):
        return ""
    return f": {quoted(body.reason) if entry.actor.is_person else inert(body.reason, 300)}"
