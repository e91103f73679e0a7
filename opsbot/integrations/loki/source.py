"""Asks Loki first whether logs arrive, then for the error lines of the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opsbot.core.evidence import EvidenceAsk, EvidenceKind, Gap, Health, SourceReport, Window
from opsbot.core.moment import clock_text
from opsbot.core.text import count, inert, listed
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._foreign_json import items, text
from opsbot.integrations._look_up import LookUp, names_in, reported
from opsbot.integrations._query_text import any_of, in_quotes, link, window_values
from opsbot.integrations.loki.lines import Line, from_ns, read_counts, read_lines, to_ns
from opsbot.integrations.loki.onset import MINUTE, onsets
from opsbot.integrations.loki.patterns import Stretch, pattern_findings
from opsbot.integrations.loki.silence import (
    BUCKET,
    Habit,
    aligned,
    gap_of,
    habit,
    in_hours,
    since_text,
)
from opsbot.ports import Clock

NEAR_HORIZON = timedelta(hours=3)
"""Counted as well, in case the whole horizon is more than the server will read."""

_SILENT = frozenset({Health.STALE, Health.SPARSE})


@dataclass(slots=True)
class _Fetched:
    """Lines as they come in, page by page, so that a late page does not lose the earlier ones."""

    window: Window
    lines: dict[Line, None] = field(default_factory=dict[Line, None])
    complete: bool = False
    reaches_back_to: datetime | None = None
    onsets: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def add(self, page: Sequence[Line]) -> int:
        """Take a page and say how many of its lines were new."""
        known = len(self.lines)
        self.lines.update(dict.fromkeys(page))
        return len(self.lines) - known

    def stretch(self) -> Stretch:
        reached = self.window.start if self.complete else self.reaches_back_to
        covered = self.window.end - (reached or self.window.end)
        return Stretch(
            window=self.window,
            lines=list(self.lines),
            covered=covered,
            complete=self.complete,
            onsets=self.onsets,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LokiSource:
    """Logs: silence against each service's habit, and new or multiplied error lines."""

    backend: Backend
    clock: Clock
    service_label: str
    error_pattern: str
    line_limit: int
    max_pages: int
    deadline: float
    link_template: str

    @property
    def name(self) -> str:
        return "loki"

    @property
    def kind(self) -> EvidenceKind:
        return EvidenceKind.LOGS

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """What the logs say and where they are silent; never raises, keeps its deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await reported(look_up, self._look)

    async def _look(self, look_up: LookUp) -> SourceReport:
        names = names_in(self.name, look_up.ask)
        if not names:
            return look_up.unreachable("no service was asked for")
        selector = f'{{{self.service_label}=~"{any_of(names)}"}}'
        by = f"sum by ({self.service_label})"
        counts = f"{by} (count_over_time({selector}[5m]))"
        errors = f'{selector} |~ "{in_quotes(self.error_pattern)}"'
        error_counts = f"{by} (count_over_time({errors} [1m]))"
        look_up.queries += [counts, errors]
        window, before = _Fetched(look_up.ask.window), _Fetched(look_up.ask.before)
        far, near = look_up.ask.horizon, min(NEAR_HORIZON, look_up.ask.horizon)
        answers = await look_up.parts(
            {
                "line counts": self._habits(look_up, counts, names, far),
                "recent line counts": self._habits(look_up, counts, names, near),
                "error lines": self._fetch_errors(look_up, errors, error_counts, window),
                "earlier error lines": self._newest_pages(look_up, errors, before),
            }
        )
        if not answers and not window.lines:
            return look_up.unreachable()
        habits = answers.get("line counts") or answers.get("recent line counts") or []
        gaps, newest_at = await self._silences(look_up, habits)
        compared = before if before.complete or before.lines else None
        return self._report(look_up, errors, habits, gaps, newest_at, window, compared)

    async def _habits(
        self, look_up: LookUp, query: str, names: Mapping[str, str], back: timedelta
    ) -> list[Habit]:
        start, end = aligned(min(look_up.ask.window.end, self.clock.now()), back)
        counts = await self._counts(look_up, query, Window(start=start, end=end), BUCKET)
        return [
            habit(service, counts.get(known, {}), end=end, looked_back=end - start)
            for known, service in names.items()
        ]

    async def _counts(
        self, look_up: LookUp, query: str, window: Window, step: timedelta
    ) -> dict[str, dict[int, float]]:
        params = [
            ("query", query),
            ("start", str(to_ns(window.start))),
            ("end", str(to_ns(window.end))),
            ("step", f"{step.total_seconds():.0f}s"),
        ]
        body = await self.backend.query("/loki/api/v1/query_range", params, timeout=self.deadline)
        look_up.warnings += [text(warning) for warning in items(body.get("warnings"))]
        return read_counts(body, self.service_label)

    async def _fetch_errors(
        self, look_up: LookUp, query: str, counts: str, into: _Fetched
    ) -> list[Habit]:
        """Fetch the newest error lines, and when they are too many those it began with."""
        await self._newest_pages(look_up, query, into)
        if into.complete:
            return []
        shown, until = count(len(into.lines), "error line"), clock_text(into.window.end)
        look_up.cut_off.append(f"only the newest {shown} up to {until}")
        ask = look_up.ask
        back = ask.window.end - min(ask.before.start, ask.window.start)
        start, end = aligned(ask.window.end, back, MINUTE)
        seen = Window(start=start, end=end)
        look_up.queries.append(counts)
        by_minute = await self._counts(look_up, counts, seen, MINUTE)
        into.onsets = onsets(by_minute, before=ask.before, window=ask.window)
        first = min(into.onsets.values(), default=ask.window.start)
        since, until_ns = to_ns(max(first, ask.window.start)), to_ns(ask.window.end) + 1
        into.add(await self._lines(look_up, query, since, until_ns, self.line_limit, "forward"))
        return []

    async def _newest_pages(self, look_up: LookUp, query: str, into: _Fetched) -> list[Habit]:
        """Fetch lines backwards in time, page after page, into `into`.

        Loki has no page token, and many lines may share a nanosecond: each page overlaps the one
        before by one, and known lines are dropped.
        """
        start, end = to_ns(into.window.start), to_ns(into.window.end) + 1
        for _ in range(self.max_pages):
            page = await self._lines(look_up, query, start, end, self.line_limit)
            new = into.add(page)
            if len(page) < self.line_limit:
                into.complete = True
                break
            into.reaches_back_to = page[-1].at
            if not new or page[-1].at_ns + 1 >= end:
                break
            end = page[-1].at_ns + 1
        return []

    async def _lines(
        self,
        look_up: LookUp,
        query: str,
        start: int,
        end: int,
        limit: int,
        direction: str = "backward",
    ) -> list[Line]:
        params = [
            ("query", query),
            ("start", str(start)),
            ("end", str(end)),  # exclusive
            ("limit", str(limit)),
            ("direction", direction),
        ]
        body = await self.backend.query("/loki/api/v1/query_range", params, timeout=self.deadline)
        look_up.warnings += [text(warning) for warning in items(body.get("warnings"))]
        return read_lines(body, self.service_label)

    async def _silences(
        self, look_up: LookUp, habits: Sequence[Habit]
    ) -> tuple[list[Gap], datetime | None]:
        """The services whose logs do not arrive as usual, and the newest line of all."""
        names = {service: known for known, service in names_in(self.name, look_up.ask).items()}
        exact = await look_up.parts(
            {
                f"newest line of {inert(one.service, 80)}": self._newest(look_up, one, names)
                for one in habits
                if one.may_be_silent()
            }
        )
        newest = dict(exact.values())
        gaps = [gap for one in habits if (gap := gap_of(one, newest.get(one.service))) is not None]
        ends = [newest.get(one.service) or one.newest_end for one in habits]
        return gaps, max((end for end in ends if end is not None), default=None)

    async def _newest(
        self, look_up: LookUp, known: Habit, names: Mapping[str, str]
    ) -> tuple[str, datetime]:
        if known.newest_end is None:
            raise LookUpFailed("there is none")
        selector = f'{{{self.service_label}="{in_quotes(names[known.service])}"}}'
        start, end = to_ns(known.newest_end - BUCKET), to_ns(known.newest_end) + 1
        lines = await self._lines(look_up, selector, start, end, 1)
        return known.service, from_ns(lines[0].at_ns) if lines else known.newest_end

    def _report(
        self,
        look_up: LookUp,
        query: str,
        habits: Sequence[Habit],
        gaps: Sequence[Gap],
        newest_at: datetime | None,
        window: _Fetched,
        before: _Fetched | None,
    ) -> SourceReport:
        deep_link = self._link(look_up.ask, query)
        stretch = before.stretch() if before is not None else None
        names = names_in(self.name, look_up.ask)
        found, left_out = pattern_findings(window.stretch(), stretch, names, deep_link)
        if left_out:
            look_up.cut_off.append(f"{count(left_out, 'more pattern')} of error lines")
        if "line counts" in look_up.failures and habits:
            back = in_hours(habits[0].looked_back)
            look_up.cut_off.append(f"whether logs arrive is told from the last {back} only")
        health, reason = _health(habits, gaps)
        return look_up.report(
            health=health,
            findings=found,
            gaps=gaps,
            newest_at=newest_at or max((line.at for line in window.lines), default=None),
            reason=reason,
            link=deep_link,
        )

    def _link(self, ask: EvidenceAsk, query: str) -> str:
        values = {"query": query, "service": ask.services[0] if ask.services else ""}
        window = window_values(ask.window.start, ask.window.end)
        return link(self.link_template, values | window) if self.link_template else ""


def _health(habits: Sequence[Habit], gaps: Sequence[Gap]) -> tuple[Health, str]:
    """The worst of the services when half of them or more are silent, else fresh with gaps."""
    if not gaps:
        return Health.FRESH, ""
    since = min((gap.since for gap in gaps if gap.since is not None), default=None)
    services = listed(tuple(inert(gap.service, 80) for gap in gaps))
    when = f" since {since_text(since, habits[0].end)}" if since is not None else ""
    words = f"logs of {count(len(gaps), 'service')} of {len(habits)} silent{when}: {services}"
    if 2 * len(gaps) < len(habits):
        return Health.FRESH, words
    stale = any(gap.health is Health.STALE for gap in gaps)
    return Health.STALE if stale else Health.SPARSE, words
