"""Asks Prometheus about all services of an incident at once and reports what departs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from opsbot.core.evidence import EvidenceAsk, EvidenceKind, Gap, Health, SourceReport
from opsbot.core.moment import clock_text
from opsbot.core.series import Exhibit
from opsbot.core.text import count, inert, listed
from opsbot.integrations._backend import Backend
from opsbot.integrations._foreign_json import items, text
from opsbot.integrations._look_up import LookUp, names_in, reported, shown
from opsbot.integrations._query_text import link, window_values
from opsbot.integrations.prometheus.collectors import collector_findings
from opsbot.integrations.prometheus.exhibits import (
    MOST_DRAWN,
    MOST_SUBJECTS,
    drawn_series,
    signals_of,
)
from opsbot.integrations.prometheus.findings import Scope, findings, moment, seconds
from opsbot.integrations.prometheus.queries import Queries
from opsbot.integrations.prometheus.series import Series, read_matrix
from opsbot.ports import Clock

MOST_POINTS = 1_000  # Prometheus refuses more than 11,000 a series; a graph needs far fewer
FRESH = timedelta(minutes=2)
FRESH_STEPS = 4
_NAMES = {"error_share": "error share", "request_rate": "request rate", "latency": "latency"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusSource:
    """Metrics: one range query per signal for all services, compared with just before."""

    backend: Backend
    clock: Clock
    queries: Queries
    service_label: str
    min_step: int
    deadline: float
    link_template: str

    @property
    def name(self) -> str:
        return "prometheus"

    @property
    def kind(self) -> EvidenceKind:
        return EvidenceKind.METRICS

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """What departs from the usual in the window; never raises, never exceeds its deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await reported(look_up, self._look)

    async def exhibits(self, ask: EvidenceAsk) -> tuple[Exhibit, ...]:
        """The series behind the page: of the first services asked for, one range query for each
        quantity; nothing on trouble, and never later than the deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await shown(look_up, self._show)

    async def _show(self, look_up: LookUp) -> tuple[Exhibit, ...]:
        names = dict(list(names_in(self.name, look_up.ask).items())[:MOST_SUBJECTS])
        written = self.queries.written(label=self.service_label, names=names)
        signals = signals_of(look_up.ask.quantities)
        queries = {signal: written[signal] for signal in signals if signal in written}
        window = look_up.ask.window
        step = max(self.min_step, math.ceil(window.length.total_seconds() / (MOST_DRAWN - 2)))
        answers = await look_up.parts(
            {
                signal: self._matrix(look_up, query, window.start, float(step))
                for signal, query in queries.items()
            }
        )
        return drawn_series(answers, label=self.service_label, names=names)

    async def _look(self, look_up: LookUp) -> SourceReport:
        ask = look_up.ask
        names = names_in(self.name, ask)
        queries = self.queries.written(label=self.service_label, names=names)
        look_up.queries += queries.values()
        step = self._step(ask.window.end - min(ask.before.start, ask.window.start))
        answers = await look_up.parts(
            {
                _NAMES.get(signal, signal.replace("_", " ")): self._series(look_up, signal, query)
                for signal, query in queries.items()
            }
        )
        if not answers:
            return look_up.unreachable()
        series = dict(answers.values())
        scope = Scope(
            ask=ask,
            step=step,
            label=self.service_label,
            names=names,
            link=lambda signal, name: self._link(ask, signal, name),
        )
        return self._report(look_up, series, scope)

    def _step(self, span: timedelta) -> float:
        return float(max(self.min_step, math.ceil(span.total_seconds() / MOST_POINTS)))

    def _range(self, ask: EvidenceAsk, signal: str) -> tuple[datetime, float]:
        """From when and how finely a signal is asked for: collectors over the whole horizon."""
        start = min(ask.before.start, ask.window.start)
        if signal == "collectors":
            start = min(start, ask.window.end - ask.horizon)
        return start, self._step(ask.window.end - start)

    async def _series(
        self, look_up: LookUp, signal: str, query: str
    ) -> tuple[str, tuple[Series, ...]]:
        start, step = self._range(look_up.ask, signal)
        return signal, await self._matrix(look_up, query, start, step)

    async def _matrix(
        self, look_up: LookUp, query: str, start: datetime, step: float
    ) -> tuple[Series, ...]:
        # Evaluation times that are multiples of the step are the same for every incident, so
        # that caches in front of Prometheus can answer.
        first = math.floor(seconds(start) / step) * step
        params = [
            ("query", query),
            ("start", f"{first:.3f}"),
            ("end", f"{seconds(look_up.ask.window.end):.3f}"),
            ("step", f"{step:g}"),
        ]
        body = await self.backend.query("/api/v1/query_range", params, timeout=self.deadline)
        look_up.warnings += [text(warning) for warning in items(body.get("warnings"))]
        return read_matrix(body)

    def _report(
        self, look_up: LookUp, series: Mapping[str, Sequence[Series]], scope: Scope
    ) -> SourceReport:
        collectors = series.get("collectors", ())
        _, coarse = self._range(scope.ask, "collectors")
        found = [*findings(series, scope), *collector_findings(collectors, scope, coarse)]
        newest = newest_by_service(series, scope)
        gaps = self._gaps(newest, scope)
        health, reason = self._health(newest, gaps, scope)
        return look_up.report(
            health=health,
            findings=found,
            gaps=gaps,
            newest_at=max((at for at in newest.values() if at is not None), default=None),
            reason=reason,
            link=self._link(scope.ask, "error_share", *scope.names),
        )

    def _gaps(self, newest: Mapping[str, datetime | None], scope: Scope) -> list[Gap]:
        bound = max(FRESH, timedelta(seconds=FRESH_STEPS * scope.step))
        end = min(scope.ask.window.end, self.clock.now())
        gaps: list[Gap] = []
        for service, at in newest.items():
            if at is None:
                reason = f'no metrics with {self.service_label}="{inert(service, 80)}"'
                gap = Gap(service=service, health=Health.SPARSE, since=None, reason=reason)
            elif end - at > bound:
                reason = f"no sample since {clock_text(at)}"
                gap = Gap(service=service, health=Health.STALE, since=at, reason=reason)
            else:
                continue
            gaps.append(gap)
        return gaps

    def _health(
        self, newest: Mapping[str, datetime | None], gaps: Sequence[Gap], scope: Scope
    ) -> tuple[Health, str]:
        if not newest or len(gaps) < len(newest):
            return Health.FRESH, _gap_words(gaps)
        if all(gap.health is Health.SPARSE for gap in gaps):
            asked = listed(tuple(scope.names))
            return Health.SPARSE, (
                f"Prometheus answers but has no metrics of {inert(asked, 120)};"
                f" check service_label ({self.service_label}) and the queries"
            )
        last = max(at for at in newest.values() if at is not None)
        return Health.STALE, f"no sample of any service since {clock_text(last)}"

    def _link(self, ask: EvidenceAsk, signal: str, *names: str) -> str:
        query = self.queries.written(label=self.service_label, names=names).get(signal, "")
        start, _ = self._range(ask, signal)
        if self.link_template:
            values = {"query": query, "service": names[0] if names else ""}
            return link(self.link_template, values | window_values(start, ask.window.end))
        span = math.ceil((ask.window.end - start).total_seconds())
        end = quote(f"{ask.window.end:%Y-%m-%d %H:%M:%S}")
        graph = f"{self.backend.url}/graph?g0.expr={{query}}&g0.tab=0"
        return link(f"{graph}&g0.range_input={span}s&g0.end_input={end}", {"query": query})


def newest_by_service(
    series: Mapping[str, Sequence[Series]], scope: Scope
) -> dict[str, datetime | None]:
    """The newest sample of each service asked for, in any signal; None when there is none."""
    newest: dict[str, datetime | None] = dict.fromkeys(scope.names.values())
    for signal, found in series.items():
        for one in found if signal != "collectors" else ():
            service = scope.names.get(one.labels.get(scope.label, ""))
            if service is None or not one.samples:
                continue
            at, known = moment(one.samples[-1].at), newest[service]
            newest[service] = at if known is None else max(at, known)
    return newest


def _gap_words(gaps: Sequence[Gap]) -> str:
    if not gaps:
        return ""
    services = tuple(inert(gap.service, 80) for gap in gaps)
    return f"{count(len(gaps), 'service')} without current metrics: {listed(services)}"
