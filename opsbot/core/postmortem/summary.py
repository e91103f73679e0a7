"""Three sentences that somebody understands who was not there: what happened to whom for how long,
what it came from, and how it ended."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Visibility
from opsbot.core.measures import exactly
from opsbot.core.moment import lasting
from opsbot.core.points import PointName, entries_of
from opsbot.core.postmortem import Sentence, says
from opsbot.core.postmortem.factors import NO_VERDICT, identifications
from opsbot.core.postmortem.impact import impact_words, measured
from opsbot.core.postmortem.material import Material, day_of, no_incident, quoted
from opsbot.core.postmortem.past import changed, in_past
from opsbot.core.postmortem.resolution import end_as, end_reason, helpful_run
from opsbot.core.postmortem.runs import RunRead
from opsbot.core.suspects import Reason, Suspect
from opsbot.core.text import inert


def summary(about: Material) -> tuple[Sentence, ...]:
    """Exactly three sentences."""
    return (_what(about), _whence(about), _end(about))


def _what(about: Material) -> Sentence:
    """When, for how long, and what was noticed."""
    when, seqs = _when(about)
    words = impact_words(about)
    opened = entries_of(about.entries, e.Opened)[:1]
    title = quoted(opened[0][1].title if opened else about.incident.title)
    if no_incident(about):
        text = f"{_opened(about)} an incident was opened ({title}) that was none after all"
        seqs = tuple(entry.seq for entry, _ in opened)
        return says(f"{text}: {about.measures.excluded}.", *seqs)
    if words is not None:
        return says(f"{when}, users were affected: {quoted(words[0])}.", *seqs, words[1])
    paged = inert(about.paged, 80)
    numbers = [one for one in measured(about) if paged and one.text.startswith(f"{paged}: ")][:1]
    known = f": {numbers[0].text.removeprefix(f'{paged}: ')}" if numbers else f" ({title})"
    where = f" in {paged}" if paged else ""
    because = [*seqs, *(one[0].seq for one in opened), *(s for n in numbers for s in n.because)]
    text = f"{when}, there was trouble{where}{known}; what users noticed was not recorded."
    return says(text, *because)


def _opened(about: Material) -> str:
    at = about.at(PointName.OPENED)
    return f"At {at:%H:%M} UTC on {day_of(at)}" if at else "At a time nobody recorded"


def _when(about: Material) -> tuple[str, tuple[int, ...]]:
    start = about.points[PointName.IMPACT_STARTED]
    if start.at is None:
        start = about.points[PointName.DETECTED]
    ends = (about.points[PointName.MITIGATED], about.points[PointName.RESOLVED])
    end = next((one for one in ends if one.at), ends[1])
    if start.at is None:
        return "At a time nobody recorded", ()
    day = day_of(start.at)
    first = f"{start.at:%H:%M}"
    if end.at is None:
        return f"From {first} UTC on {day}", start.entries
    seqs = (*start.entries, *end.entries)
    if end.at < start.at:
        return f"Around {first} UTC on {day}", seqs
    rough = start.estimated or end is ends[1]
    length = f"about {lasting(end.at - start.at)}" if rough else exactly(end.at - start.at)
    if end.at.date() == start.at.date():
        return f"On {day}, for {length} ({first} to {end.at:%H:%M} UTC)", seqs
    last = f"{end.at:%H:%M} UTC on {day_of(end.at)}"
    return f"For {length}, from {first} on {day} to {last}", seqs


def _whence(about: Material) -> Sentence:
    """What the evidence points at; what people said, where it points nowhere."""
    ranking = about.ranking
    if about.suspect and ranking is not None:
        return says(_pointed(about, ranking.suspects[0]), *about.ranked_in)
    if identifications(about):
        entry, body = identifications(about)[-1]
        return says(f"The responders said what it was: {quoted(body.reason)}.", entry.seq)
    if ranking is not None:
        why = inert(ranking.verdict, 300).removeprefix(NO_VERDICT)
        return says(f"The evidence does not point at one service: {why}.", *about.ranked_in)
    return says("What it came from is not on the record.")


def _pointed(about: Material, suspect: Suspect) -> str:
    """The strongest sign, and the newest change that fits it."""
    signs = [reason for reason in suspect.reasons if reason.when != "at"]
    changes = [reason for reason in suspect.reasons if reason.when == "at"]
    sign = f": {_said(about, signs[0])}" if signs else ""
    after = f", after {changed(_said(about, changes[0]))}" if signs and changes else ""
    alone = f": {_said(about, changes[0])}" if changes and not signs else ""
    return f"The evidence points at {inert(suspect.service, 80)}{sign}{after}{alone}."


def _said(about: Material, reason: Reason) -> str:
    when = f" {reason.when} {about.say(reason.at)}" if reason.at else ""
    return f"{in_past(inert(reason.text, 200))}{when}"


def _end(about: Material) -> Sentence:
    spells = about.points.episodes
    back, last = len(spells) > 1, spells[-1].entries if spells else ()
    ended = [one for one in entries_of(about.entries, e.StatusChanged) if one[0].seq in last[1:]]
    if not about.incident.status.is_over or not ended:
        return _open(about, back)
    entry, body = ended[0]  # a closing later on is no end of its own
    run, again = _helped_last(about, last), ", after it had come back" if back else ""
    when = about.say(entry.occurred_at)
    if run is not None and run.verified is not None:
        return says(f"{_by_run(run)}; the incident was {body.status} at {when}{again}.",
                    run.entry.seq, run.verified[0].seq, entry.seq)  # fmt: skip
    if body.closure is Closure.SELF_RECOVERED and not entry.actor.is_person:
        length = about.measures["time_open"]
        after = f" after {length.shown}" if length.value is not None else ""
        return says(f"It recovered by itself{after}{again}, before anybody had acted.", entry.seq)
    how = f"{end_as(body)}{again}{end_reason(entry, body)}"
    return says(f"It was {body.status} at {when}{how}.", entry.seq)


def _helped_last(about: Material, spell: tuple[int, ...]) -> RunRead | None:
    """The run that helped before this end, and since it last came back; none of what was none."""
    run = helpful_run(about)
    if run is None or run.verified is None or no_incident(about):
        return None
    return run if spell[0] < run.verified[0].seq < spell[-1] else None


def _open(about: Material, back: bool) -> Sentence:
    clauses = ["It came back and is still open" if back else "It is still open"]
    point = about.points[PointName.MITIGATED]
    if point.at is not None:
        clauses.append(f"though users no longer notice it since {about.say(point.at)}")
    return says(f"{', '.join(clauses)}.", *point.entries)


def _by_run(run: RunRead) -> str:
    """Who allowed the run that helped, and what it changed."""
    approved = "approved by a second person" if run.approved else "run without a second person"
    if run.request.break_glass:
        approved = "run by breaking the glass"
    return f"The runbook {run.name}, {approved}, helped{run.seen}"


def gist(about: Material) -> str:
    """The document in one sentence, for a commit or a message; nothing of a private incident."""
    name = f"Postmortem of INC-{about.incident.number}"
    if about.incident.visibility is Visibility.PRIVATE:
        return f"{name} (private)"
    return f"{name}: {inert(about.incident.title, 160)}"
