"""Which pictures an incident deserves: the paged service's trouble over time, beside whatever ran
into its limit, and one failing request.

Pure: the same incident and exhibits give the same pictures, in whatever order exhibits come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from opsbot.core.ending_marks import ending_marks, has_recovered
from opsbot.core.event import Transition
from opsbot.core.evidence import EvidenceAsk, Finding, FindingKind, Window
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.picture import Chart, Mark, MarkKind, Picture, TracePicture
from opsbot.core.series import (
    ERROR_SHARE,
    LATENCY,
    LEAST_HOLE,
    MEMORY,
    REQUESTS,
    Exhibit,
    Series,
    Waterfall,
)
from opsbot.core.text import inert

PAGE, TRACE = "chart:page", "chart:trace"  # slots: each picture has one place in a room
MOST_DEPLOYS = 4
FULL = 0.9  # of a limit; a service that stood there before the page is no news

# What went wrong, in the order in which users feel it, with the quantity that shows it.
_SHOWN_BY = {
    FindingKind.ERRORS: ERROR_SHARE,
    FindingKind.LATENCY: LATENCY,
    FindingKind.TRAFFIC: REQUESTS,
    FindingKind.SATURATION: MEMORY,
}
_DEPARTURES = (*_SHOWN_BY, FindingKind.RESTARTS, FindingKind.UNANSWERED)
# What is counted from single lines and traces begins with the first of them, usual or not.
_COUNTED = (FindingKind.LOG_PATTERN, FindingKind.FAILING_TRACE)


def worth_showing(ask: EvidenceAsk, incident: Incident) -> EvidenceAsk:
    """The ask with its services in the order in which they are worth showing: the paged one,
    what ran into its limit, what departs from the usual, and the rest as it was."""
    paged, full = paged_service(incident), _fullest(incident)
    order = [paged, *([full.service] if full else []), *_troubled(incident)]
    rank = {service: n for n, service in reversed(list(enumerate(order)))}
    subjects = sorted(ask.subjects, key=lambda subject: rank.get(subject.service, len(order)))
    return replace(ask, subjects=tuple(subjects))


def pictures(incident: Incident, exhibits: Iterable[Exhibit]) -> tuple[tuple[str, Picture], ...]:
    """The pictures for an incident's thread, each with its slot; none without exhibits."""
    given = tuple(exhibits)
    chart = _page_chart(incident, [one for one in given if isinstance(one, Series) and one.points])
    trace = _trace(incident, [one for one in given if isinstance(one, Waterfall) and one.spans])
    found: list[tuple[str, Picture]] = []
    if chart is not None:
        found.append((PAGE, chart))
    if trace is not None:
        found.append((TRACE, trace))
    return tuple(found)


def paged_service(incident: Incident) -> str:
    """The paged service as evidence sources know it: by the catalogue, or else by its own name."""
    return incident.service.key or incident.service.name


def _page_chart(incident: Incident, series: Sequence[Series]) -> Chart | None:
    shown = _shown(incident, series)
    if not shown:
        return None
    window = _window(incident, shown)
    onset = _onset(incident, tuple(one.service for one in shown), window)
    marks = [*_deploys(incident, shown, window, onset), *_paged(incident, window)]
    marks += ending_marks(incident, window)
    if not incident.status.is_over:
        marks.append(Mark(at=window.end, kind=MarkKind.NOW, label="now"))
    if onset is not None and onset >= window.start:
        marks.append(Mark(at=onset, kind=MarkKind.ONSET, label="onset"))
    order = tuple(MarkKind)
    marks.sort(key=lambda mark: (mark.at, order.index(mark.kind), mark.label))
    return Chart(
        title=_title(incident), series=shown, marks=tuple(marks), onset=onset, window=window
    )


def _title(incident: Incident) -> str:
    number = f"INC-{incident.number}: " if incident.number else ""
    return f"{number}{inert(incident.title or paged_service(incident), 200)}"


def _shown(incident: Incident, series: Sequence[Series]) -> tuple[Series, ...]:
    """The quantity that best shows the paged service's trouble, and a second one: what ran into
    its limit, or else what else is wrong with the paged service."""
    paged = paged_service(incident)
    own = {one.name: one for one in sorted(series, key=_by_name) if one.service == paged}
    kinds = {one.kind for one in _departures(incident) if one.service == paged}
    wrong = [name for kind, name in _SHOWN_BY.items() if kind in kinds]
    usual = (ERROR_SHARE, LATENCY, REQUESTS)
    order = [own[name] for name in (*wrong, *usual) if name in own]
    first = [one for one in order if one.name != MEMORY][:1] or order[:1]
    full = _fullest(incident)
    limited = [
        one for one in sorted(series, key=_by_name)
        if full is not None and one.service == full.service and one.limit is not None
    ]  # fmt: skip
    second = limited or [own[name] for name in wrong if name in own]
    return (*first, *[one for one in second if one not in first][:1])


def _by_name(series: Series) -> tuple[str, str]:
    return series.service, series.name


