"""What a span is in the sandbox, and its form in Tempo's JSON: base64 ids, names for enums."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, Literal

SpanKind = Literal["server", "client"]
SpanStatus = Literal["unset", "error"]
Attribute = str | int


@dataclass(slots=True, kw_only=True)
class Span:
    """One span; ids in hex, times in nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    pod: str
    version: str
    name: str
    kind: SpanKind
    start: int
    end: int
    status: SpanStatus = "unset"
    message: str = ""
    attributes: dict[str, Attribute] = field(default_factory=dict[str, Attribute])
    exception: tuple[str, str] | None = None
    """Type and message of what the span threw."""


def attribute_json(key: str, value: Attribute) -> dict[str, Any]:
    """Write an attribute; integers are texts, as in protobuf's JSON."""
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value)}}
    return {"key": key, "value": {"stringValue": value}}


def resource_span(span: Span, environment: str) -> dict[str, Any]:
    """Write a span with its resource, one resourceSpans entry a span as Tempo often answers."""
    resource = {
        "service.name": span.service,
        "service.version": span.version,
        "k8s.pod.name": span.pod,
        "deployment.environment.name": environment,
    }
    return {
        "resource": {"attributes": [attribute_json(key, resource[key]) for key in resource]},
        "scopeSpans": [{"scope": {"name": "http"}, "spans": [_span_json(span)]}],
    }


def _span_json(span: Span) -> dict[str, Any]:
    body: dict[str, Any] = {
        "traceId": _base64(span.trace_id),
        "spanId": _base64(span.span_id),
        "name": span.name,
        "kind": f"SPAN_KIND_{span.kind.upper()}",
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
        "attributes": [attribute_json(key, value) for key, value in span.attributes.items()],
        "status": {},
    }
    if span.parent_id is not None:
        body["parentSpanId"] = _base64(span.parent_id)
    if span.status == "error":
        body["status"] = {"code": "STATUS_CODE_ERROR"}
        if span.message:
            body["status"]["message"] = span.message
    if span.exception is not None:
        kind, message = span.exception
        body["events"] = [
            {
                "timeUnixNano": str(span.end),
                "name": "exception",
                "attributes": [
                    attribute_json("exception.type", kind),
                    attribute_json("exception.message", message),
                ],
            }
        ]
    return body


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
