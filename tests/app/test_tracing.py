"""Spans: one around every flow, every step and every port call, with what was refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from opsbot.app.tracing import traced, traced_flows
from opsbot.engine.plain import PlainSteps
from opsbot.ports import Outcome, Refused, Steps

EXPORTER = InMemorySpanExporter()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """What was exported; the process has one provider, so it is set once."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
        trace.set_tracer_provider(provider)
    EXPORTER.clear()
    return EXPORTER


class Port:
    """A port that refuses."""

    name = "port"

    async def act(self) -> Outcome[None]:
        return Refused(error="missing_scope", cure="add it")


async def test_flow_step_and_port_call_each_have_a_span(spans: InMemorySpanExporter):
    port = traced(Port(), "slack")

    async def flow(steps: Steps, arguments: Mapping[str, str]) -> float | None:
        await steps.run("invite", port.act)
        return None

    await traced_flows({"converge": flow})["converge"](PlainSteps(), {"incident_id": "inc-1"})
    names = [span.name for span in spans.get_finished_spans()]
    assert names == ["slack.act", "step invite", "flow converge"]
    refused = spans.get_finished_spans()[0]
    assert (refused.attributes or {})["opsbot.refused"] == "missing_scope"
    assert not refused.status.is_ok


def test_what_is_no_call_passes_through():
    assert traced(Port(), "slack").name == "port"
