"""What a metric series says: departures from the usual, each a rule with its threshold.

The rules know no service and no company. Thresholds are deliberately plain, so that a responder
can check each one against the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsbot.core.evidence import EvidenceAsk, Finding, FindingKind
from opsbot.core.moment import EPOCH, clock_text, to_micros
from opsbot.core.quantity import percent
from opsbot.core.text import inert
from opsbot.integrations.prometheus.queries import RATE_SECONDS
from opsbot.integrations.prometheus.series import (
    Sample,
    Series,
    Step,
    Stretch,
    departure,
    level_changes,
    usual,
)

ERROR_SHARE = 0.01
UNANSWERED_SHARE = 0.05
TIMES_MORE = 3.0
"""A share counts when it reaches its least value above and this many times the usual one."""

LATENCY_TIMES, LATENCY_SECONDS = 2.0, 0.1
TRAFFIC_LEFT = 0.5
SATURATED = 0.9
LEAST_EVENTS = 3.0
"""Failures (or, for traffic, ten times as many requests) below which a share says nothing."""

MIB = 1024.0 * 1024.0

Answers = Mapping[str, Sequence[Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What findings are judged against: the ask, the resolution, and how services are called."""

    ask: EvidenceAsk
    step: float
    label: str
    names: Mapping[str, str]  # name in Prometheus -> name of the service
    link: Callable[[str, str], str]  # (signal, name in Prometheus) -> deep link

    @property
    def since(self) -> float:
        return seconds(self.ask.window.start)

    def before(self, series: Series) -> tuple[Sample, ...]:
        """The samples the window is compared with."""
        start, end = seconds(self.ask.before.start), seconds(self.ask.before.end)
        return series.between(start, min(end, self.since))

    def service(self, series: Series) -> str:
        """The service a series is about, by our own name for it."""
        known = series.labels.get(self.label, "")
        return self.names.get(known, inert(known, 80))

    def depart(self, series: Series, departs: Callable[[float], bool]) -> Stretch | None:
        return departure(series, departs, step=self.step, since=self.since)


def findings(answers: Answers, scope: Scope) -> list[Finding]:
    """Every finding of the signals that answered, in no particular order."""
    return [
        *_error_shares(answers, scope),
        *_latencies(answers, scope),
        *_traffic(answers, scope),
        *_memory(answers, scope),
        *_limits(answers, scope),
        *_restarts(answers, scope),
        *_unanswered(answers, scope),
    ]


def seconds(at: datetime) -> float:
    """A moment as Prometheus counts it."""
    return to_micros(at) / 1_000_000


def moment(at: float) -> datetime:
    """The moment of a sample, to the millisecond Prometheus keeps."""
    return EPOCH + timedelta(milliseconds=round(at * 1_000))


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _ended(stretch: Stretch) -> str:
    return "" if stretch.is_open else f", until {clock_text(moment(stretch.end))}"


def _rates(answers: Answers, signal: str, *labels: str) -> dict[tuple[str, ...], Series]:
    return {
        tuple(series.labels.get(label, "") for label in labels): series
        for series in answers.get(signal, ())
    }


def _events(stretch: Stretch, rate: Series | None) -> float:
    """How many failures the stretch's level stands for within one look-back of the rate."""
    if rate is None:
        return LEAST_EVENTS
    busiest = max((s.value for s in rate.between(stretch.start, stretch.end)), default=0.0)
    return stretch.level() * busiest * RATE_SECONDS


def _usual_share(series: Series, rate: Series | None, scope: Scope) -> float | None:
    """The share before. With traffic but no failure ever there is no series of it: that is 0."""
    known = usual(scope.before(series))
    if known is None and rate is not None and scope.before(rate):
        return 0.0
    return known


def _compared(before: float | None) -> str:
    return "nothing earlier to compare with" if before is None else f"usually {percent(before)}"


def _error_shares(answers: Answers, scope: Scope) -> Iterator[Finding]:
    rates = _rates(answers, "request_rate", scope.label)
    for series in answers.get("error_share", ()):
        rate = rates.get((series.labels.get(scope.label, ""),))
        before = _usual_share(series, rate, scope)
        stretch = _high_share(series, scope, ERROR_SHARE, before)
        if stretch is None or _events(stretch, rate) < LEAST_EVENTS:
            continue
        level = stretch.level()
        yield _finding(
            scope,
            series,
            stretch,
            signal="error_share",
            kind=FindingKind.ERRORS,
            words=f"{percent(level)} of requests fail ({_compared(before)})",
            value=level,
            before=before,
            unit="ratio",
        )


def _high_share(series: Series, scope: Scope, least: float, before: float | None) -> Stretch | None:
    threshold = max(least, TIMES_MORE * (before or 0.0))
    return scope.depart(series, lambda value: value >= threshold)