def _findings(incident: Incident) -> list[Finding]:
    found = [one for report in incident.reports.values() for one in report.findings]
    return sorted(found, key=lambda one: (one.at, one.service, one.kind, one.summary))


def _departures(incident: Incident) -> list[Finding]:
    """What differs from before, earliest first; a service that is always nearly full does not."""
    return [
        one for one in _findings(incident)
        if one.kind in _DEPARTURES
        and not (one.kind is FindingKind.SATURATION and (one.before or 0.0) >= FULL)
    ]  # fmt: skip


def _fullest(incident: Incident) -> Finding | None:
    """The service that ran into its limit: of several, the one that rose most."""
    found = [one for one in _departures(incident) if one.kind is FindingKind.SATURATION]
    return max(found, key=lambda one: (one.value or 0.0) - (one.before or 0.0), default=None)


def _troubled(incident: Incident) -> list[str]:
    """The services that depart from the usual, earliest first."""
    return list(dict.fromkeys(one.service for one in _departures(incident) if one.service))


def _window(incident: Incident, shown: Sequence[Series]) -> Window:
    """What evidence was asked for, and what came of it; a later look shows more. An end that lies
    between the last sample and the one that would be next belongs to it."""
    times = [at for one in shown for at, _ in one.points]
    if incident.window is not None:
        times += [incident.window.start, incident.window.end]
    over_at = incident.over_at if has_recovered(incident) else None
    if over_at is not None and over_at <= shifted(max(times), LEAST_HOLE):
        times.append(max(over_at, min(times)))
    return Window(start=min(times), end=max(times))


def _onset(incident: Incident, services: tuple[str, ...], window: Window) -> datetime | None:
    """When it began: as the ranking of suspects says, so that card and chart agree; else the
    earliest departure of a service that is shown; where none of them departs, of any service,
    and at last the first telling line or trace."""
    ranked = incident.ranking.onset if incident.ranking else None
    if ranked is not None and window.start <= ranked <= window.end:
        return ranked
    departures = _departures(incident)
    own = [one for one in departures if one.service in services]
    counted = [one for one in _findings(incident) if one.kind in _COUNTED]
    times = (one.at for one in (*own, *departures, *counted) if one.at <= window.end)
    return next(times, None)


def _paged(incident: Incident, window: Window) -> list[Mark]:
    """When the alert fired, within the window; a person's declaration is called that."""
    fired = [
        change.at
        for alert in incident.alerts.values()
        for change in alert.changes
        if change.transition in (Transition.TRIGGERED, Transition.REOPENED)
    ]
    times = [at for at in fired if window.start <= at <= window.end]
    if not times and incident.opened_at is not None:
        times = [at for at in (incident.opened_at,) if window.start <= at <= window.end]
    label = "declared" if incident.declared_by and not fired else "paged"
    return [Mark(at=min(times), kind=MarkKind.PAGED, label=label)] if times else []


def _deploys(
    incident: Incident, shown: Sequence[Series], window: Window, onset: datetime | None
) -> list[Mark]:
    """The deploys of services that are shown or in trouble, told once each: of many, those of
    services that are shown, and of these the ones nearest to the onset."""
    services = [one.service for one in shown]
    concerned = {*services, *_troubled(incident)}
    found: dict[str, Finding] = {}
    for one in _findings(incident):
        inside = window.start <= one.at <= window.end and one.service in concerned
        if one.kind is FindingKind.DEPLOY and inside:
            found.setdefault(one.fold_key or one.summary, one)
    since = onset or window.end
    nearest = sorted(
        found.values(), key=lambda one: (one.service not in services, abs(one.at - since))
    )
    paged = paged_service(incident)
    return [
        Mark(at=one.at, kind=MarkKind.DEPLOY, label=_deploy_label(one, paged))
        for one in nearest[:MOST_DEPLOYS]
    ]


def _deploy_label(deploy: Finding, paged: str) -> str:
    """`deploy v2.14`, with the service's name when it is not the paged one."""
    version = deploy.fold_key.rpartition(":")[2] if deploy.fold_key.count(":") > 1 else ""
    is_commit = len(version) == 40 and version.isalnum()
    named = "" if deploy.service == paged else deploy.service
    words = ("deploy", named, version[:7] if is_commit else version)
    return inert(" ".join(word for word in words if word), 60)


def _trace(incident: Incident, waterfalls: Sequence[Waterfall]) -> TracePicture | None:
    """The failing request the findings speak of; without one, a slow request as it is."""
    blamed = {one.service for one in _findings(incident) if one.kind is FindingKind.FAILING_TRACE}

    def rank(one: Waterfall) -> tuple[bool, bool, datetime, str]:
        failing = [span for span in one.spans if span.failed or span.unanswered]
        told = any(span.service in blamed for span in failing)
        return not told, not failing, one.at, one.trace_id

    best = min(waterfalls, key=rank, default=None)
    if best is None:
        return None
    is_failing = any(span.failed or span.unanswered for span in best.spans)
    request = inert(f"{best.spans[0].service}: {best.spans[0].name}", 160)
    kind = "Failing request" if is_failing else "Slowest request found"
    return TracePicture(title=f"{kind}, {request}", waterfall=best)
