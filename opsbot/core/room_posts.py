"""What else stands in a room: the timeline and pictures below the card, what people changed, one
line each, the question whether it is over, and where an incident has moved."""

from __future__ import annotations

from opsbot.core.announcement import who
from opsbot.core.card import At, Button, Card, Image, Line, Link, Piece, Room, Tone, line
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Closure
from opsbot.core.evidence import Finding
from opsbot.core.gaps import blind_in
from opsbot.core.incident import REDACTED, Incident
from opsbot.core.incident_card import headline
from opsbot.core.incident_parts import Ask
from opsbot.core.moment import lasting
from opsbot.core.rules import Rules
from opsbot.core.text import count, inert, listed
from opsbot.core.timeline import TimelineEntry, essential

SAID = "said:"  # slot of the line that says what entry N changed
LOOK_LINES = 10
LOOKS_KEPT = 3  # of the newest looks, kept current


def moved_card(incident: Incident) -> Card:
    """What is left where the incident used to live: where it went."""
    surface = incident.surface
    pieces: list[Piece] = ["This incident has moved"]
    if surface.channel_id and not surface.abandoned:
        pieces += [" to ", Room(channel_id=surface.channel_id, name=surface.channel_name)]
    return Card(header=headline(incident), lines=(line(*pieces, "."),), struck=True)


def timeline_card(incident: Incident, timeline: tuple[TimelineEntry, ...]) -> Card:
    """The dozen lines that matter, in event time, as one message in the thread."""
    chosen = essential(timeline)
    lines = [_timeline_line(entry) for entry in chosen]
    hidden = len(timeline) - len(chosen)
    footer = (line(f"{count(hidden, 'line')} of detail on the record", tone=Tone.QUIET),)
    return Card(
        header=f"Timeline of INC-{incident.number}",
        lines=tuple(lines),
        footer=footer if hidden else (),
    )


def _timeline_line(entry: TimelineEntry) -> Line:
    pieces: list[Piece] = [At(moment=entry.at, style="date_time"), f"  {entry.text}"]
    sources = ", ".join((entry.source, *entry.also))
    pieces.append(f"  ({sources}{', learnt late' if entry.late else ''})")
    if entry.link.startswith(("https://", "http://")):
        pieces += [" ", Link(label="look", url=entry.link)]
    return line(*pieces, tone=Tone.LOUD if entry.gap else Tone.PLAIN)


def posts(incident: Incident, rules: Rules) -> tuple[tuple[str, Card, bool], ...]:
    """Messages said once, each with a reason to exist: (key, card, kept current)."""
    found: list[tuple[str, Card, bool]] = []
    question = incident.questions.get(ALERT_CLEARED)
    if question:
        found.append((f"{ALERT_CLEARED}:{question.seq}", _question_card(incident), True))
    if incident.closure is Closure.SELF_RECOVERED:
        text = (
            "The alert cleared by itself before anybody acted. Closed as self-recovered; "
            f"no postmortem is asked for. This room is archived in {lasting(rules.archive_after)}."
        )
        found.append(
            (f"recovered:{incident.reopened}", Card(header="", lines=(line(text),)), False)
        )
    if incident.living.told_room is not None:
        found.append((f"unled:{incident.living.told_room.seq}", _unled_card(incident), False))
    again = incident.living.reopened
    by_person = again is not None and again.by.is_person  # whose act is announced as such
    if incident.reopened and not incident.status.is_over and not by_person:
        since = "The alert fires again, so this" if incident.firing else "This"
        text = f"{since} room is open again."
        found.append((f"reopened:{incident.reopened}", Card(header="", lines=(line(text),)), False))
    return tuple(found)


def _unled_card(incident: Incident) -> Card:
    """Said once, where nobody leads who could be reminded."""
    told = incident.living.told_room
    began = told.since if told and told.since else incident.opened_at
    age = lasting(told.at - began) if told and began else "a while"
    last = f"the last update is {age} old" if told and told.since else f"no update for {age}"
    take = Button(action="lead:person=me", label="Take the lead", primary=True)
    return Card(header="", lines=(line(f"Nobody leads, and {last}."),), buttons=(take,))


