"""Runbooks made for tests, small enough to see at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from opsbot.core.runbook import (
    Guard,
    ParameterKind,
    Runbook,
    RunParameter,
    Scalar,
    Step,
    Verification,
)
from opsbot.core.runbook.arguments import read_arguments
from opsbot.core.runbook.render import render
from opsbot.core.runbook.rendered import RenderedRun, Surroundings

SERVICES = ("checkout-api", "session-validation")
AROUND = Surroundings(
    incident_id="I-1",
    values=MappingProxyType(
        {
            "incident.id": "I-1", "incident.number": 42, "incident.severity": "SEV2",
            "incident.service": "checkout-api", "service.name": "session-validation",
            "service.selectors.kubernetes_namespace": "identity",
        }
    ),
)  # fmt: skip

KINDS = (
    RunParameter(name="service", kind=ParameterKind.SERVICE),
    RunParameter(name="text", kind=ParameterKind.STRING, required=False),
    RunParameter(
        name="version", kind=ParameterKind.STRING, required=False, pattern=r"v[0-9]+(\.[0-9]+)*",
    ),
    RunParameter(
        name="pods", kind=ParameterKind.INTEGER, required=False, minimum=1, maximum=50,
    ),
    RunParameter(
        name="share", kind=ParameterKind.NUMBER, required=False, minimum=0, maximum=1,
    ),
    RunParameter(name="sure", kind=ParameterKind.BOOLEAN, default=False, required=False),
    RunParameter(
        name="mode", kind=ParameterKind.CHOICE, required=False, choices=("slow", "fast"),
    ),
    RunParameter(
        name="wait", kind=ParameterKind.DURATION, required=False, minimum=60, maximum=7200,
    ),
)  # fmt: skip


def runbook(*steps: Mapping[str, Any], **more: Any) -> Runbook:
    """A runbook with one parameter of every kind; `steps` are the calls of a noop executor."""
    calls = steps or ({"say": "${service}"},)
    return replace(
        Runbook(
            name="try-it",
            title="Try it",
            owner="platform",
            version="0" * 64,
            parameters=KINDS,
            steps=tuple(
                Step(name=f"step-{index}", executor="noop", call=call)
                for index, call in enumerate(calls)
            ),
        ),
        **more,
    )


def read(given: Mapping[str, str], book: Runbook | None = None) -> Mapping[str, Scalar]:
    """The arguments, which are right."""
    values, problems = read_arguments(book or runbook(), given, SERVICES)
    assert not problems, problems
    return values


def rendered(book: Runbook, given: Mapping[str, str]) -> RenderedRun:
    """The run, which nothing is missing for."""
    run = render(book, read(given, book), AROUND)
    assert isinstance(run, RenderedRun), run
    return run


UNTARGETED = Guard(target="one at a time")
CHECKED = Verification(signal="error_share", below=0.02)
