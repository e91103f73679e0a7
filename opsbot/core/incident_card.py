"""What the cards of an incident say: how bad, who has it, what is seen, what we cannot see.

Suspects stand first, then findings in the order they began. Absolute times only, so that a card
changes when the incident does and not with every minute.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.core.announcement import who
from opsbot.core.card import At, Button, Card, Line, Link, Piece, Room, Tone, Who, line
from opsbot.core.entry import Mode, PagerResult, Placement, Severity
from opsbot.core.event import DECLARED, NO_ALERT, Transition
from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.gaps import Blindness, blindnesses
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Alert, Note
from opsbot.core.links import links_for
from opsbot.core.moment import lasting, plausible
from opsbot.core.people import slack_account
from opsbot.core.rules import Rules
from opsbot.core.suspects import Reason
from opsbot.core.text import count, cut, inert, listed

SEEN_LIMIT = 8
SEEN_BESIDE_SUSPECTS = 3  # the suspects say the rest
SUMMARY_BESIDE_SUSPECTS = 110  # characters of a finding; the timeline has it whole
_SOURCE_NAMES = {"pagerduty": "PagerDuty"}


def headline(incident: Incident) -> str:
    """`[SEV2] checkout-api: error rate above 5 %`; a service the title names is not repeated."""
    severity = "" if incident.severity is Severity.UNSET else f"[{incident.severity}] "
    title = inert(incident.title, 120) or "(no title)"
    service = inert(incident.service.key or incident.service.name, 60)
    named = service and service.lower() in title.lower()
    drill = "[shadow] " if incident.mode is Mode.SHADOW else ""
    return f"{drill}{severity}{title if named or not service else f'{service}: {title}'}"


def topic(incident: Incident) -> str:
    """The room's topic: severity, whether it is over, and the service. It says no more, because
    every change of a topic is a line that everybody in the room reads."""
    severity = "severity unset" if incident.severity is Severity.UNSET else incident.severity
    service = inert(incident.service.key or incident.service.name, 80) or "unknown service"
    state = _status_word(incident) if incident.status.is_over else "open"
    return f"INC-{incident.number} · {severity} · {state} · {service}"


def bookmarks(incident: Incident) -> tuple[tuple[str, str], ...]:
    """Link back to the page that started it."""
    origin = incident.origin
    if origin is None or not origin.url.startswith("https://"):
        return ()
    if origin.source == DECLARED:
        return (("where it was declared", origin.url),)
    return ((f"{_SOURCE_NAMES.get(origin.source, origin.source)} incident", origin.url),)


def incident_card(incident: Incident, rules: Rules) -> Card:
    """The first message of the room, edited in place."""
    lines = (
        *_blind_lines(incident),
        impact_line(incident),
        *_alert_lines(incident),
        *_status_line(incident),
        *_people_lines(incident),
        *suspect_lines(incident),
        *_seen_lines(incident),
        *_asking_line(incident),
        *_note_line(incident),
    )
    return Card(
        header=headline(incident),
        lines=lines,
        buttons=_buttons(incident),
        footer=(_footer(incident), *_link_lines(incident, rules)),
        struck=incident.status.is_over,
    )


def impact_line(incident: Incident) -> Line:
    """What users notice; said even when nobody has said it yet."""
    impact = incident.impact
    if impact is None:
        return line("not known yet", label="Impact")
    since: tuple[Piece, ...] = (", since ", At(moment=impact.since)) if impact.since else ()
    return line(cut(inert(impact.text, 400), 300) or "not described", *since, label="Impact")


def _status_line(incident: Incident) -> tuple[Line, ...]:
    """How far the response has come, and who has it."""
    if incident.opened_at is None:
        return ()
    pieces: list[Piece] = [f"{_status_word(incident)}, since ", At(moment=incident.opened_at)]
    lead = incident.lead
    if lead is not None:
        pieces += ["; lead ", Who(name=inert(lead.name, 60), slack_id=lead.slack_id)]
    elif not incident.status.is_over:
        pieces.append("; nobody leads yet")
    return (line(*pieces, label="Status"),)


def suspect_lines(incident: Incident) -> tuple[Line, ...]:
    """At most two suspects of one sentence each, or why there is none."""
    ranking = incident.ranking
    if ranking is None or incident.window is None:
        return ()
    verdict = inert(ranking.verdict, 300)
    lines = [line(verdict, label="Suspects")] if verdict else []
    lines += [
        line(f"{inert(suspect.service, 80)}: ", *reason_pieces(suspect.reasons[:2]),
             label=suspect.confidence.capitalize())
        for suspect in ranking.suspects[: 1 if verdict else 2]
    ]  # fmt: skip
    if lines and ranking.unseen:
        unseen = listed(tuple(inert(kind, 40) for kind in ranking.unseen), 4)
        lines.append(line(f"Ranked without {unseen}.", tone=Tone.QUIET))
    return tuple(lines)


def reason_pieces(reasons: Sequence[Reason]) -> tuple[Piece, ...]:
    """Reasons in one sentence, each with its time in the reader's own zone."""
    pieces: list[Piece] = []
    for reason in reasons:
        pieces += ["; " if pieces else "", inert(reason.text, 200)]
        if reason.at is not None:
            pieces += [f" {reason.when} ", At(moment=reason.at)]
    return tuple(pieces)