def _question_card(incident: Incident) -> Card:
    question = incident.questions[ALERT_CLEARED]
    if not question.answer:
        buttons = (
            Button(
                action=f"resolve:closure=fixed&question={question.seq}",
                label="Yes, resolve",
                primary=True,
            ),
            Button(action=f"keep:question={question.seq}", label="No, keep it open"),
        )
        return Card(header="", lines=(line(question.text),), buttons=buttons)
    by = question.answered_by
    name = who(by) if by and by.is_person else "opsbot"
    said = {"resolve": "resolved", "keep_open": "kept open", "fires_again": "the alert fires again"}
    answer = said.get(question.answer, question.answer)
    return Card(header="", lines=(line(question.text, " ", answer, " - ", name, tone=Tone.QUIET),))


def announcements(incident: Incident) -> tuple[tuple[str, Card, bool], ...]:
    """What people changed since the room stands, each in one line: (slot, card, kept current).

    A line whose entry was taken back or redacted since is edited to say so, or to what is left.
    """
    told = {said.seq: (said.line, *said.more) for said in incident.announcements}
    found = [
        # An update quotes the impact, whose words may be redacted later.
        (f"{SAID}{seq}", Card(header="", lines=lines), len(lines) > 1)
        for seq, lines in told.items()
        if seq > incident.housed_since and seq not in incident.unsaid
    ]
    for seq, word in sorted(incident.unsaid.items()):
        left = told.get(seq) if word == REDACTED else None
        if f"{SAID}{seq}" in incident.surface.messages:
            lines = left or (line(f"({word})", tone=Tone.QUIET),)
            found.append((f"{SAID}{seq}", Card(header="", lines=lines), True))
    return tuple(found)


def pictures(incident: Incident) -> tuple[tuple[str, Card], ...]:
    """Charts and the waterfall, each a message below the card: (slot, card)."""
    return tuple(
        (slot, Card(header="", lines=(line(drawn.title, tone=Tone.QUIET),),
                    images=(Image(file_id=drawn.file_id, title=drawn.title, alt=drawn.alt),)))
        for slot, drawn in sorted(incident.pictures.items())
    )  # fmt: skip


def pictures_gone(incident: Incident) -> tuple[tuple[str, Card], ...]:
    """Where a picture stood that was redacted since."""
    gone = Card(header="", lines=(line("(redacted)", tone=Tone.QUIET),))
    held = (slot for slot in incident.surface.messages if slot.startswith("chart:"))
    return tuple((slot, gone) for slot in sorted(held) if slot not in incident.pictures)


def looks(incident: Incident) -> tuple[tuple[str, Card], ...]:
    """What came of evidence that a person asked for, below the card: (slot, card)."""
    asked = [a for a in incident.asks if a.look and a.seq > incident.housed_since]
    return tuple((f"look:{ask.seq}", _look_card(ask)) for ask in asked[-LOOKS_KEPT:])


def _look_card(ask: Ask) -> Card:
    window = ask.window
    about = listed(tuple(inert(s, 60) for s in ask.services), 3)
    head = line(
        who(ask.by), f" asked {listed(ask.sources, 5)} about {about}, ",
        At(moment=window.start), " to ", At(moment=window.end),
    )  # fmt: skip
    waiting = tuple(s for s in ask.sources if s not in ask.reports)
    if waiting and not ask.complete:
        return Card(header="", lines=(head, line(f"asking {listed(waiting)} ...", tone=Tone.QUIET)))
    reports = tuple(ask.reports.values())
    found = [f for r in reports for f in r.findings if not f.service or f.service in ask.services]
    lines = [_finding(f) for f in sorted(found, key=lambda f: (f.at, f.summary))[:LOOK_LINES]]
    if len(found) > len(lines):
        lines.append(line(f"and {count(len(found) - len(lines), 'finding')} more", tone=Tone.QUIET))
    lines += [line(f"{b.kind} ({b.source}): {b.reason}", label="Blind", tone=Tone.LOUD)
              for b in blind_in(reports)[:3]]  # fmt: skip
    if not found:
        lines.append(line("nothing unusual in what could be read"))
    return Card(header="", lines=(head, *lines))


def _finding(finding: Finding) -> Line:
    more: tuple[Piece, ...] = ()
    if finding.link.startswith(("https://", "http://")):
        more = (" ", Link(label="look", url=finding.link))
    return line(At(moment=finding.at), " ", finding.summary, *more)
