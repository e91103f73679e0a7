"""Searches Tempo for failing traces, reads a few of them, and tells whether traces arrive."""

from __future__ import annotations

import math
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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
from opsbot.core.series import Exhibit
from opsbot.core.text import count
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._look_up import LookUp, names_in, reported, shown
from opsbot.integrations._query_text import any_of, link, window_values
from opsbot.integrations.tempo.choice import (
    Read,
    alike,
    chosen_traces,
    failing_hits,
    queries_for,
)
from opsbot.integrations.tempo.ends import Ends, compared, ends_of, telling
from opsbot.integrations.tempo.failing_path import failure_in
from opsbot.integrations.tempo.spans import Hit, Span, read_hits, read_trace
from opsbot.integrations.tempo.waterfall import waterfall_of
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

    async def exhibits(self, ask: EvidenceAsk) -> tuple[Exhibit, ...]:
        """One failing request, of the kind the findings speak of, or else the slowest one found;
        nothing on trouble, and never later than the deadline."""
        look_up = LookUp(
            source=self.name, kind=self.kind, ask=ask, clock=self.clock, deadline=self.deadline
        )
        return await shown(look_up, self._show)

    async def _show(self, look_up: LookUp) -> tuple[Exhibit, ...]:
        names = names_in(self.name, look_up.ask)
        if not names or look_up.ask.quantities:  # a quantity is what is wanted, and no request
            return ()
        slow = f'{{ resource.service.name =~ "{any_of([next(iter(names))])}" }}'
        searches = self._failing(look_up.ask, names)
        searches["any traces"] = self._search(slow, look_up.ask.window)
        found = await look_up.parts(searches)
        told, _ = self._told(look_up.ask, found, names)
        read = alike(await self._read(look_up, told, names))
        if read:
            hit, spans, _ = max(read, key=len)[0]
        elif found.get("any traces"):
            hit = max(found["any traces"], key=lambda one: (one.seconds, one.trace_id))
            spans = (await look_up.parts({"trace": self._trace(look_up, hit)})).get("trace", [])
        else:
            return ()
        link = self._link(look_up.ask, query=hit.trace_id, trace_id=hit.trace_id)
        waterfall = waterfall_of(spans, names, trace_id=hit.trace_id, link=link)
        return (waterfall,) if waterfall else ()

    async def _look(self, look_up: LookUp) -> SourceReport:
        names = names_in(self.name, look_up.ask)
        if not names:
            return look_up.unreachable("no service was asked for")
        ask = look_up.ask
        failing, calls = queries_for(names)
        look_up.queries += [failing, calls]
        end = min(ask.window.end, self.clock.now())
        recent = Window(start=shifted(end, -FRESH), end=end)
        searches = self._failing(ask, names)
        searches["newest traces"] = self._search("{}", recent, _FEW)
        found = await look_up.parts(searches)
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
        told, compared_with = self._told(look_up.ask, found, names)
        if compared_with is None:
            return [], ""
        now, before = compared_with
        if now.is_full:
            look_up.cut_off.append(f"a search stopped at {self.search_limit} failing traces")
        read = await self._read(look_up, told, names)
        findings = [self._finding(look_up.ask, one, now, before, len(read)) for one in alike(read)]
        failing = {hit.trace_id for hit in failing_hits(found)}
        quiet = count(len(failing), "failing trace")
        reason = f"{quiet} found, not clearly more than before" if failing and not told else ""
        return findings, reason

    def _told(
        self, ask: EvidenceAsk, found: Mapping[str, Sequence[Hit]], names: Mapping[str, str]
    ) -> tuple[list[Hit], tuple[Ends, Ends | None] | None]:
        """The failing traces that end where clearly more do than before, and both counts."""
        now = self._ends(ask.window, found, names, "")
        before = None
        if now is None:
            return [], None
        if {"earlier failing traces", "earlier failing calls"} <= found.keys():
            before = self._ends(ask.before, found, names, "earlier ")
        told = telling(now, before)
        hits = {hit.trace_id: hit for end in told for hit in now.traces[end]}
        if not hits and not now.traces:  # nothing says where they end: read some all the same
            hits = {hit.trace_id: hit for hit in failing_hits(found)}
        return list(hits.values()), (now, before)

    def _failing(
        self, ask: EvidenceAsk, names: Mapping[str, str]
    ) -> dict[str, Coroutine[Any, Any, list[Hit]]]:
        """The searches for what fails, now and before."""
        failing, calls = queries_for(names)
        return {
            "failing traces": self._search(failing, ask.window),
            "failing calls": self._search(calls, ask.window),
            "earlier failing traces": self._search(failing, ask.before),
            "earlier failing calls": self._search(calls, ask.before),
        }

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
    ) -> list[Read]:
        chosen = chosen_traces(hits, next(iter(names)), self.traces_read)
        answers = await look_up.parts(
            {f"trace {hit.trace_id}": self._trace(look_up, hit) for hit in chosen}
        )
        read = [(hit, answers.get(f"trace {hit.trace_id}", [])) for hit in chosen]
        return [
            (hit, spans, failure)
            for hit, spans in read
            if (failure := failure_in(spans, names)) is not None
        ]

    async def _trace(self, look_up: LookUp, hit: Hit) -> list[Span]:
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
        return spans

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
        alike: Sequence[Read],
        now: Ends,
        before: Ends | None,
        read: int,
    ) -> Finding:
        hit, _, failure = alike[0]
        words = [failure.sentence]
        if read > 1:
            words.append(f"the same in {len(alike)} of {read} failing traces read")
        counted = now.count(failure.service)
        if counted:
            words.append(compared(failure.service, now, before))
        return Finding(
            at=now.first_at(failure.service) or min(one.at for *_, one in alike),
            kind=FindingKind.FAILING_TRACE,
            service=failure.service,
            summary="; ".join(words),
            value=float(counted or len(alike)),
            before=float(before.count(failure.service)) if before is not None else None,
            unit="count",
            link=self._link(ask, query=hit.trace_id, trace_id=hit.trace_id),
            fold_key=f"trace:{'>'.join(failure.path)}",
            peer=failure.path[-2] if len(failure.path) > 1 else "",
        )

    def _link(self, ask: EvidenceAsk, *, query: str, trace_id: str = "") -> str:
        if not self.link_template:
            return ""
        values = {"query": query, "trace_id": trace_id, "service": next(iter(ask.services), "")}
        return link(self.link_template, values | window_values(ask.window.start, ask.window.end))


def _all(found: Mapping[str, Sequence[Hit]]) -> list[Hit]:
    return [hit for hits in found.values() for hit in hits]


def _newest(hits: Iterable[Hit]) -> datetime | None:
    return max((hit.start for hit in hits), default=None)
