"""What the cards of an incident say: how bad, who has it, what is seen, what we cannot see.

Suspects stand first, then findings in the order they began. Absolute times only, so that a card
changes when the incident does and not with every minute.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsbot.core.announcement import who
from opsbot.core.card import At, Button, Card, Line, Link, Piece, Tone, Who, line
from opsbot.core.card_evidence import asking_line, blind_lines, seen_lines
from opsbot.core.entry import Mode, PagerResult, Severity
from opsbot.core.event import DECLARED, NO_ALERT, Transition
from opsbot.core.facts_line import state_pieces
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Alert
from opsbot.core.links import links_for
from opsbot.core.living_lines import (
    follow_up_count,
    latest_lines,
    mitigated_lines,
    role_lines,
)
from opsbot.core.page_posts import page_lines
from opsbot.core.people import slack_account
from opsbot.core.rules import Rules
from opsbot.core.run_lines import run_button, run_lines
from opsbot.core.suspects import Reason
from opsbot.core.text import count, cut, inert, listed

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
    state = status_word(incident) if incident.status.is_over else "open"
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
        *blind_lines(incident),
        impact_line(incident),
        *_alert_lines(incident),
        *_status_line(incident),
        *mitigated_lines(incident),
        *role_lines(incident),
        *_people_lines(incident),
        *suspect_lines(incident),
        *run_lines(incident, rules),
        *seen_lines(incident, ranked=bool(suspect_lines(incident))),
        *asking_line(incident),
        *latest_lines(incident),
        *(follow_up_count(incident) if incident.status.is_over else ()),
    )
    return Card(
        header=headline(incident),
        lines=lines,
        buttons=_buttons(incident, rules),
        footer=(footer(incident), *_link_lines(incident, rules)),
        struck=incident.status.is_over,
    )


def impact_line(incident: Incident) -> Line:
    """What users notice; said even when nobody has said it yet."""
    impact, onset = incident.impact, incident.living.onset
    since: tuple[Piece, ...] = (", since ", At(moment=onset.at)) if onset else ()
    if impact is None:
        return line("not known yet", *since, label="Impact")
    return line(cut(inert(impact.text, 400), 300) or "not described", *since, label="Impact")


def _status_line(incident: Incident) -> tuple[Line, ...]:
    """How far the response has come, and who has it."""
    if incident.opened_at is None:
        return ()
    pieces: list[Piece] = [*state_pieces(incident)]
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


def _buttons(incident: Incident, rules: Rules) -> tuple[Button, ...]:
    """Three at most; the rest stands under More."""
    more = Button(action="menu", label="More")
    if incident.status.is_over:
        return (more,)
    second = run_button(incident, rules) or Button(action="impact", label="Set impact")
    if incident.lead is None:
        pages = any(a.status is Transition.TRIGGERED for a in firing_alerts(incident))
        label = "Ack and lead" if pages else "Take the lead"
        return (Button(action="lead:ack=yes", label=label, primary=True), second, more)
    return (second, Button(action="resolve", label="Resolve"), more)


def firing_alerts(incident: Incident) -> tuple[Alert, ...]:
    """The alerts that still fire at their source."""
    return tuple(
        a for a in incident.alerts.values() if a.firing and a.origin.source not in NO_ALERT
    )


def status_word(incident: Incident) -> str:
    """How it ended, or where it stands."""
    return incident.closure or incident.status


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
        # Of an alert that a page made, the pager has not told yet when that was.
        began = (" ", At(moment=alert.changed_at)) if alert.changed_seq else ()
        return line("triggered", *began, ", nobody has acknowledged yet", *next_level, label=name)
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
    return (*lines, *page_lines(incident))


def footer(incident: Incident) -> Line:
    """The number, where it came from, and why it lives here."""
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
