"""Searches Tempo for failing traces, reads a few of them, and tells whether traces arrive."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from opsbot.core.evidence import (
    EvidenceAsk,
    EvidenceKind,
    Finding,
    FindingKind,
    Health,
    SourceReport,
    Window,
)
from opsbot.core.moment import clock_text, lasting, shifted, to_micros
from opsbot.core.text import count
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._look_up import LookUp, names_in, reported
from opsbot.integrations._query_text import any_of, link, window_values
from opsbot.integrations.tempo.ends import Ends, compared, ends_of, telling
from opsbot.integrations.tempo.failing_path import Failure, failure_in
from opsbot.integrations.tempo.spans import Hit, read_hits, read_trace
from opsbot.ports import Clock

FRESH = timedelta(minutes=5)
"""Traces take a while to be searchable; within this time the newest one is fresh."""

_WIDER = (timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
_SPANS_PER_SET = 10
_FEW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoSource:
    """Traces: the failing ones of the window, and the deepest failure on their path."""

    backend: Backend
    clock: Clock
    search_limit: int
    traces_read: int
    deadline: float
    link_template: str

    @property
    def name(self) -> str:
        return "tempo"

    @property
    def kind(self) -> EvidenceKind:
        return EvidenceKind.TRACES

    async def collect(self, ask: EvidenceAsk) -> SourceReport:
        """What fails and where; never raises, never exceeds its deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await reported(look_up, self._look)

    async def _look(self, look_up: LookUp) -> SourceReport:
        names = names_in(self.name, look_up.ask)
        if not names:
            return look_up.unreachable("no service was asked for")
        ask = look_up.ask
        condition = f'resource.service.name =~ "{any_of(names)}" && status = error'
        failing = f"{{ {condition} }}"
        # Tempo repeats on each span only the attributes a query speaks of.
        calls = f'{{ {condition} && kind = client && span.peer.service != "" }}'
        look_up.queries += [failing, calls]
        end = min(ask.window.end, self.clock.now())
        found = await look_up.parts(
            {
                "failing traces": self._search(failing, ask.window),
                "failing calls": self._search(calls, ask.window),
                "earlier failing traces": self._search(failing, ask.before),
                "earlier failing calls": self._search(calls, ask.before),
                "newest traces": self._search(
                    "{}", Window(start=shifted(end, -FRESH), end=end), _FEW
                ),
            }
        )
        if not found:
            return look_up.unreachable()
        findings, reason = await self._findings(look_up, found, names)
        health, newest, stale = await self._freshness(look_up, found, end)
        return look_up.report(
            health=health,
            findings=findings,
            newest_at=newest,
            reason="; ".join(words for words in (stale, reason) if words),
            link=self._link(ask, query=failing),
        )

    async def _findings(
        self, look_up: LookUp, found: Mapping[str, Sequence[Hit]], names: Mapping[str, str]
    ) -> tuple[list[Finding], str]:
        """The failing traces that tell something, and a word about those that do not."""
        now = self._ends(look_up.ask.window, found, names, "")
        before = None
        if now is None:
            return [], ""
        if {"earlier failing traces", "earlier failing calls"} <= found.keys():
            before = self._ends(look_up.ask.before, found, names, "earlier ")
        if now.is_full:
            look_up.cut_off.append(f"a search stopped at {self.search_limit} failing traces")
        told = telling(now, before)
        hits = {hit.trace_id: hit for end in told for hit in now.traces[end]}
        failing = [*found.get("failing traces", ()), *found.get("failing calls", ())]
        if not hits and not now.traces:  # nothing says where they end: read some all the same
            hits = {hit.trace_id: hit for hit in failing}
        read = await self._read(look_up, list(hits.values()), names)
        findings = [
            self._finding(look_up.ask, alike, now, before, len(read)) for alike in _alike(read)
        ]
        quiet = count(len({hit.trace_id for hit in failing}), "failing trace")
        reason = f"{quiet} found, not clearly more than before" if failing and not hits else ""
        return findings, reason

    def _ends(
        self,
        window: Window,
        found: Mapping[str, Sequence[Hit]],
        names: Mapping[str, str],
        when: str,
    ) -> Ends | None:
        failing, calls = f"{when}failing traces", f"{when}failing calls"
        if failing not in found and calls not in found:
            return None
        return ends_of(
            found.get(failing, ()),
            found.get(calls, ()),
            names,
            window=window,
            limit=self.search_limit,
        )

    async def _search(self, query: str, window: Window, limit: int = 0) -> list[Hit]:
        params = [
            ("q", query),
            ("start", str(to_micros(window.start) // 1_000_000)),
            ("end", str(math.ceil(to_micros(window.end) / 1_000_000))),
            ("limit", str(limit or self.search_limit)),
            ("spss", str(_SPANS_PER_SET)),
        ]
        return read_hits(await self.backend.get("/api/search", params, timeout=self.deadline))

    async def _read(
        self, look_up: LookUp, hits: Sequence[Hit], names: Mapping[str, str]
    ) -> list[tuple[Hit, Failure]]:
        chosen = chosen_traces(hits, next(iter(names)), self.traces_read)
        answers = await look_up.parts(
            {f"trace {hit.trace_id}": self._failure(look_up, hit, names) for hit in chosen}
        )
        return [
            (hit, failure)
            for hit in chosen
            if (failure := answers.get(f"trace {hit.trace_id}")) is not None
        ]

    async def _failure(self, look_up: LookUp, hit: Hit, names: Mapping[str, str]) -> Failure | None:
        window = look_up.ask.window
        # A wrong from-to hides a trace that exists, so it is asked for with room on both sides.
        params = [
            ("start", str(to_micros(shifted(window.start, -timedelta(hours=1))) // 1_000_000)),
            ("end", str(to_micros(shifted(window.end, timedelta(hours=1))) // 1_000_000)),
        ]
        try:
            path = f"/api/v2/traces/{hit.trace_id}"
            body = await self.backend.get(path, params, timeout=self.deadline)
        except LookUpFailed as failed:
            if failed.status != 404:
                raise
            # Either a Tempo without v2, or a trace that is not flushed yet.
            path = f"/api/traces/{hit.trace_id}"
            body = await self.backend.get(path, params, timeout=self.deadline)
        spans, partial = read_trace(body)
        if partial:
            look_up.warnings.append(f"trace {hit.trace_id} is partial ({partial})")
        return failure_in(spans, names)

    async def _freshness(
        self, look_up: LookUp, found: Mapping[str, Sequence[Hit]], end: datetime
    ) -> tuple[Health, datetime | None, str]:
        """Whether traces arrive at all. A search finds some traces, not the newest ones, so the
        look back widens step by step until there is one."""
        newest = _newest(hit for hits in found.values() for hit in hits)
        if found.get("newest traces") or "newest traces" not in found:
            return Health.FRESH, newest, ""
        backs = [*(back for back in _WIDER if back < look_up.ask.horizon), look_up.ask.horizon]
        wider = await look_up.parts(
            {
                f"traces of the last {lasting(back)}": self._search(
                    "{}", Window(start=shifted(end, -back), end=end), _FEW
                )
                for back in backs
            }
        )
        seen = _newest([*(hit for hits in wider.values() for hit in hits), *_all(found)])
        if seen is None and not wider:
            return Health.FRESH, None, "how new the traces are is not known"
        if seen is None:
            return Health.SPARSE, None, f"no trace at all in the last {lasting(backs[-1])}"
        if end - seen <= FRESH:
            return Health.FRESH, seen, ""
        return Health.STALE, seen, f"no trace since {clock_text(seen)}"

    def _finding(
        self,
        ask: EvidenceAsk,
        alike: Sequence[tuple[Hit, Failure]],
        now: Ends,
        before: Ends | None,
        read: int,
    ) -> Finding:
        hit, failure = alike[0]
        words = [failure.sentence]
        if read > 1:
            words.append(f"the same in {len(alike)} of {read} failing traces read")
        counted = now.count(failure.service)
        if counted:
            words.append(compared(failure.service, now, before))
        return Finding(
            at=now.first_at(failure.service) or min(one.at for _, one in alike),
            kind=FindingKind.FAILING_TRACE,
            service=failure.service,
            summary="; ".join(words),
            value=float(counted or len(alike)),
            before=float(before.count(failure.service)) if before is not None else None,
            unit="count",
            link=self._link(ask, query=hit.trace_id, trace_id=hit.trace_id),
            fold_key=f"trace:{'>'.join(failure.path)}",
        )

    def _link(self, ask: EvidenceAsk, *, query: str, trace_id: str = "") -> str:
        if not self.link_template:
            return ""
        values = {"query": query, "trace_id": trace_id, "service": next(iter(ask.services), "")}
        return link(self.link_template, values | window_values(ask.window.start, ask.window.end))


def chosen_traces(hits: Sequence[Hit], first_service: str, most: int) -> list[Hit]:
    """A few traces that differ: those through the paged service first, one of each kind of
    request before a second one."""
    newest_first = sorted(hits, key=lambda hit: hit.start, reverse=True)
    ranked = sorted(newest_first, key=lambda hit: first_service not in hit.services)
    turns: Counter[tuple[str, str]] = Counter()
    order: list[tuple[int, Hit]] = []
    for hit in ranked:
        order.append((turns[hit.root], hit))
        turns[hit.root] += 1
    return [hit for _, hit in sorted(order, key=lambda turn: turn[0])][:most]


def _alike(
    failures: Sequence[tuple[Hit, Failure]],
) -> list[list[tuple[Hit, Failure]]]:
    """Traces that fail the same way, as one."""

    def way(one: tuple[Hit, Failure]) -> tuple[str, ...]:
        return (*one[1].path, str(one[1].unanswered))

    return [list(group) for _, group in groupby(sorted(failures, key=way), key=way)]


def _all(found: Mapping[str, Sequence[Hit]]) -> list[Hit]:
    return [hit for hits in found.values() for hit in hits]


def _newest(hits: Iterable[Hit]) -> datetime | None:
    return max((hit.start for hit in hits), default=None)