def _latencies(answers: Answers, scope: Scope) -> Iterator[Finding]:
    for series in answers.get("latency", ()):
        before = usual(scope.before(series))
        if before is None:
            continue
        threshold = max(LATENCY_TIMES * before, before + LATENCY_SECONDS)
        stretch = scope.depart(series, lambda value, least=threshold: value >= least)
        if stretch is None:
            continue
        level = stretch.level()
        words = f"95th percentile of latency {_lasting(level)} (usually {_lasting(before)})"
        yield _finding(
            scope,
            series,
            stretch,
            signal="latency",
            kind=FindingKind.LATENCY,
            words=words,
            value=level,
            before=before,
            unit="s",
        )


def _lasting(length: float) -> str:
    return f"{length:.1f} s" if length >= 1 else f"{length * 1000:.0f} ms"


def _traffic(answers: Answers, scope: Scope) -> Iterator[Finding]:
    for series in answers.get("request_rate", ()):
        before = usual(scope.before(series))
        if before is None or before * RATE_SECONDS < 10 * LEAST_EVENTS:
            continue
        stretch = scope.depart(series, lambda value, most=before * TRAFFIC_LEFT: value < most)
        if stretch is None:
            continue
        level = stretch.level(low=True)
        words = f"only {_amount(level)} requests a second (usually {_amount(before)})"
        yield _finding(
            scope,
            series,
            stretch,
            signal="request_rate",
            kind=FindingKind.TRAFFIC,
            words=words,
            value=level,
            before=before,
            unit="per_s",
        )


def _memory(answers: Answers, scope: Scope) -> Iterator[Finding]:
    for series in answers.get("memory", ()):
        stretch = scope.depart(series, lambda value: value >= SATURATED)
        if stretch is None:
            continue
        before = usual(scope.before(series))
        level = stretch.level()
        yield _finding(
            scope,
            series,
            stretch,
            signal="memory",
            kind=FindingKind.SATURATION,
            words=f"memory at {percent(level)} of its limit ({_compared(before)})",
            value=level,
            before=before,
            unit="ratio",
        )


def _limits(answers: Answers, scope: Scope) -> Iterator[Finding]:
    for series in answers.get("memory_limit", ()):
        for step in level_changes(series.samples)[-3:]:
            yield _limit(scope, series, step)


def _limit(scope: Scope, series: Series, step: Step) -> Finding:
    service = scope.service(series)
    verb = "lowered" if step.after < step.before else "raised"
    words = f"memory limit {verb} from {step.before / MIB:,.0f} to {step.after / MIB:,.0f} MiB"
    return Finding(
        at=moment(step.at),
        kind=FindingKind.LIMIT,
        service=service,
        summary=f"{service}: {words}",
        value=step.after,
        before=step.before,
        unit="bytes",
        link=scope.link("memory_limit", series.labels.get(scope.label, "")),
        fold_key=f"limit:{service}:{step.after:.0f}",
    )


def _restarts(answers: Answers, scope: Scope) -> Iterator[Finding]:
    for series in answers.get("restarts", ()):
        before = max((sample.value for sample in scope.before(series)), default=0.0)
        # `increase` extrapolates: one restart reads as a little more or less than 1.
        stretch = scope.depart(series, lambda value, least=before + 0.5: value >= least)
        if stretch is None:
            continue
        level = max(round(stretch.level()), 1)
        times = "once" if level == 1 else f"{level} times"
        yield _finding(
            scope,
            series,
            stretch,
            signal="restarts",
            kind=FindingKind.RESTARTS,
            words=f"containers restarted {times} within ten minutes (before: {round(before)})",
            value=float(level),
            before=float(round(before)),
            unit="count",
        )


def _unanswered(answers: Answers, scope: Scope) -> Iterator[Finding]:
    rates = _rates(answers, "calls", scope.label, "peer")
    for series in answers.get("unanswered", ()):
        peer = series.labels.get("peer", "")
        rate = rates.get((series.labels.get(scope.label, ""), peer))
        before = _usual_share(series, rate, scope)
        stretch = _high_share(series, scope, UNANSWERED_SHARE, before)
        if stretch is None or _events(stretch, rate) < LEAST_EVENTS:
            continue
        caller, callee = scope.service(series), scope.names.get(peer, inert(peer, 80))
        share = percent(stretch.level())
        words = f"{share} of calls from {caller} fail or stay unanswered ({_compared(before)})"
        # The finding is about the callee, which does not answer; the caller only noticed.
        yield Finding(
            at=moment(stretch.start),
            kind=FindingKind.UNANSWERED,
            service=callee,
            summary=f"{callee}: {words}{_ended(stretch)}",
            value=stretch.level(),
            before=before,
            unit="ratio",
            link=scope.link("unanswered", series.labels.get(scope.label, "")),
            fold_key=f"unanswered:{caller}>{callee}",
            peer=caller,
        )


def _finding(
    scope: Scope,
    series: Series,
    stretch: Stretch,
    *,
    signal: str,
    kind: FindingKind,
    words: str,
    value: float,
    before: float | None,
    unit: str,
) -> Finding:
    service = scope.service(series)
    return Finding(
        at=moment(stretch.start),
        kind=kind,
        service=service,
        summary=f"{service}: {words}{_ended(stretch)}",
        value=value,
        before=before,
        unit=unit,
        link=scope.link(signal, series.labels.get(scope.label, "")),
        fold_key=f"{signal}:{service}",
    )
