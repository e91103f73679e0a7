"""OpenTelemetry spans around every flow step and port call, applied once, from outside.

With only opentelemetry-api installed these are no-ops; the `otlp` extra exports them.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode, Tracer

from opsbot.ports import Flow, Refused, Steps, Unsure

T = TypeVar("T")


def tracer() -> Tracer:
    """The tracer of this process; a no-op without the SDK."""
    return trace.get_tracer("opsbot")


class _Traced:
    """Any port, with a span around each of its coroutine methods."""

    def __init__(self, port: object, name: str) -> None:
        self._port, self._name = port, name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._port, attribute)
        if not inspect.iscoroutinefunction(found):
            return found

        @functools.wraps(found)
        async def call(*arguments: Any, **named: Any) -> Any:
            with tracer().start_as_current_span(f"{self._name}.{attribute}") as span:
                answer = await found(*arguments, **named)
                if isinstance(answer, Refused):
                    span.set_attribute("opsbot.refused", answer.error)
                    span.set_status(Status(StatusCode.ERROR, answer.error))
                elif isinstance(answer, Unsure):
                    span.set_status(Status(StatusCode.ERROR, "outcome unknown"))
                return answer

        return call


def traced(port: T, name: str) -> T:
    """`port` with a span around every call, named `<name>.<method>`."""
    return cast(T, _Traced(port, name))


class _TracedSteps:
    def __init__(self, steps: Steps, flow: str) -> None:
        self._steps, self._flow = steps, flow

    async def run(self, name: str, step: Callable[[], Awaitable[T]]) -> T:
        with tracer().start_as_current_span(f"step {name}") as span:
            span.set_attribute("opsbot.flow", self._flow)
            return await self._steps.run(name, step)


def traced_flows(flows: Mapping[str, Flow]) -> Mapping[str, Flow]:
    """Every flow with a span around it and around each of its steps."""

    def wrap(name: str, flow: Flow) -> Flow:
        async def run(steps: Steps, arguments: Mapping[str, str]) -> float | None:
            with tracer().start_as_current_span(f"flow {name}") as span:
                span.set_attribute("opsbot.incident", arguments.get("incident_id", ""))
                return await flow(_TracedSteps(steps, name), arguments)

        return run

    return {name: wrap(name, flow) for name, flow in flows.items()}


def start_exporting() -> Callable[[], None] | None:
    """Export spans when the `otlp` extra and OTEL_EXPORTER_OTLP_ENDPOINT are there.

    Answers how to flush and stop, or None when there is nothing to export to.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "opsbot"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown
