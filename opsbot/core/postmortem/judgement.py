"""What went well and what went badly, by plain rules over the record. A rule speaks of the work and
its conditions, never of a person's fault; its threshold stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise

from opsbot.core import entry as e
from opsbot.core.evidence import Health
from opsbot.core.gaps import blind_in
from opsbot.core.living_entry import PageState
from opsbot.core.measures import exactly
from opsbot.core.moment import lasting
from opsbot.core.points import PointName, entries_of, source_name
from opsbot.core.policy import Ruling
from opsbot.core.postmortem import Sentence, says
from opsbot.core.postmortem.detection import by_alert, by_person, has_alert_on
from opsbot.core.postmortem.material import Material, no_incident, quoted, unless_at_once
from opsbot.core.postmortem.response import leads, updates
from opsbot.core.postmortem.runs import RunRead, runs_read
from opsbot.core.run_entry import RunOutcome, StepOutcome
from opsbot.core.text import count, inert, listed

NOTICED_SOON, NOTICED_LATE = timedelta(minutes=5), timedelta(minutes=15)
ANSWERED_SOON, ANSWERED_LATE = timedelta(minutes=5), timedelta(minutes=15)
"""PagerDuty's default escalation is half an hour; half of that unanswered is long."""

LEADERLESS = timedelta(minutes=10)
APPROVED_SOON = timedelta(minutes=3)
UPDATE_LATE = timedelta(minutes=5)  # after the moment that the last update promised
UNTOLD = timedelta(minutes=30)  # without any update; the usual cadence

WELL, BADLY = True, False
Judged = tuple[bool, Sentence]


def went(about: Material, *, well: bool) -> tuple[Sentence, ...]:
    """Every rule's sentence of that side, in the order in which an incident goes; none of what was
    no incident after all."""
    if no_incident(about):
        return ()
    judged = (one for rule in _RULES for one in rule(about))
    return tuple(sentence for side, sentence in judged if side is well)


def _noticed(about: Material) -> Iterable[Judged]:
    measure = about.measures["time_to_detect"]
    if by_person(about) and about.points[PointName.DETECTED].at is not None:
        yield BADLY, says("A person noticed it before any alert did.",
                          *about.points[PointName.DETECTED].entries)  # fmt: skip
    if measure.value is None:
        return
    if measure.value <= NOTICED_SOON:
        when = unless_at_once(measure.shown, f"{measure.shown} after it began")
        yield WELL, says(f"It was noticed {when}.", *measure.entries)
    elif measure.value >= NOTICED_LATE:
        yield BADLY, says(f"It went unnoticed for {measure.shown}.", *measure.entries)


def _alerted(about: Material) -> Iterable[Judged]:
    suspect = about.suspect
    if suspect and not has_alert_on(about, suspect):
        name = inert(suspect, 80)
        paged = inert(about.paged, 80)
        came = f": the page came from {paged}" if by_alert(about) and paged else ""
        yield BADLY, says(f"No alert announced what was wrong in {name}{came}.", *about.ranked_in)


def _answered(about: Material) -> Iterable[Judged]:
    measure = about.measures["time_to_acknowledge"]
    if measure.value is None:
        opened = about.measures["time_open"].value
        if "nobody acknowledged" in measure.why_not and (opened is None or opened >= ANSWERED_LATE):
            yield BADLY, says("Nobody acknowledged the page.", *measure.entries)
        return
    if measure.value <= ANSWERED_SOON:
        when = unless_at_once(measure.shown, f"after {measure.shown}")
        yield WELL, says(f"The page was acknowledged {when}.", *measure.entries)
    elif measure.value >= ANSWERED_LATE:
        yield BADLY, says(f"The page waited {measure.shown} for an answer.", *measure.entries)


def _led(about: Material) -> Iterable[Judged]:
    opened, resolved = about.at(PointName.OPENED), about.at(PointName.RESOLVED)
    changes = leads(about)
    if not changes:
        length = resolved - opened if opened and resolved else None
        if length is not None and length >= LEADERLESS:
            yield BADLY, says(f"Nobody led it for all of {exactly(length)}.")
        return
    measure = about.measures["time_to_engage"]
    if measure.value is not None and measure.value >= LEADERLESS:
        yield BADLY, says(f"Nobody led it for the first {measure.shown}.", *measure.entries)
    elif measure.value is not None:
        when = unless_at_once(measure.shown, f"after {measure.shown}")
        yield WELL, says(f"It had a lead {when}.", *measure.entries)
    for (given_up, body), (taken, _) in pairwise(changes):
        length = taken.occurred_at - given_up.occurred_at
        if not body.slack_id and length >= LEADERLESS:
            yield BADLY, says(f"Nobody led it for {exactly(length)} in between.",
                              given_up.seq, taken.seq)  # fmt: skip


def _reached(about: Material) -> Iterable[Judged]:
    for entry, body in entries_of(about.entries, e.PageActed):
        if body.state is not PageState.SENT:
            why = f": {inert(body.said, 160)}" if body.said else ""
            yield BADLY, says(f"Paging somebody did not work{why}.", entry.seq)
    declined = [x for x, body in entries_of(about.entries, e.PageAnswered) if not body.accepted]
    if declined:
        yield BADLY, says(f"{count(len(declined), 'page')} declined.", *(x.seq for x in declined))
    for entry, body in entries_of(about.entries, e.PagerNoted)[:1]:
        yield BADLY, says(f"Slack could not be reached: {inert(body.text, 200)}", entry.seq)


def _informed(about: Material) -> Iterable[Judged]:
    """Updates against what the one before had promised."""
    posted = updates(about)
    opened = about.measures["time_open"].value
    if not posted and opened is not None and opened >= UNTOLD:
        yield BADLY, says(f"No update went out in all of {exactly(opened)}.")
    end = about.at(PointName.RESOLVED)
    late: list[tuple[timedelta, int]] = []
    for index, (entry, body) in enumerate(posted):
        if body.next_by is None:
            continue
        came = posted[index + 1][0].occurred_at if index + 1 < len(posted) else end
        if came is not None and came - body.next_by >= UPDATE_LATE:
            late.append((came - body.next_by, entry.seq))
    promised = [body.next_by for _, body in posted if body.next_by is not None]
    if late:
        worst = max(late)[0]
        often = "An update" if len(late) == 1 else f"{len(late)} updates"
        yield BADLY, says(f"{often} came later than promised, by up to {exactly(worst)}.",
                          *(seq for _, seq in late))  # fmt: skip
    elif promised:
        yield WELL, says(f"{count(len(posted), 'update')} went out, each when it was promised.",
                         *(entry.seq for entry, _ in posted))  # fmt: skip


def _seen(about: Material) -> Iterable[Judged]:
    blind = [one for one in blind_in([r for r, _ in about.reports]) if one.loud]
    detected = about.at(PointName.DETECTED)
    for one in blind:
        seqs = [seq for report, seq in about.reports if report.source == one.source]
        since = one.since
        if since is not None and detected is not None and since < detected:
            early = lasting(detected - since)
            words = f"{one.kind.capitalize()} had been silent for {early} by the time the incident"
            yield BADLY, says(f"{words} was noticed, and nobody had been told.", *seqs)
        else:
            yield BADLY, says(f"{one.kind.capitalize()} ({source_name(one.source)}) could not be "
                              "relied on.", *seqs)  # fmt: skip
    fresh = [seq for report, seq in about.reports if report.health is Health.FRESH]
    if about.reports and not blind and len(fresh) == len(about.reports):
        yield WELL, says(f"Every source answered with current data ({len(fresh)} of {len(fresh)}).",
                         *fresh)  # fmt: skip


def _ran(about: Material) -> Iterable[Judged]:
    for run in runs_read(about.entries):
        yield from _run(run)


def _run(run: RunRead) -> Iterable[Judged]:
    name, seq = run.name, run.entry.seq
    if run.request.break_glass:
        why = quoted(run.request.break_glass)
        yield BADLY, says(f"The glass was broken to run {name}, without a second person: {why}.",
                          seq)  # fmt: skip
    yield from _approval(run)
    if run.helped and run.verified:
        entry, _ = run.verified
        words = f"The runbook {name} was verified to have helped{run.seen}."
        yield WELL, says(words, seq, entry.seq)
    ended = run.finished[0].seq if run.finished else seq
    match run.outcome:
        case RunOutcome.ROLLED_BACK:
            why = "did not help" if run.useless else f"failed{_why_failed(run)}"
            yield WELL, says(f"{name} {why} and was rolled back by itself.", seq, ended)
        case RunOutcome.FAILED:
            yield BADLY, says(f"{name} failed{_why_failed(run)}.", seq, ended)
        case RunOutcome.UNKNOWN:
            found = "" if run.unjudged else " until a person looked"
            yield BADLY, says(f"Nobody knew what came of {name}{found}.", seq, ended)
        case RunOutcome.EXPIRED:
            yield BADLY, says(f"Nobody approved {name} in time.", seq, ended)
        case _:
            pass


def _approval(run: RunRead) -> Iterable[Judged]:
    """How long the second person took."""
    if not run.approved or run.request.verdict.ruling is not Ruling.NEEDS_APPROVAL:
        return
    last = run.approved[-1][0]
    waited = last.occurred_at - run.entry.occurred_at
    if waited <= APPROVED_SOON:
        when = unless_at_once(exactly(waited), f"within {exactly(waited)}")
        yield WELL, says(f"{run.name} was approved {when}.", run.entry.seq, last.seq)


def _why_failed(run: RunRead) -> str:
    failed = [body for _, body in run.steps if body.outcome is StepOutcome.FAILED]
    if failed:
        names = tuple(inert(body.name, 60) for body in failed)
        return f" at the step {listed(names)}"
    return ": its verification saw no change" if run.useless else ""


def _returned(about: Material) -> Iterable[Judged]:
    spells = about.points.episodes
    for before, after in pairwise(spells):
        if before.end is not None:
            length = exactly(after.start - before.end)
            yield BADLY, says(f"It came back {length} after it had been declared over.",
                              *before.entries[-1:], *after.entries[:1])  # fmt: skip


_RULES: tuple[Callable[[Material], Iterable[Judged]], ...] = (
    _noticed, _alerted, _answered, _led, _reached, _informed, _seen, _ran, _returned,
)  # fmt: skip
