"""Looking at evidence because a person asked: what is on the record is shown at once, and what is
older than it may be, or was never asked, is asked now and shown below the card."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from opsbot.core import entry as e
from opsbot.core.card import At, Card, Line, Link, Piece, Tone, line
from opsbot.core.evidence import Finding, SourceReport, Window
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.parameter import Kind, Parameter
from opsbot.core.text import count, inert, listed
from opsbot.core.verb import Fact, Reply, Scene, Values, refuse
from opsbot.core.when import Moment

LOOK = (
    Parameter(name="service", kind=Kind.SERVICE, label="service"),
    Parameter(name="since", kind=Kind.MOMENT, label="since"),
    Parameter(name="again", kind=Kind.FLAG, label="ask again"),
)
FRESH_FOR = timedelta(minutes=2)
JUST_NOW = timedelta(seconds=30)  # longer than any source may take
SHOWN = 8
HOW_TO = "Somebody who runs opsbot can add one under `integrations:` in opsbot.yaml."


def look(scene: Scene, values: Values, kinds: tuple[str, ...]) -> Reply:
    """Show what is known of these kinds of evidence, and ask anew where that is due."""
    incident = scene.here
    sources = tuple(s for s, kind in scene.rules.evidence_kinds if kind in kinds)
    if not sources:
        return refuse(f"No source of {listed(kinds)} is configured, so nobody looked.", HOW_TO)
    service, since = values.get("service"), values.get("since")
    services = _services(scene, service if isinstance(service, str) else "")
    reports = [r for name, r in incident.reports.items() if name in sources]
    own = isinstance(service, str) or isinstance(since, Moment)
    fact = _ask(scene, services, sources, since if isinstance(since, Moment) else None, own=own)
    wanted = bool(values.get("again")) or isinstance(since, Moment) or _outside(reports, services)
    due = wanted or _old(reports, scene.now)
    head = line(f"INC-{incident.number}: {listed(kinds)} of {listed(services, 3)}")
    lines: list[Line] = [head]
    if isinstance(since, Moment):
        lines.append(line("since ", At(moment=since.at), f" ({since.said})", tone=Tone.QUIET))
    else:
        lines += _known(incident, reports, services)
    if due and not incident.status.is_over:
        where = "in the card's thread" if own else "on the card and the timeline"
        lines.append(line(f"asking {listed(sources)} ...; what comes stands {where}",
                          tone=Tone.QUIET))  # fmt: skip
        late = isinstance(since, Moment)
        on_its_way = not late and _on_its_way(scene, sources, services, own=own)
        return Reply(card=Card(header="", lines=tuple(lines)), facts=() if on_its_way else (fact,))
    return Reply(card=Card(header="", lines=tuple(lines)))


def _services(scene: Scene, named: str) -> tuple[str, ...]:
    if named:
        return (named,)
    around = scene.rules.catalogue.around(scene.here.service.key)
    return tuple(s.name for s in around) or (scene.here.service.name or "every service",)


def _ask(
    scene: Scene, services: tuple[str, ...], sources: tuple[str, ...], since: Moment | None,
    *, own: bool,
) -> Fact:  # fmt: skip
    """A look of one's own leaves the card as it is; the incident's question asked again does
    not."""
    incident, now = scene.here, scene.now
    began = incident.window.start if incident.window else shifted(now, -scene.rules.evidence_window)
    window = Window(start=since.at if since else began, end=now)
    body = e.EvidenceAsked(
        window=window, sources=sources, services=services, reason="a person asked", look=own
    )
    return Fact(body=body)


def _on_its_way(
    scene: Scene, sources: tuple[str, ...], services: tuple[str, ...], *, own: bool
) -> bool:
    """Whether the same was asked for just now, and is still being answered."""
    return any(
        not ask.complete
        and ask.look is own
        and scene.now - ask.window.end < JUST_NOW
        and set(sources) <= set(ask.sources)
        and set(services) <= set(ask.services)
        for ask in scene.here.asks
    )


def _old(reports: list[SourceReport], now: datetime) -> bool:
    return not reports or any(now - report.fetched_at > FRESH_FOR for report in reports)


def _outside(reports: list[SourceReport], services: tuple[str, ...]) -> bool:
    """Whether one service was named that no finding or gap speaks of."""
    told = {f.service for r in reports for f in r.findings} | {
        g.service for r in reports for g in r.gaps
    }
    return len(services) == 1 and services[0] not in told


def _known(
    incident: Incident, reports: list[SourceReport], services: tuple[str, ...]
) -> list[Line]:
    lines: list[Line] = []
    for report in reports:
        about = [f for f in report.findings if not f.service or f.service in services]
        lines.append(_source(report, len(about)))
        lines += [finding_line(f) for f in sorted(about, key=_at)[:SHOWN]]
        if len(about) > SHOWN:
            lines.append(line(f"and {count(len(about) - SHOWN, 'finding')} more", tone=Tone.QUIET))
        for gap in report.gaps[:3]:
            whose = inert(gap.service, 60) or "every service"
            blind = line(f"{whose}: {inert(gap.reason, 160)}", label="Blind", tone=Tone.LOUD)
            lines.append(blind)
    return lines


def _at(finding: Finding) -> tuple[datetime, str]:
    return finding.at, finding.summary


def _source(report: SourceReport, number: int) -> Line:
    pieces: list[Piece] = [f"{report.health}, {count(number, 'finding')}, asked ",
                           At(moment=report.fetched_at)]  # fmt: skip
    if report.newest_at:
        pieces += [", newest datum ", At(moment=report.newest_at)]
    if report.link.startswith(("https://", "http://")):
        pieces += [" ", Link(label="open", url=report.link)]
    return replace(line(*pieces, tone=Tone.QUIET), label=report.source)


def finding_line(finding: Finding) -> Line:
    """One dated finding, with its link."""
    more: tuple[Piece, ...] = ()
    if finding.link.startswith(("https://", "http://")):
        more = (" ", Link(label="look", url=finding.link))
    return line(At(moment=finding.at), " ", finding.summary, *more)
