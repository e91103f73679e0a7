"""Log lines and counts as Loki answers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.moment import EPOCH, to_micros
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import items, mapping, number, objects, text, whole


@dataclass(frozen=True, slots=True)
class Line:
    """One log line. `at_ns` is nanoseconds since 1970; `stream` tells equal lines apart."""

    at_ns: int
    service: str  # as the stream's label says it
    text: str
    stream: frozenset[tuple[str, str]]

    @property
    def at(self) -> datetime:
        return from_ns(self.at_ns)


def from_ns(at_ns: int) -> datetime:
    """A moment from nanoseconds since 1970, to the microsecond."""
    return EPOCH + timedelta(microseconds=at_ns // 1_000)


def to_ns(at: datetime) -> int:
    """Nanoseconds since 1970."""
    return to_micros(at) * 1_000


def read_lines(body: Mapping[str, Any], label: str) -> list[Line]:
    """The lines of a query_range answer, newest first; raises LookUpFailed when it has none.

    Each stream comes sorted, but the streams are not merged.
    """
    lines: list[Line] = []
    for entry in _result(body, "streams"):
        labels = {name: text(value) for name, value in mapping(entry.get("stream")).items()}
        stream = frozenset(labels.items())
        lines += [
            Line(at_ns, labels.get(label, ""), words, stream)
            for at_ns, words in _values(entry.get("values"))
        ]
    return sorted(lines, key=lambda line: line.at_ns, reverse=True)


def _values(values: Any) -> Iterator[tuple[int, str]]:
    for pair in items(values):
        match items(pair):
            case [at, str(words), *_]:  # a third element, structured metadata, may follow
                at_ns = whole(at)
                if at_ns is not None and 0 <= at_ns < 2**63:
                    yield at_ns, words
            case _:
                continue


def read_counts(body: Mapping[str, Any], label: str) -> dict[str, dict[int, float]]:
    """Counts by service and by the second at which each bucket ends; empty buckets are absent."""
    counts: dict[str, dict[int, float]] = {}
    for entry in _result(body, "matrix"):
        service = text(mapping(entry.get("metric")).get(label))
        buckets = counts.setdefault(service, {})
        for pair in items(entry.get("values")):
            match items(pair):
                case [at, value, *_]:
                    moment, amount = number(at), number(value)
                    if moment is not None and amount is not None and abs(moment) < 1e11:
                        buckets[round(moment)] = amount
                case _:
                    continue
    return counts


def _result(body: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    data = mapping(body.get("data"))
    if body.get("status") != "success" or (data.get("resultType") or kind) != kind:
        raise LookUpFailed(f"Loki did not answer with {kind}; check the url")
    if "result" not in data:
        raise LookUpFailed(f"Loki answered without {kind}; check the url")
    return objects(data.get("result"))