def _buttons(incident: Incident) -> tuple[Button, ...]:
    """Three at most; the rest stands under More."""
    more = Button(action="menu", label="More")
    if incident.status.is_over:
        return (more,)
    set_impact = Button(action="impact", label="Set impact")
    if incident.lead is None:
        pages = any(a.status is Transition.TRIGGERED for a in firing_alerts(incident))
        label = "Ack and lead" if pages else "Take the lead"
        return (Button(action="lead:ack=yes", label=label, primary=True), set_impact, more)
    return (set_impact, Button(action="resolve", label="Resolve"), more)


def firing_alerts(incident: Incident) -> tuple[Alert, ...]:
    """The alerts that still fire at their source."""
    return tuple(
        a for a in incident.alerts.values() if a.firing and a.origin.source not in NO_ALERT
    )


def _status_word(incident: Incident) -> str:
    return incident.closure or incident.status


def _blind_lines(incident: Incident) -> tuple[Line, ...]:
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


def _alert_lines(incident: Incident) -> tuple[Line, ...]:
    shown = [a for a in incident.alerts.values() if a.origin.source in _SOURCE_NAMES]
    lines = [_alert_line(alert) for alert in shown[:3]]
    if len(shown) > len(lines):
        lines.append(line(f"and {count(len(shown) - len(lines), 'alert')} more", tone=Tone.QUIET))
    return tuple(lines)


def _alert_line(alert: Alert) -> Line:
    name = _SOURCE_NAMES[alert.origin.source]
    if alert.status is Transition.TRIGGERED:
        escalates = alert.details.escalates_at if alert.details else None
        next_level: tuple[Piece, ...] = (
            (", escalates ", At(moment=escalates, style="ago")) if escalates else ()
        )
        return line("triggered ", At(moment=alert.changed_at), ", nobody has acknowledged yet",
                    *next_level, label=name)  # fmt: skip
    pieces: list[Piece] = [alert.status]
    if alert.by and alert.by.is_person:
        pieces += [" by ", who(alert.by)]
    pieces += [" ", At(moment=alert.changed_at)]
    return line(*pieces, label=name)


def _people_lines(incident: Incident) -> tuple[Line, ...]:
    lines: list[Line] = []
    invited = tuple({p.slack_id: p for p in incident.surface.invited}.values())
    paged = tuple(inert(p.name, 60) for p in incident.people if not slack_account(p.id))
    if invited:
        people: list[Piece] = []
        for person in invited[:6]:
            people += [", " if people else "", Who(name=inert(person.name, 60),
                                                   slack_id=person.slack_id)]  # fmt: skip
        if len(invited) > 6:
            people.append(f" and {len(invited) - 6} more")
        lines.append(line(*people, label="Responders"))
    elif paged:
        lines.append(line(f"paged: {listed(paged)}", label="Responders"))
    missing = incident.surface.missing
    if missing:
        names = tuple(f"{inert(p.name, 60)} ({inert(p.reason, 120)})" for p in missing)
        lines.append(line(listed(names, 3), label="Not here", tone=Tone.QUIET))
    refused = [r for r in incident.surface.refusals.values() if r.gives_up]
    lines += [line(inert(r.cure, 200), label="Trouble", tone=Tone.LOUD) for r in refused[:2]]
    failed = [a for a in incident.of_pager if a.result in (PagerResult.REFUSED, PagerResult.UNSURE)]
    lines += [line(f"{a.act} at the pager: {inert(a.said, 200)}", label="Trouble", tone=Tone.LOUD)
              for a in failed[-2:]]  # fmt: skip
    return tuple(lines)


