"""Traces as Tempo answers them, in whichever of its encodings, made into plain spans."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.moment import EPOCH
from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import mapping, objects, text, whole

_HEX = re.compile(r"[0-9a-f]+")
_KINDS = {"1": "internal", "2": "server", "3": "client", "4": "producer", "5": "consumer"}
_PEER_KEYS = ("peer.service", "server.address", "net.peer.name", "http.host", "db.system")
_STATUS_KEYS = ("http.response.status_code", "http.status_code")
# gRPC's own codes for "nobody answered": DEADLINE_EXCEEDED and UNAVAILABLE.
_GRPC_SILENT = frozenset({4, 14})
_LATEST_NS = 253_402_300_799_000_000_000  # the end of year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span; times are nanoseconds since 1970, `peer` whom a client span called."""

    id: str
    parent: str
    service: str
    name: str
    kind: str  # server | client | internal | producer | consumer | ""
    start_ns: int
    end_ns: int
    failed: bool
    peer: str = ""
    answered: str = ""  # the status the callee answered with, as the caller noted it
    message: str = ""

    @property
    def start(self) -> datetime:
        return moment(self.start_ns)

    @property
    def seconds(self) -> float:
        return max(self.end_ns - self.start_ns, 0) / 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One trace of a search, with the services (and peers) of the spans that matched."""

    trace_id: str
    start: datetime
    root: tuple[str, str]  # service and name of the root span
    seconds: float = 0.0  # how long the whole trace took, to the millisecond Tempo tells
    services: frozenset[str] = field(default_factory=frozenset[str])
    peers: frozenset[str] = field(default_factory=frozenset[str])


def moment(at_ns: int) -> datetime:
    """A moment from nanoseconds since 1970, held inside the calendar."""
    return EPOCH + timedelta(microseconds=min(max(at_ns, 0), _LATEST_NS) // 1_000)


def normal_id(given: str, digits: int) -> str:
    """An id as lower-case hex of so many digits; empty when it is none.

    Tempo's searches drop leading zeros, its trace answers use base64, OTLP says hex
    (https://github.com/grafana/tempo/issues/5437).
    """
    lower = given.strip().lower()
    if len(lower) <= digits and _HEX.fullmatch(lower):
        return lower.rjust(digits, "0")
    try:
        raw = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return raw.hex() if len(raw) * 2 == digits else ""


def read_hits(body: Any) -> list[Hit]:
    """The traces of a search answer, newest first; raises LookUpFailed when it is none."""
    answer = mapping(body)
    if "traces" not in answer and "metrics" not in answer:
        raise LookUpFailed("Tempo did not answer with traces; check the url")
    found = (_hit(entry) for entry in objects(answer.get("traces")))
    return sorted((hit for hit in found if hit), key=lambda hit: hit.start, reverse=True)


def _hit(entry: Mapping[str, Any]) -> Hit | None:
    trace_id = normal_id(text(entry.get("traceID")), 32)
    start_ns = whole(entry.get("startTimeUnixNano"))
    if not trace_id or start_ns is None:
        return None
    spans = [
        _attributes(span.get("attributes"))
        for group in (*objects(entry.get("spanSets")), mapping(entry.get("spanSet")))
        for span in objects(group.get("spans"))
    ]
    return Hit(
        trace_id=trace_id,
        start=moment(start_ns),
        seconds=(whole(entry.get("durationMs")) or 0) / 1_000,  # left out below one
        root=(text(entry.get("rootServiceName")), text(entry.get("rootTraceName"))),
        services=frozenset(span["service.name"] for span in spans if span.get("service.name")),
        peers=frozenset(span["peer.service"] for span in spans if span.get("peer.service")),
    )


def read_trace(body: Any) -> tuple[list[Span], str]:
    """The spans of a v2 or v1 trace answer, and what Tempo says when it is only a part.

    v2 wraps the trace; v1 calls the list `batches` in most versions, `resourceSpans` in others.
    """
    answer = mapping(body)
    trace = mapping(answer.get("trace")) or answer
    batches = objects(trace.get("resourceSpans")) or objects(trace.get("batches"))
    spans = [span for batch in batches for span in _batch(batch)]
    partial = text(answer.get("status")) == "PARTIAL"
    return spans, (text(answer.get("message")) or "the trace is too large") if partial else ""


def _batch(batch: Mapping[str, Any]) -> Iterator[Span]:
    resource = _attributes(mapping(batch.get("resource")).get("attributes"))
    scopes = objects(batch.get("scopeSpans")) or objects(batch.get("instrumentationLibrarySpans"))
    for scope in scopes:
        for entry in objects(scope.get("spans")):
            span = _span(entry, resource.get("service.name", ""))
            if span is not None:
                yield span


def _span(entry: Mapping[str, Any], service: str) -> Span | None:
    span_id = normal_id(text(entry.get("spanId")), 16)
    if not span_id:
        return None
    status = mapping(entry.get("status"))
    attributes = _attributes(entry.get("attributes"))
    return Span(
        id=span_id,
        parent=_parent(entry),
        service=service,
        name=text(entry.get("name")),
        kind=_kind(text(entry.get("kind"))),
        start_ns=whole(entry.get("startTimeUnixNano")) or 0,
        end_ns=whole(entry.get("endTimeUnixNano")) or 0,
        failed=text(status.get("code")) in ("STATUS_CODE_ERROR", "2"),
        peer=next((attributes[key] for key in _PEER_KEYS if attributes.get(key)), ""),
        answered=_answered(attributes),
        message=text(status.get("message")) or attributes.get("exception.message", ""),
    )


def _parent(entry: Mapping[str, Any]) -> str:
    parent = normal_id(text(entry.get("parentSpanId")), 16)
    return parent if parent.strip("0") else ""  # an id of zeros means there is none


def _kind(given: str) -> str:
    return _KINDS.get(given) or given.removeprefix("SPAN_KIND_").lower()


def _answered(attributes: Mapping[str, str]) -> str:
    for key in _STATUS_KEYS:
        if attributes.get(key, "0") != "0":
            return attributes[key]
    grpc = whole(attributes.get("rpc.grpc.status_code", ""))
    return f"gRPC status {grpc}" if grpc is not None and grpc not in _GRPC_SILENT else ""


def _attributes(given: Any) -> dict[str, str]:
    return {text(entry.get("key")): _plain(mapping(entry.get("value"))) for entry in objects(given)}


def _plain(value: Mapping[str, Any]) -> str:
    return text(value.get("stringValue")) or text(value.get("intValue"))
