"""The timeline: one ordered story from all sources, in event time, folded from a record.

The order depends on when things happened, never on when they were recorded or in which order
sources answered: reversing the completion order of a gather gives the same timeline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.entry import Entry
from opsbot.core.event import Transition
from opsbot.core.evidence import Health, SourceReport
from opsbot.core.intake import STANDS
from opsbot.core.living_timeline import living_line, matter_of
from opsbot.core.moment import clock_text
from opsbot.core.people import ActorKind, Invited, Missing
from opsbot.core.role_guide import ROLE_NAME
from opsbot.core.run_timeline import run_line
from opsbot.core.suspects import Ranking
from opsbot.core.text import count, inert, listed

GAPS_SHOWN = 3
BEGINNING_SHOWN = 5
LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of the story. `weight` 2 is what the room must see, 1 is context, 0 is detail."""

    at: datetime
    text: str
    source: str
    key: str  # breaks ties between lines of one instant, and tells duplicates
    seq: int  # the record entry it is read from
    weight: int = 1
    late: bool = False  # learnt long after it happened
    link: str = ""
    gap: bool = False
    also: tuple[str, ...] = ()  # other sources that say the same


def build_timeline(entries: Iterable[Entry]) -> tuple[TimelineEntry, ...]:
    """Everything a human would want to read of a record, in event time, duplicates folded."""
    record = tuple(entries)
    withdrawn = {entry.body.seq for entry in record if isinstance(entry.body, e.Withdrawn)}
    lines = [line for entry in record if entry.seq not in withdrawn for line in _lines(entry)]
    newest: dict[str, TimelineEntry] = {}
    for line in sorted(lines, key=lambda x: (x.seq, x.key)):
        held = newest.get(line.key)
        newest[line.key] = _folded(held, line) if held else line
    return tuple(sorted(newest.values(), key=lambda x: (x.at, x.key)))


def _folded(held: TimelineEntry, line: TimelineEntry) -> TimelineEntry:
    """Two tellings of one fact: the earliest time stands, every source is named."""
    if held.source == line.source:  # the same source looked again and knows better
        return replace(line, also=held.also)
    first, second = sorted((held, line), key=lambda x: (x.at, x.source))
    return replace(first, also=tuple(sorted({*held.also, *line.also, second.source})))


def essential(timeline: tuple[TimelineEntry, ...], limit: int = 12) -> tuple[TimelineEntry, ...]:
    """The dozen lines that matter, still in order: gaps and how it began, then the newest.

    When everything of weight fits, lighter lines fill what is left, the earliest first.
    """
    heavy = [line for line in timeline if line.weight > 1]
    gaps = [line for line in heavy if line.gap][:GAPS_SHOWN]
    rest = [line for line in heavy if line not in gaps]
    free = limit - len(gaps)
    if len(rest) > free:
        rest = [*rest[:BEGINNING_SHOWN], *rest[BEGINNING_SHOWN - free :]]
    light = [line for line in timeline if line.weight == 1][: max(free - len(rest), 0)]
    kept = {line.key for line in (*gaps, *rest, *light)}
    return tuple(line for line in timeline if line.key in kept)


def _line(entry: Entry, text: str, *, weight: int = 1, key: str = "") -> TimelineEntry:
    late = entry.recorded_at - entry.occurred_at > LATE_AFTER
    return TimelineEntry(
        at=entry.occurred_at,
        text=text,
        source=entry.source,
        key=key or f"entry:{entry.key}",
        seq=entry.seq,
        weight=weight,
        late=late,
    )


def _lines(entry: Entry) -> tuple[TimelineEntry, ...]:
    match entry.body:
        case e.EvidenceCollected(report=report):
            return (*_findings(entry, report), *_gaps(entry, report))
        case _:
            told = _told(entry)
            return (told,) if told else ()


