"""One number of Prometheus, now: what a runbook's verification watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from opsbot.core.runbook.rendered import RenderedCheck
from opsbot.core.text import inert, listed
from opsbot.integrations._backend import Backend, LookUpFailed
from opsbot.integrations._foreign_json import items, mapping, number, objects
from opsbot.integrations.prometheus.queries import Queries
from opsbot.integrations.prometheus.series import read_matrix
from opsbot.ports import Done, Outcome, Refused

AGAIN = timedelta(seconds=10)
_PASSING = frozenset({0, 408, 429})  # that another try may not meet; so may all from 500 on
_FAILURES, _REQUESTS = "error_share", "request_rate"
_LATELY = 3600.0  # seconds
_CORRECT = "correct `signal` or `query` of the runbook's verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusGauge:
    """Instant queries; `deadline` is seconds for one answer."""

    backend: Backend
    queries: Queries
    service_label: str
    deadline: float

    @property
    def name(self) -> str:
        return "prometheus"

    async def read(self, check: RenderedCheck) -> Outcome[float | None]:
        """The value of the check's signal for its service, or of its query; None when there is no
        datum or it is not a number (a share of no requests), which is not zero.

        Refused, with a time to come back, while Prometheus cannot be asked; without one when the
        question itself is wrong.
        """
        query = self._query(check)
        if isinstance(query, Refused):
            return query
        try:
            body = await self._now(query)
            if check.signal == _FAILURES and _is_empty(body):
                return await self._none_failed(check, query)
        except LookUpFailed as failed:
            return _refused(failed)
        return _value(body)

    def trouble(self, check: RenderedCheck) -> str:
        """Why it could never be read; empty when it could. Nothing is asked."""
        query = self._query(check)
        return f"{query.error}; {query.cure}" if isinstance(query, Refused) else ""

    async def _now(self, query: str) -> dict[str, Any]:
        # Without a time, Prometheus takes its own now: no clock has to agree with another.
        return await self.backend.query("/api/v1/query", [("query", query)], timeout=self.deadline)

    async def _none_failed(self, check: RenderedCheck, query: str) -> Outcome[float | None]:
        """The share of failures where nothing counts any: fresh pods have no such counter before
        the first one, and a quotient without a numerator has no series. It is zero while requests
        come in, if failures of the service were counted within the last hour; else the query may
        look in the wrong place, and nobody knows."""
        requests = self._query(replace(check, signal=_REQUESTS))
        if isinstance(requests, Refused):
            return Done(value=None)
        series = objects(mapping((await self._now(requests)).get("data")).get("result"))
        sample = items(series[0].get("value")) if len(series) == 1 else []
        at, rate = (number(sample[0]), number(sample[1])) if len(sample) == 2 else (None, None)
        if at is None or not rate:
            return Done(value=None)
        hour = [("start", f"{at - _LATELY:.3f}"), ("end", f"{at:.3f}"), ("step", "60")]
        body = await self.backend.query(
            "/api/v1/query_range", [("query", query), *hour], timeout=self.deadline
        )
        counted = any(one.samples for one in read_matrix(body))
        return Done(value=0.0 if counted else None)

    def _query(self, check: RenderedCheck) -> str | Refused:
        if not check.signal:
            words = "the check names neither signal nor query"
            return check.query or Refused(error=words, cure=_CORRECT)
        names = [check.service] if check.service else []
        written = self.queries.written(label=self.service_label, names=names)
        if check.signal in written:
            return written[check.signal]
        known = listed(tuple(written), limit=12)
        if not check.service and check.signal in Queries.model_fields:
            return Refused(error="the check names no service", cure=_CORRECT)
        words = f"prometheus has no signal '{inert(check.signal, 60)}'; it has {known}"
        return Refused(error=words, cure=_CORRECT)


def _is_empty(body: Mapping[str, Any]) -> bool:
    data = mapping(body.get("data"))
    return data.get("resultType") == "vector" and not objects(data.get("result"))


def _value(body: Mapping[str, Any]) -> Outcome[float | None]:
    data = mapping(body.get("data"))
    kind, result = data.get("resultType"), data.get("result")
    if body.get("status") != "success":
        return Refused(error="Prometheus did not answer with a value", cure="check the url")
    if kind == "scalar":
        return Done(value=_number(result))
    if kind != "vector":
        words = f"the query gives a {inert(str(kind), 20)}, not one number"
        return Refused(error=words, cure=_CORRECT)
    series = objects(result)
    if len(series) > 1:
        words = f"the query gives {len(series):,} series, not one number"
        return Refused(error=words, cure="sum them, or ask for one service")
    return Done(value=_number(series[0].get("value")) if series else None)


def _number(sample: Any) -> float | None:
    """The value of `[seconds, "value"]`; NaN and the infinities are no datum."""
    pair = items(sample)
    return number(pair[1]) if len(pair) == 2 else None


def _refused(failed: LookUpFailed) -> Refused:
    if failed.status in _PASSING or failed.status >= 500:
        return Refused(error=failed.error, cure="opsbot asks again", retry_after=AGAIN)
    # 400 and 422 speak of the query (Prometheus HTTP API, "Format overview").
    cure = _CORRECT if failed.status in (400, 422) else failed.cure
    return Refused(error=failed.error, cure=cure or "check integrations.prometheus")
