"""Whether the collectors that carry logs, traces and metrics are up, and since when not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opsbot.core.evidence import Finding, FindingKind
from opsbot.core.moment import lasting
from opsbot.core.text import inert
from opsbot.integrations.prometheus.findings import Scope, moment
from opsbot.integrations.prometheus.series import Series, departure

_UP = 0.5


def collector_findings(collectors: Sequence[Series], scope: Scope, step: float) -> list[Finding]:
    """A finding for each collector that is down, and for each job that is watched no longer.

    Prometheus drops targets that left service discovery, so a job of which no target is left
    looks like nothing at all; single targets come and go with their nodes and say nothing.
    """
    found = [finding for series in collectors for finding in _down(series, scope, step)]
    return found + list(_vanished(collectors, scope, step))


def _down(series: Series, scope: Scope, step: float) -> Iterator[Finding]:
    stretch = departure(series, lambda value: value < _UP, step=step, since=scope.since)
    if stretch is None or not stretch.is_open:
        return
    job = inert(series.labels.get("job", ""), 80)
    instance = inert(series.labels.get("instance", ""), 80)
    always = stretch.start <= series.samples[0].at
    known = " as far back as we looked" if always else ""
    yield Finding(
        at=moment(stretch.start),
        kind=FindingKind.PIPELINE,
        service="",
        summary=f"collector {job} on {instance} is down{known}",
        value=0.0,
        before=None if always else 1.0,
        link=scope.link("collectors", ""),
        fold_key=f"pipeline:{job}:{instance}",
    )


def _vanished(collectors: Sequence[Series], scope: Scope, step: float) -> Iterator[Finding]:
    newest: dict[str, float] = {}
    for series in collectors:
        if series.samples:
            job = series.labels.get("job", "")
            newest[job] = max(newest.get(job, 0.0), series.samples[-1].at)
    for job, last in newest.items():
        silence = scope.ask.window.end - moment(last)
        # Prometheus still shows a sample for up to five minutes after the last scrape.
        if silence.total_seconds() < max(3 * step, 600.0):
            continue
        shown = inert(job, 80)
        yield Finding(
            at=moment(last),
            kind=FindingKind.PIPELINE,
            service="",
            summary=f"no collector {shown} is scraped any more, for {lasting(silence)}",
            link=scope.link("collectors", ""),
            fold_key=f"pipeline:{shown}",
        )