def _told(entry: Entry) -> TimelineEntry | None:
    """The line of an entry that is one line, or None for what a human need not read."""
    who = inert(entry.actor.name or entry.actor.id, 80)
    match entry.body:
        case e.Opened(number=number, title=title):
            return _line(entry, f"INC-{number} opened: {inert(title, 200)}", weight=1)
        case e.Joined(title=title, reason=reason):
            return _line(entry, f"joined by {inert(title, 160)} ({reason})")
        case e.Routed(placement=placement, rule=rule, reason=reason):
            return _line(entry, f"routed to {placement} by rule {rule!r}: {reason}", weight=0)
        case e.AlertChanged() as body:
            return _alert_line(entry, body, who)
        case e.NoteAdded(text=text, trimmed=trimmed) as note:
            who = said_by(note, entry.actor.name or entry.actor.id)
            more = " (shortened by the source)" if trimmed else ""
            return _line(entry, f"{who}: {inert(text, 300)}{more}", weight=2)
        case e.SeverityChanged(severity=severity, reason=reason):
            return _line(entry, f"severity is {severity}: {inert(reason, 200)}{_by(entry)}")
        case e.StatusChanged(status=status, reason=reason):
            weight = 2 if status.is_over else 1
            return _line(entry, f"{status}: {inert(reason, 300)}{_by(entry)}", weight=weight)
        case e.Asked(text=text):
            return _line(entry, f"asked the room: {text}")
        case e.Answered(answer=answer):
            return _line(entry, f"{who} answered: {answer.replace('_', ' ')}")
        case e.RoomRequested():
            return _line(entry, f"{who} asked for a room")
        case _:
            return _told_of_people(entry, who)


def said_by(note: e.NoteAdded, by: str) -> str:
    """Whose words a note holds: a pinned message's are its author's, not the pinner's."""
    who = inert(by, 80)
    if not note.author_id:
        return who
    return f"{inert(note.author or note.author_id, 80)} (put on the timeline by {who})"


def _told_of_people(entry: Entry, who: str) -> TimelineEntry | None:
    match entry.body:
        case e.RoleAssigned(role=role, slack_id=slack_id, name=name, gone=gone):
            return _role_line(entry, who, role, slack_id, inert(name, 80), gone=gone)
        case e.ImpactSet(text=text, since=since):
            began = f", since {clock_text(since)}" if since else ""
            return _line(entry, f"{who} set the impact: {inert(text, 300)}{began}", weight=2)
        case e.PagerActed(act=act, result=result, said=said):
            why = f" ({inert(said, 200)})" if said else ""
            done = result in (e.PagerResult.DONE, e.PagerResult.ALREADY)
            return _line(entry, f"{act} at the pager: {result}{why}", weight=0 if done else 2)
        case e.SuspectsRanked(ranking=ranking):
            return _line(entry, _ranked(ranking), weight=1)
        case e.Withdrawn(seq=seq):
            return _line(entry, f"{who} took entry {seq} back", weight=0)
        case _:
            return _told_of_surface(entry)


def _role_line(
    entry: Entry, who: str, role: e.Role, slack_id: str, name: str, *, gone: bool
) -> TimelineEntry:
    """Who has a role. An entry that leaves it to nobody does not say whose it was."""
    what, own = ROLE_NAME[role], entry.actor.id == f"slack:{slack_id}"
    if not slack_id:
        does = "leads" if role is e.Role.LEAD else f"is {what}"
        return _line(entry, f"nobody {does} any more, says {who}")
    if gone:
        return _line(entry, f"{name or who} is no longer {what}{'' if own else f', says {who}'}")
    if role is e.Role.LEAD and own:
        return _line(entry, f"{who} took the lead", weight=2)
    return _line(entry, f"{who} became {what}" if own else f"{who} made {name} {what}", weight=2)


def _by(entry: Entry) -> str:
    return f", by {inert(entry.actor.name, 80)}" if entry.actor.is_person else ""


def _ranked(ranking: Ranking) -> str:
    if ranking.verdict or not ranking.suspects:
        return f"suspects: {ranking.verdict or 'none'}"
    named = tuple(f"{inert(s.service, 80)} ({s.confidence})" for s in ranking.suspects[:3])
    return f"suspects: {listed(named)}"