_KIND_ORDER = tuple(FindingKind)


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


def _seen_lines(incident: Incident) -> tuple[Line, ...]:
    story = _seen(incident)
    ranked = bool(suspect_lines(incident))
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


def _asking_line(incident: Incident) -> tuple[Line, ...]:
    waiting = [s for s in incident.asked_sources if s not in incident.reports]
    if not waiting or incident.evidence_complete_at:
        if incident.evidence_complete_at and not _seen(incident):
            text = "nothing unusual in what could be read"
            return (line(text, label="Seen"),)
        return ()
    return (line(f"asking {listed(tuple(waiting), 6)} ...", tone=Tone.QUIET),)


def words_by(note: Note) -> tuple[Piece, ...]:
    """Whose words they are; those of a pinned message are its author's."""
    if not note.author:
        return (who(note.by),)
    return (Who(name=inert(note.author, 60)), ", put here by ", who(note.by))


def _note_line(incident: Incident) -> tuple[Line, ...]:
    note = incident.last_note
    if note is None:
        return ()
    return (
        line(f"“{cut(inert(note.text, 300), 200)}” - ", *words_by(note), " ", At(moment=note.at),
             label="Latest"),
    )  # fmt: skip


def _footer(incident: Incident) -> Line:
    pieces: list[Piece] = [f"INC-{incident.number}"]
    origin = incident.origin
    if origin and origin.source == DECLARED:
        said = (" · ", Link(label="declared here", url=origin.url)) if origin.url else ()
        pieces += [" · declared by a person", *said]
    elif origin and origin.url.startswith("https://"):
        number = f" #{origin.number}" if origin.number else ""
        name = _SOURCE_NAMES.get(origin.source, origin.source)
        pieces += [" · ", Link(label=f"{name}{number}", url=origin.url)]
    if incident.route_rule:
        pieces.append(f" · here by rule “{inert(incident.route_rule, 60)}”")
    return line(*pieces, tone=Tone.QUIET)


def _link_lines(incident: Incident, rules: Rules) -> tuple[Line, ...]:
    links = links_for(incident, rules.catalogue)
    if not links:
        return ()
    pieces: list[Piece] = []
    for label, url in links[:6]:
        pieces += [" · " if pieces else "", Link(label=label, url=url)]
    return (line(*pieces, tone=Tone.QUIET),)


def digest_card(incident: Incident, alone: bool) -> Card:
    """The incident's one line in the digest channel, edited in place.

    `alone` says that the incident has no other place, and offers to open one.
    """
    pieces: list[Piece] = [f"{_status_word(incident)}"]
    if incident.status.is_over and incident.over_at and incident.opened_at:
        length = plausible(incident.over_at, incident.over_at) - plausible(
            incident.opened_at, incident.over_at
        )
        pieces.append(f" after {lasting(length)}")
    elif incident.opened_at:
        pieces += [" since ", At(moment=incident.opened_at)]
    surface = incident.surface
    if surface.channel_id and surface.abandoned:
        pieces.append(f" · #{surface.channel_name} was archived by somebody")
    elif surface.channel_id:
        pieces += [" · ", Room(channel_id=surface.channel_id, name=surface.channel_name)]
    if incident.lead and not incident.status.is_over:
        pieces += [" · lead ", Who(name=inert(incident.lead.name, 60))]
    lines = [line(*pieces), *_digest_note(incident)]
    if alone and incident.route_reason:
        lines.append(line(f"no room: {inert(incident.route_reason, 160)}", tone=Tone.QUIET))
    open_room = Button(action="room", label="Open room")
    offered = alone and not incident.status.is_over and incident.placement is Placement.DIGEST
    return Card(
        header=headline(incident),
        lines=tuple(lines),
        footer=(_footer(incident),),
        buttons=(open_room,) if offered else (),
        struck=incident.status.is_over,
    )


def _digest_note(incident: Incident) -> tuple[Line, ...]:
    acked = incident.acknowledged_by
    told: list[Line] = []
    if acked and acked.is_person and not incident.status.is_over and incident.lead is None:
        told.append(line("acknowledged by ", who(acked)))
    if incident.impact and incident.impact.text:
        told.append(line(cut(inert(incident.impact.text, 300), 160), label="Impact"))
    return tuple(told)