def _told_of_surface(entry: Entry) -> TimelineEntry | None:
    match entry.body:
        case e.ChannelOpened(name=name):
            return _line(entry, f"room #{name} opened", weight=0)
        case e.PeopleInvited(invited=invited, missing=missing):
            return _line(entry, _people_text(invited, missing), weight=1 if missing else 0)
        case e.SurfaceRefused(move=move, error=error, cure=cure):
            return _line(entry, f"Slack refused {move} ({error}): {cure}")
        case e.EvidenceComplete(silent=silent) if silent:
            return _line(entry, f"could not be read: {listed(silent)}")
        case e.PagerNoted(text=text):
            return _line(entry, f"noted at the pager: {inert(text, 200)}")
        case e.Redacted(seq=seq, reason=reason):
            who = inert(entry.actor.name or entry.actor.id, 80)
            return _line(entry, f"entry {seq} redacted by {who}: {inert(reason, 200)}")
        case e.Gone():
            return _line(entry, "(redacted)")
        case e.Unknown(kind=kind):
            return _line(entry, f"{kind} (written by a newer version of opsbot)", weight=0)
        case _:
            return _told_of_acts(entry)


def _told_of_acts(entry: Entry) -> TimelineEntry | None:
    """Runs, and what people did; what a run did within one second stands in its own order."""
    if (of_run := run_line(entry)) is not None:
        return _line(entry, of_run[0], weight=of_run[1], key=f"run:{entry.seq:09d}")
    told = living_line(entry)
    return _line(entry, told[0], weight=told[1], key=matter_of(entry)) if told else None


def _people_text(invited: tuple[Invited, ...], missing: tuple[Missing, ...]) -> str:
    parts: list[str] = []
    if invited:
        parts.append(f"invited {listed(tuple(inert(p.name, 60) for p in invited))}")
    if missing:
        names = tuple(f"{inert(p.name, 60)} ({p.reason})" for p in missing)
        parts.append(f"could not bring in {listed(names)}")
    return "; ".join(parts)


def _alert_line(entry: Entry, body: e.AlertChanged, who: str) -> TimelineEntry:
    weight = 1 if body.transition is Transition.OTHER else 2
    if entry.actor.kind is ActorKind.OPSBOT or body.event_type == STANDS:
        weight = 0  # the echo of our own note, or that an alert stands as it stood
    text = inert(body.summary, 300)
    if entry.actor.is_person and who not in text:
        text = f"{text}, by {who}"
    if not body.known:
        text = f"{text} (an event type this version does not know: {inert(body.event_type, 80)})"
    return _line(entry, text, weight=weight)


def _findings(entry: Entry, report: SourceReport) -> tuple[TimelineEntry, ...]:
    return tuple(
        TimelineEntry(
            at=finding.at,
            text=finding.summary,
            source=report.source,
            seq=entry.seq,
            weight=2,
            key=finding.fold_key or f"finding:{finding.kind}:{finding.service}:{finding.summary}",
            late=False,
            link=finding.link,
        )
        for finding in report.findings
    )


def _gaps(entry: Entry, report: SourceReport) -> tuple[TimelineEntry, ...]:
    """Silence and failure are facts: one line for all services silent since the same moment."""
    if report.health is Health.UNREACHABLE:
        text = f"{report.source} could not be asked: {inert(report.reason, 200)}"
        key = f"gap:{report.source}"
        return (replace(_line(entry, text, weight=2, key=key), at=report.fetched_at, gap=True,
                        source=report.source),)  # fmt: skip
    groups: dict[tuple[datetime | None, str], list[str]] = {}
    for gap in report.gaps:
        moment = gap.since.replace(second=0, microsecond=0) if gap.since else None
        groups.setdefault((moment, gap.health), []).append(gap.service or "every service")
    lines: list[TimelineEntry] = []
    for (since, health), services in groups.items():
        names = listed(tuple(sorted(services)))
        text = f"{report.kind} {_gap_word(health)} for {count(len(services), 'service')}: {names}"
        lines.append(
            TimelineEntry(
                at=since or report.window.end,
                text=text,
                source=report.source,
                seq=entry.seq,
                weight=2 if since else 1,
                gap=True,
                key=f"gap:{report.source}:{health}:{since.isoformat() if since else 'never'}",
            )
        )
    return tuple(lines)


def _gap_word(health: str) -> str:
    return {"stale": "fall silent", "sparse": "are sparse"}.get(health, "cannot be read")
